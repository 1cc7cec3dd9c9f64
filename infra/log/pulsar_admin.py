"""Pulsar's admin API: topics, subscriptions and retention (``pavilion migrate``), and what only it can tell."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from infra.dependencies import failure
from infra.log.offsets import encode_offset
from infra.log.ports import Backlog, TopicSpec
from infra.log.pulsar_schemas import PulsarSchemas
from infra.tls import client_tls
from schemas.errors import ConnectionFailed, NotificationError
from schemas.settings import Settings
from schemas.times import now_ms

EARLIEST = {"ledgerId": -1, "entryId": -1, "partitionIndex": -1}
GENERATION, RESTORING = "pavilion-generation", "pavilion-restoring"
"""Properties of a topic."""
KEEP_INACTIVE = {
    "inactiveTopicDeleteMode": "delete_when_no_subscriptions",
    "maxInactiveDurationSeconds": 60,
    "deleteWhileInactive": False,
}


class PulsarAdmin:
    """A Provisioner over ``PAVILION_BROKER__ADMIN_URL``."""

    def __init__(self, settings: Settings) -> None:
        broker = settings.broker
        self.namespace = f"{broker.tenant}/{broker.namespace}"
        headers = {} if broker.token is None else {"Authorization": f"Bearer {broker.token.get_secret_value()}"}
        options: dict[str, Any] = {}
        if broker.admin_url.startswith("https://"):
            options["verify"] = client_tls(settings.tls).context
        self._http = httpx.AsyncClient(
            base_url=broker.admin_url.rstrip("/") + "/admin/v2",
            headers=headers,
            timeout=broker.operation_timeout.total_seconds(),
            trust_env=False,
            follow_redirects=True,
            **options,
        )
        self._schemas = PulsarSchemas(self.namespace, self.get, self._request)

    async def close(self) -> None:
        await self._http.aclose()

    async def partitions(self, topic: str) -> int:
        count = await self._partitions(topic)
        if count == 0:
            reason = "there is no such partitioned topic, run `pavilion migrate`"
            raise ConnectionFailed("find topic", reason, {"topic": topic}, dependency="pulsar")
        return count

    async def generation(self, topic: str) -> str:
        properties = await self.get(f"{self.path(topic)}/properties")
        if GENERATION not in (properties or {}):
            reason = "it was not made by `pavilion migrate`, run it"
            raise ConnectionFailed("find topic", reason, {"topic": topic}, dependency="pulsar")
        return str(properties[GENERATION])

    async def last_message_id(self, topic: str, partition: int) -> tuple[int, int, int]:
        found = await self.get(f"{self.path(topic)}-partition-{partition}/lastMessageId")
        return int(found["ledgerId"]), int(found["entryId"]), int(found.get("batchIndex", -1))

    async def backlog(self, topic: str, subscription: str) -> dict[int, Backlog]:
        stats = await self.get(
            f"{self.path(topic)}/partitioned-stats", perPartition="true", getEarliestTimeInBacklog="true"
        )
        found, now = {}, now_ms()
        for name, one in stats.get("partitions", {}).items():
            subscribed = one.get("subscriptions", {}).get(subscription)
            if subscribed is not None:
                messages, oldest = subscribed["msgBacklog"], subscribed.get("earliestMsgPublishTimeInBacklog", 0)
                seconds = max(0, now - oldest) / 1000 if messages and oldest > 0 else 0.0
                found[int(name.rpartition("-")[2])] = Backlog(messages, seconds)
        return found

    async def consumers(self, topic: str, partition: int, subscription: str) -> list[dict[str, Any]]:
        """Who is connected to the subscription, as the broker's statistics list them; none if it is not loaded."""
        stats = await self.get(f"{self.path(topic)}-partition-{partition}/stats")
        found = (stats or {}).get("subscriptions", {}).get(subscription) or {}
        return list(found.get("consumers") or ())

    async def committed(self, topic: str, partition: int, subscription: str) -> int:
        """The offset up to which all is acknowledged, 0 for nothing; of an entry acknowledged in part, nothing is."""
        path = f"{self.path(topic)}-partition-{partition}/internalStats"
        found = ((await self.get(path)) or {}).get("cursors", {}).get(subscription)
        if found is None:
            reason = f"{topic} has no subscription {subscription}, run `pavilion migrate`"
            raise ConnectionFailed("find cursor", reason, {"topic": topic}, dependency="pulsar")
        ledger, entry = map(int, found["markDeletePosition"].split(":"))
        # All of the entry: the last offset before the first of the next one.
        return max(0, encode_offset(ledger, entry + 1, -1) - 1)

    async def migrate(self, topics: Sequence[TopicSpec], *, restoring: bool = False) -> list[str]:
        """``restoring``: they are refused by everyone until :meth:`restored` says that they are whole."""
        await self._check_namespace()
        marks = {RESTORING: "begun"} if restoring else {}
        done = []
        for spec in topics:
            missing = await self._missing(spec)
            for what, line in missing:
                if what == "topic":
                    await self.send(
                        "PUT",
                        f"{self.path(spec.name)}/partitions",
                        {"partitions": spec.partitions, "properties": {GENERATION: uuid.uuid4().hex[:12], **marks}},
                        content_type="application/vnd.partitioned-topic-metadata+json",
                    )
                elif what == "generation":
                    await self.send("PUT", f"{self.path(spec.name)}/properties", {GENERATION: uuid.uuid4().hex[:12]})
                elif what == "retention":
                    minutes = -(-spec.retention_seconds // 60)
                    body = {"retentionTimeInMinutes": minutes, "retentionSizeInMB": -1 if minutes else 0}
                    await self.send("POST", f"{self.path(spec.name)}/retention", body)
                elif what == "inactive":
                    await self.send("POST", f"{self.path(spec.name)}/inactiveTopicPolicies", KEEP_INACTIVE)
                else:
                    await self.send("PUT", f"{self.path(spec.name)}/subscription/{what}", EARLIEST)
                done.append(f"made {line}")
        for spec in topics:  # at the end: one that is refused leaves nothing else unmade
            for what, line in await self._schemas.missing(spec):
                await self._schemas.make(what, spec)
                done.append(f"made {line}")
        return done

    async def has(self, topic: str) -> bool:
        return await self._partitions(topic) > 0

    async def remove(self, topic: str) -> None:
        """Delete a topic with its subscriptions; raises NotificationError while anybody is connected to it."""
        await self.send("DELETE", f"{self.path(topic)}/partitions")

    async def restored(self, topic: str) -> None:
        await self._request("DELETE", f"{self.path(topic)}/properties", params={"key": RESTORING})

    async def check(self, topics: Sequence[TopicSpec]) -> list[str]:
        return [line for spec in topics for what, line in await self._missing(spec) if what != "inactive"]

    async def topics(self) -> dict[str, int]:
        names = await self.get(f"/persistent/{self.namespace}/partitioned") or []
        short = sorted(name.rpartition("/")[2] for name in names)
        return {name: count for name in short if (count := await self._partitions(name))}

    async def subscriptions(self, topic: str) -> list[str]:
        stats = await self.get(f"{self.path(topic)}/partitioned-stats", perPartition="false") or {}
        return sorted(name for name, one in stats.get("subscriptions", {}).items() if one.get("durable", True))

    async def _missing(self, spec: TopicSpec) -> list[tuple[str, str]]:
        path, missing = self.path(spec.name), []
        count = await self._partitions(spec.name)
        if count == 0:
            missing.append(("topic", f"topic {spec.name} ({spec.partitions} partitions)"))
        elif count != spec.partitions:
            raise NotificationError(
                "check topics",
                f"topic {spec.name} has {count} partitions, not {spec.partitions}: partitions of a keyed topic are"
                " never changed in place; see docs/operate.md",
            )
        known: list[str] = []
        retention, inactive, properties = None, None, {GENERATION: ""}
        if count:
            known = await self.get(f"{path}/subscriptions") or []
            retention = await self.get(f"{path}/retention")
            inactive = await self.get(f"{path}/inactiveTopicPolicies")
            properties = await self.get(f"{path}/properties") or {}
        if RESTORING in properties:
            raise NotificationError(
                "check topics",
                f"topic {spec.name} is being restored from a backup; if that was interrupted, do it again (--replace)",
            )
        if GENERATION not in properties:
            missing.append(("generation", f"generation of {spec.name}"))
        minutes = -(-spec.retention_seconds // 60)
        if (retention or {}).get("retentionTimeInMinutes") != minutes and (retention or minutes):
            missing.append(("retention", f"retention of {spec.name} ({minutes} min)"))
        if not inactive or inactive.get("deleteWhileInactive"):
            missing.append(("inactive", f"policy to keep {spec.name} while idle"))
        return missing + [
            (name, f"subscription {name} on {spec.name}") for name in spec.subscriptions if name not in known
        ]

    async def policies(self) -> dict[str, Any]:
        """Of the namespace; raises NotificationError if there is none."""
        found: dict[str, Any] | None = await self.get(f"/namespaces/{self.namespace}")
        if found is None:
            raise NotificationError("check namespace", f"there is no namespace {self.namespace}")
        return found

    async def _check_namespace(self) -> None:
        policies = await self.policies()
        if policies.get("schema_validation_enforced"):
            raise NotificationError(
                "check namespace",
                f"{self.namespace} enforces schemas (schemaValidationEnforced), which would refuse workers and"
                " gateways, whose producers have none; turn it off",
            )
        ttl = policies.get("message_ttl_in_seconds")
        if ttl:
            raise NotificationError(
                "check namespace", f"{self.namespace} has a message TTL of {ttl} s, which would drop events; remove it"
            )

    async def batch_index_acknowledgments(self) -> bool | None:
        """Whether the broker keeps acknowledgements inside a batch; None if this token may not see it."""
        try:
            configuration = await self.get("/brokers/configuration/runtime")
        except NotificationError:
            return None
        return bool((configuration or {}).get("acknowledgmentAtBatchIndexLevelEnabled") == "true")

    def path(self, topic: str) -> str:
        return f"/persistent/{self.namespace}/{topic}"

    async def _partitions(self, topic: str) -> int:
        found = await self.get(f"{self.path(topic)}/partitions", checkAllowAutoCreation="false")
        return int((found or {}).get("partitions", 0))

    async def get(self, path: str, **query: str) -> Any:
        """The JSON answer; None for 404 and for 204, which says that a policy is not set."""
        response = await self._request("GET", path, params=query)
        if response.status_code in (204, 404) or not response.content:
            return None
        return response.json()

    async def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> None:
        response = await self._request(method, path, json=body, headers={"Content-Type": content_type})
        if response.status_code == 404:
            raise NotificationError("admin", f"{method} {path}: not found")

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **options)
        except (httpx.HTTPError, ssl.SSLError) as error:  # an alert after the handshake comes through as it is
            said = error if str(error) else type(error).__name__
            hint = failure("pulsar", "admin", error).context
            context = {"url": str(self._http.base_url), **hint}
            raise ConnectionFailed("admin", said, context, dependency="pulsar") from error
        if response.status_code in (409, 404) or response.is_success:  # 409: another migrate made it first
            return response
        reason = response.text[:300]
        sentence = f"{method} {path}: {response.status_code} {reason}"
        overload = response.status_code == 429
        if overload or response.status_code >= 500:
            raise ConnectionFailed("admin", sentence, dependency="pulsar", overload=overload)
        raise NotificationError("admin", sentence)
