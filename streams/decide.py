"""What the topology makes of an event now: its rules on what the stores say, and nothing is written.

Rules are pure and ids deterministic, so this is what agents decided, unless rules, followers, names or consents have
changed since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from infra.log.ports import Record
from infra.stores.open import Stores
from schemas.notifications import Notification
from schemas.records import NotificationRecord, SuppressionReason, decode_record
from streams.decoding import is_expired
from streams.outcomes import Suppressed
from streams.plan import AgentSpec, Effect, Plan
from streams.sinks import as_records

MOST_ROUNDS = 400
"""Batches of records: an upload is two for each page of 500 followers."""


@dataclass(frozen=True)
class Decision:
    """What ``agent`` would do for one recipient: tell of ``notification``, or not, and why (``error`` if it fails)."""

    agent: str
    recipient: str
    notification: Notification | None = None
    suppression: SuppressionReason | None = None
    error: str | None = None


class _Work(NamedTuple):
    spec: AgentSpec
    values: list[Any]


class Deciding:
    """``only`` a recipient narrows it down. ``complete`` is false once an event has more to it than is followed."""

    def __init__(
        self, specs: Sequence[AgentSpec], stores: Stores, *, retention_ms: int, now_ms: int, only: str | None = None
    ) -> None:
        self._readers = {topic: spec for spec in specs if spec.planned is not None for topic in spec.topics}
        self._stores = stores
        self._retention_ms = retention_ms
        self._now_ms = now_ms
        self._only = only
        self.complete = True

    async def decide(self, spec: AgentSpec, value: Any, record: Record, published_ms: int) -> AsyncIterator[Decision]:
        """What comes of ``value``, which ``spec`` reads; raises ConnectionFailed."""
        waiting, rounds = [_Work(spec, [value])], 0
        while waiting:
            rounds += 1
            if rounds > MOST_ROUNDS:
                self.complete = False
                return
            work = waiting.pop(0)
            onward: dict[str, list[Any]] = {}
            for outcome in await self._outcomes(work):
                if isinstance(outcome, Decision):
                    if self._only in (None, outcome.recipient) or outcome.error is not None:
                        yield outcome
                    continue
                emit = next((one for one in self._plan(work).emit if isinstance(outcome, one.of)), None)
                if emit is not None and emit.name in self._readers:
                    [sent] = as_records([Effect(outcome, record, published_ms, "")], emit.of)
                    onward.setdefault(emit.name, []).append(sent.value)
                elif isinstance(outcome, (Notification, NotificationRecord)):
                    yield self._told(work.spec, outcome)
            for topic, payloads in onward.items():
                reader = self._readers[topic]
                values = [decode_record(payload, reader.value_type) for payload in payloads]
                waiting.append(_Work(reader, values))

    def _plan(self, work: _Work) -> Plan:
        assert work.spec.planned is not None
        return work.spec.planned.plan

    async def _outcomes(self, work: _Work) -> list[Any]:
        """What the rule yields for each value; in place of a suppression, and of an error, the decision."""
        assert work.spec.planned is not None
        name, rule, found = work.spec.name, work.spec.planned.function, []
        for lookup in self._plan(work).lookup:
            keys = list(dict.fromkeys(lookup.of(value) for value in work.values))
            found.append(await lookup.source.fetch(self._stores, keys))
        outcomes: list[Any] = []
        for value in work.values:
            known = value.notification if isinstance(value, NotificationRecord) else None
            try:
                for outcome in rule(value, *found):
                    if isinstance(outcome, Suppressed):
                        outcomes.append(Decision(name, str(outcome.recipient), known, outcome.reason))
                    elif not isinstance(outcome, Notification) or self._only in (None, outcome.user_id):
                        outcomes.append(outcome)
            except Exception as error:  # whatever a rule raises makes a dead letter
                outcomes.append(Decision(name, known.user_id if known else "", known, error=type(error).__name__))
        return outcomes

    def _told(self, spec: AgentSpec, outcome: Notification | NotificationRecord) -> Decision:
        if isinstance(outcome, Notification):
            return Decision(spec.name, outcome.user_id, outcome)
        notification = outcome.notification
        if is_expired(outcome, self._retention_ms, self._now_ms):
            return Decision(spec.name, notification.user_id, notification, "expired")
        return Decision(spec.name, notification.user_id, notification)
