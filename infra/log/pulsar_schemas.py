"""Pulsar's schema registry: what a producer in another language says it sends is compared when it connects.

Producers without a schema, as ours are, connect as ever. A compatible schema of a producer becomes one more version of
the topic's, so versions are compared with all there were: step by step they could leave ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx

from infra.log.ports import TopicSpec
from schemas.avro import same
from schemas.errors import NotificationError

COMPATIBILITY = "FULL_TRANSITIVE"
"""Ours must read what a producer's schema writes, or it would send events without an id: a dropped field is compatible
backward. The other way round, a later version of ours must not turn a producer away that was taken before."""

Get = Callable[[str], Awaitable[Any]]
Request = Callable[..., Awaitable[httpx.Response]]


class PulsarSchemas:
    """``get`` answers JSON or None, ``request`` the response to a method and a path, also for status 409."""

    def __init__(self, namespace: str, get: Get, request: Request) -> None:
        self._namespace = namespace
        self._get = get
        self._request = request

    async def missing(self, spec: TopicSpec) -> list[tuple[str, str]]:
        """What is to be made for a topic that is there: the kind of thing, and a line about it."""
        if spec.schema is None:
            return []
        found = []
        if await self._get(self._policy(spec.name)) != COMPATIBILITY:
            found.append(("compatibility", f"schema compatibility of {spec.name} ({COMPATIBILITY})"))
        if not any(same(spec.schema, one) for one in await self.versions(spec.name)):
            found.append(("schema", f"schema of {spec.name}"))
        return found

    async def versions(self, topic: str) -> Sequence[str]:
        """The definitions of all versions, oldest first."""
        found = await self._get(f"/schemas/{self._namespace}/{topic}/schemas")
        return [one["data"] for one in (found or {}).get("getSchemaResponses", ()) if one["type"] == "JSON"]

    async def make(self, kind: str, spec: TopicSpec) -> None:
        """Raises NotificationError if the registry has versions with which a schema is not compatible."""
        if kind == "compatibility":
            await self._request("PUT", self._policy(spec.name), json=COMPATIBILITY)
            return
        body: dict[str, Any] = {"type": "JSON", "schema": spec.schema, "properties": {}}
        response = await self._request("POST", f"/schemas/{self._namespace}/{spec.name}/schema", json=body)
        if not response.is_success:
            raise NotificationError(
                "register schema",
                f"{spec.name}: its schema does not fit with one that is registered: {_reason(response)};"
                f" compare `pavilion schemas avro {spec.name}`",
            )

    def _policy(self, topic: str) -> str:
        return f"/persistent/{self._namespace}/{topic}/schemaCompatibilityStrategy"


def _reason(response: httpx.Response) -> str:
    """The first line of what the broker says, in JSON or in a page of HTML."""
    text = response.text
    try:
        text = json.loads(text).get("reason", text)
    except (ValueError, AttributeError):
        title = re.search(r"<title>Error \d+ (.*?)(\n|</title>)", text)
        text = title[1] if title else text
    return text.strip().splitlines()[0].rstrip(" :")[:300] if text.strip() else str(response.status_code)
