"""Why a user was told of an event, or was not: from the topics, the rules, retries, dead letters, history and inbox.

Nothing keeps a suppression: that would cost every event a write. It is decided anew, with the rules and the stores of
now, and the story says so. Everything else is read where it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.quiet_hours import window_at
from infra.log.ports import Backlog, LogClient
from infra.log.routing import partition_of
from infra.stores.open import Stores
from infra.stores.ports import PreferencesVersion
from pavilion.explain_stages import failures, outcome, processed, published, verdict
from pavilion.explain_user import shown_standing, standing_of, user_story
from pavilion.find_event import Bounds, EventSearch, Found, Progress, Traces, TraceSearch, since_of
from schemas.errors import InvalidNotification, NotificationError
from schemas.explain import Copy, EventStory, Explanation, Fate, Recipient, Standing
from schemas.settings import Settings
from schemas.times import format_ms, now_ms
from streams.decide import Deciding, Decision
from streams.decoding import decode_value, identified
from streams.failures import BACKFILL, first_publish_ms
from streams.plan import AgentSpec
from streams.retry import policy_of
from streams.windows import WindowState

MOST_EVENTS = 5
"""Events of one id, from different sources, whose story is told."""
MOST_RECIPIENTS = 200
"""Recipients of one event who are looked up."""
LOOKUPS_AT_ONCE = 10
AT_A_CALL = Bounds(seconds=15.0)


@dataclass(frozen=True)
class _Told:
    """A decision, and what the stores have of it."""

    decision: Decision
    standing: Standing | None = None
    erased: bool = False
    inbox: bool = False


class Explainer:
    """Over the agents ``specs``; reads only."""

    def __init__(
        self,
        log: LogClient,
        stores: Stores,
        settings: Settings,
        specs: Sequence[AgentSpec],
        *,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._log = log
        self._stores = stores
        self._settings = settings
        self._specs = [spec for spec in specs if spec.planned is not None]
        named = {spec.name: policy_of(spec, settings) for spec in self._specs}
        self._policies = {name: policy for name, policy in named.items() if policy is not None}
        self._retention_ms = int(settings.retention.total_seconds() * 1000)
        self._clock = clock

    async def explain(
        self,
        event_id: str | None = None,
        user_id: str | None = None,
        *,
        since_ms: int | None = None,
        bounds: Bounds = AT_A_CALL,
        on_progress: Progress = lambda records, at_ms: None,
    ) -> Explanation:
        """Of one of them at least; ``user_id`` in its canonical form. Raises InvalidNotification, ConnectionFailed."""
        if event_id is None and user_id is None:
            raise InvalidNotification("explain", "give an event, a user, or both")
        user = None if user_id is None else await user_story(self._stores, user_id, self._clock())
        if event_id is None:
            known = user is not None and user.known
            said = "this is what is stored about the user" if known else "nothing is stored about this user"
            return Explanation(verdict=said, told=None, user=user)
        now = self._clock()
        start = since_of(event_id, now) if since_ms is None else since_ms
        search = EventSearch(self._log, self._specs, event_id, start, now, bounds, on_progress)
        searched = await search.run()
        stories = []
        for source in list(dict.fromkeys(found.source for found in search.found))[:MOST_EVENTS]:
            stories.append(await self._story([one for one in search.found if one.source == source], event_id, user_id))
        told, said = verdict(stories, event_id, user_id, searched)
        return Explanation(verdict=said, told=told, searched=searched, events=stories, user=user)

    # -- one event

    async def _story(self, found: Sequence[Found], event_id: str, user_id: str | None) -> EventStory:
        first = found[0]
        copies, value, problem = await self._copies(found)
        counted, copy = next(
            ((one, copy) for one, copy in zip(found, copies, strict=True) if not copy.duplicate), (first, copies[0])
        )
        decisions, complete = list[Decision](), True
        if value is not None:
            retention_ms, now = self._retention_ms, self._clock()
            deciding = Deciding(self._specs, self._stores, retention_ms=retention_ms, now_ms=now, only=user_id)
            published_ms = first_publish_ms(counted.record)
            async for decision in deciding.decide(first.spec, value, counted.record, published_ms):
                decisions.append(decision)
            complete = deciding.complete and len(decisions) <= MOST_RECIPIENTS
        decided = await self._looked_up(decisions[:MOST_RECIPIENTS])
        ids = frozenset(one.decision.notification.id for one in decided if one.decision.notification is not None)
        traces = await self._traces(counted, event_id, ids)
        recipients = [await self._recipient(one, counted, copy, traces) for one in decided]
        lag = (await self._log.backlog(copy.topic, first.spec.name)).get(copy.partition, Backlog(0, 0.0))
        return EventStory(
            id=event_id,
            source=first.source,
            type=first.type,
            time=None if value is None else format_ms(value.time_ms),
            agent=first.spec.name,
            copies=copies,
            stages=[
                published(copies, problem),
                processed(first.spec.name, copy, lag, recipients),
                *failures(traces, self._policies),
                *(outcome(recipients, user_id, complete=complete) if value is not None else ()),
            ],
            attempts=[attempt for _, attempt in traces.attempts],
            dead_letters=[letter for _, letter in traces.letters],
            recipients=recipients,
            complete=complete,
        )

    async def _copies(self, found: Sequence[Found]) -> tuple[list[Copy], Any, str]:
        """Every record of the event, the value of the first that counts, and why it cannot be read if it cannot."""
        copies, value, problem = list[Copy](), None, ""
        windows: dict[int, WindowState] = {}
        for one in found:
            record, planned = one.record, one.spec.planned
            assert planned is not None
            duplicate = BACKFILL in record.properties
            try:
                read = decode_value(record, one.spec.value_type, self._retention_ms)
                dedup = planned.plan.dedup
                if dedup is not None and self._settings.deduplication.enabled and not duplicate:
                    window = dedup.table.window or self._settings.deduplication.window
                    state = windows.setdefault(record.partition, WindowState(int(window.total_seconds() * 1000)))
                    key, moment = identified(dedup, read, record.publish_ms)
                    state.advance_to(moment)
                    duplicate = state.seen(key)
                    state.mark([(key, moment)] if not duplicate else [])
                value = read if value is None and not duplicate else value
            except NotificationError as error:
                problem = str(error.cause)
            committed = await self._log.committed(record.topic, record.partition, one.spec.name)
            processed = record.offset <= committed
            copies.append(Copy(*one.place, format_ms(record.publish_ms), duplicate, processed))
        return copies, value, problem

    async def _looked_up(self, decisions: Sequence[Decision]) -> list[_Told]:
        limit = asyncio.Semaphore(LOOKUPS_AT_ONCE)

        async def look_up(decision: Decision) -> _Told:
            notification = decision.notification
            if notification is None:
                return _Told(decision)
            whose = (notification.user_id, notification.id)
            async with limit:
                kept, item = await asyncio.gather(self._stores.history.kept(*whose), self._stores.inbox.get(*whose))
            if kept is None:
                return _Told(decision, None if item is None else shown_standing(item), inbox=item is not None)
            return _Told(decision, standing_of(kept), not kept.readable, item is not None)

        return list(await asyncio.gather(*map(look_up, decisions)))

    async def _traces(self, found: Found, event_id: str, notifications: frozenset[str]) -> Traces:
        retries = list(dict.fromkeys(spec.retry_topic for spec in self._specs if spec.retry_topic is not None))
        search = TraceSearch(
            self._log,
            self._stores.replays,
            self._settings.topics.dead_letter,
            retries,
            first_publish_ms(found.record) - 60_000,
        )
        return await search.run(event_id, notifications)

    # -- one recipient

    async def _recipient(self, told: _Told, found: Found, copy: Copy, traces: Traces) -> Recipient:
        decision, fate, text = told.decision, *await self._fate(told, copy, traces)
        notification = decision.notification
        if decision.suppression == "opted-out" and notification is not None:
            text += await self._since_when(notification.user_id, notification.type, first_publish_ms(found.record))
        if fate == "told" and told.inbox and notification is not None:
            text += await self._quiet(notification.user_id, first_publish_ms(found.record))
        return Recipient(
            user_id=decision.recipient,
            notification_id=None if notification is None else notification.id,
            type=None if notification is None else notification.type,
            fate=fate,
            suppression=decision.suppression,
            standing=told.standing,
            inbox=told.inbox,
            text=text,
        )

    async def _fate(self, told: _Told, copy: Copy, traces: Traces) -> tuple[Fate, str]:
        decision, why = told.decision, told.decision.suppression
        if told.standing is not None:
            where = "in inbox and history" if told.inbox else "in history, and not (any more) in the inbox"
            text = "told, and the user deleted it" if told.standing == "deleted" else f"told: {told.standing}, {where}"
            if told.erased:
                text = "told, and the user was erased since"
            return "told", text + (f"; it would be suppressed now: {why}" if why else "")
        if why is not None:
            fate: Fate = "expired" if why == "expired" else "suppressed"
            return fate, f"not told: as the rules decide now, it is suppressed: {why}"
        pending = [letter for _, letter in traces.letters if letter.pending]
        if pending:
            return "dead-letter", f"not told: dead letter {pending[-1].id} ({pending[-1].error}) waits to be replayed"
        if not copy.processed:
            return "waiting", "not told yet: its agent has not come to it"
        if traces.attempts and not traces.letters:
            return "retrying", f"not told yet: it is tried again, attempt {traces.attempts[-1][1].attempt} is next"
        if decision.error is not None:
            return "missing", f"not told: the rule of {decision.agent} fails for it now ({decision.error})"
        lane = await self._behind(decision)
        if lane is not None:
            return "waiting", f"not told yet: {lane}"
        return "missing", (
            "not told, though the rules of now would: agents had other rules or other names and followers then,"
            " or it was erased; `pavilion replay` gives it to its agent again"
        )

    async def _behind(self, decision: Decision) -> str | None:
        """Whether the last agent has records of the recipient's partition before it, among which this one may be."""
        spec = next((one for one in self._specs if one.name == decision.agent), None)
        for topic in spec.topics if spec is not None else ():
            partition = partition_of(decision.recipient, await self._log.partitions(topic))
            lag = (await self._log.backlog(topic, decision.agent)).get(partition, Backlog(0, 0.0))
            if lag.messages:
                return f"{decision.agent} has {lag.messages} records of {topic} before it on the user's partition"
        return None

    async def _since_when(self, user_id: str, type: str, published_ms: int) -> str:
        """When the user said so: what holds now may not have held then."""
        below, latest = None, None
        while versions := await self._stores.preferences.page(user_id, below, 50):
            latest = next((one for one in versions if type in one.changed), None)
            below = versions[-1].version
            if latest is not None:
                break
        if latest is None:
            return ""
        order = "before" if latest.at_ms <= published_ms else "after"
        return f" (the user's choice of {format_ms(latest.at_ms)}, {order} the event)"

    async def _quiet(self, user_id: str, published_ms: int) -> str:
        newest: PreferencesVersion | None = (await self._stores.preferences.newest([user_id])).get(user_id)
        hours = None if newest is None else newest.preferences.quiet_hours
        window = None if hours is None else window_at(hours, published_ms)
        if window is None or not window.holds(published_ms):
            return ""
        return f"; quiet hours held then, so clients learn of it at {format_ms(window.end_ms)}"
