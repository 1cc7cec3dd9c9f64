"""The inbox on Redis: one Lua call per user and at most 200 notifications, calls for many users in one pipeline.

What Redis loses, history has. An inbox that is missing, or that was written under another ``master_replid``, is cold:
it is built anew from the newest notifications of history, with the user's marks and under a new epoch, before anything
else happens to it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar, Protocol

import msgspec
from redis.exceptions import NoScriptError

from infra.dependencies import failure
from infra.stores.bodies import PLAIN, Bodies
from infra.stores.inbox_rules import (
    DAY_MS,
    LOG_ENTRIES,
    MAX_CALL,
    MAX_RELEASED_IDS,
    Answer,
    added_entry,
    encode_mark,
    id_floor,
    new_epoch,
    placed,
    state_entry,
)
from infra.stores.marks import Kept, States, fill_page
from infra.stores.ports import Delivery, Filter, Mark, Placed, Summary
from infra.stores.redis_client import ERRORS, POOL, Client
from schemas.errors import ConnectionFailed, Dependency
from schemas.notifications import Notification, id_time_ms
from schemas.records import InboxEntry, Position, StateChanged
from schemas.times import format_ms, now_ms

SCRIPT = files("infra.stores").joinpath("inbox.lua").read_bytes()
SCRIPT_SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()

PIPELINE = 1000
"""Calls in one round trip."""
REBUILDS = 16
"""Inboxes rebuilt at the same time: each reads history."""
ROUNDS = 5
"""How often a call meets a cold inbox before it gives up: more means that Redis does not stay up."""

Value = str | bytes | int


class RebuildSource(Protocol):
    """What history gives to rebuild an inbox from."""

    async def newest(self, user_id: str, limit: int) -> list[Kept]:
        """The newest notifications, deleted ones included, newest first."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One run of the script. ``fresh`` are ids on their way into the inbox, see :meth:`RedisInbox._rebuild`."""

    user_id: str
    arguments: Sequence[Value]
    days: Sequence[int] = ()
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Reply:
    top: Summary
    floor: str
    rest: Sequence[Any]


class RedisInbox:
    """Keeps ``items`` notifications of at most ``days`` days per user, and their ids for ``days``.

    Keys expire a day after ``days`` without a write. Raises ConnectionFailed while Redis cannot serve, and
    NotificationError for what it will never take; both are waited for.
    """

    dependency: ClassVar[Dependency] = "redis"

    def __init__(
        self,
        redis: Client,
        history: RebuildSource,
        *,
        items: int,
        days: int,
        prefix: str = "inbox",
        clock: Callable[[], int] = now_ms,
        bodies: Bodies = PLAIN,
    ) -> None:
        self._redis = redis
        self._history = history
        self._items = items
        self._days = days
        self._prefix = prefix
        self._clock = clock
        self._bodies = bodies
        self._seconds = (days + 1) * DAY_MS // 1000
        self._rebuilding = asyncio.Semaphore(REBUILDS)
        # Pools of Sentinel and Cluster clients fail when they are empty: callers wait here instead.
        self._connections = asyncio.Semaphore(POOL)

    async def append(self, deliveries: Sequence[Delivery]) -> list[Placed]:
        by_user: dict[str, list[int]] = {}
        for number, delivery in enumerate(deliveries):
            by_user.setdefault(delivery.record.notification.user_id, []).append(number)
        fresh = {
            user_id: frozenset(deliveries[number].record.notification.id for number in numbers)
            for user_id, numbers in by_user.items()
        }
        encoded = await self._bodies.encode([delivery.record.notification for delivery in deliveries])
        bodies = [body.data for body in encoded]
        answers: dict[int, Answer] = {}
        tops: dict[str, Summary] = {}
        # One call per user and round: a later call of a user applied before an earlier one would make the earlier
        # one's sources look like redeliveries.
        for start in range(0, max(map(len, by_user.values()), default=0), MAX_CALL):
            chunks = {user_id: numbers[start : start + MAX_CALL] for user_id, numbers in by_user.items()}
            chunks = {user_id: chunk for user_id, chunk in chunks.items() if chunk}
            replies = await self._run(
                [
                    self._append_call(user_id, [(deliveries[n], bodies[n]) for n in chunk], fresh[user_id])
                    for user_id, chunk in chunks.items()
                ]
            )
            for (user_id, chunk), reply in zip(chunks.items(), replies, strict=True):
                tops[user_id] = reply.top
                parts = iter(reply.rest)
                for number, offset, before, known in zip(chunk, parts, parts, parts, strict=True):
                    answers[number] = Answer(int(offset) if offset else None, before.decode(), known == b"1")
        return placed(deliveries, [answers[number] for number in range(len(deliveries))], tops)

    def _append_call(self, user_id: str, chunk: Sequence[tuple[Delivery, bytes]], fresh: frozenset[str]) -> _Call:
        now = self._clock()
        day_of = [id_time_ms(delivery.record.notification.id) // DAY_MS for delivery, _ in chunk]
        days = sorted(set(day_of))
        arguments: list[Value] = ["append", self._seconds, id_floor(now - self._days * DAY_MS)]
        arguments += [self._items, LOG_ENTRIES, *self._day_arguments(days, now)]
        for (delivery, body), day in zip(chunk, day_of, strict=True):
            arguments += [delivery.lane, delivery.source, delivery.record.notification.id, body]
            arguments.append(days.index(day) + 1)
        return _Call(user_id, arguments, days, fresh)

    def _day_arguments(self, days: Sequence[int], now: int) -> list[Value]:
        """How many days, and for each the seconds until its youngest id is forgotten (and an hour)."""
        return [len(days), *(max(1, (day + 1 + self._days) * DAY_MS - now) // 1000 + 3600 for day in days)]

    async def mark(self, mark: Mark) -> StateChanged:
        body = encode_mark(mark)
        arguments: list[Value] = [
            "mark",
            self._seconds,
            LOG_ENTRIES,
            mark.id,
            mark.state,
            mark.at_ms,
            body,
            mark.up_to or "",
        ]
        arguments += dict.fromkeys(mark.notifications or ())
        reply = await self._one(mark.user_id, *arguments)
        offset, before, kept = reply.rest
        return state_entry(mark.user_id, mark.id, int(offset), before.decode(), kept, reply.top)

    async def withhold(self, user_id: str, position: Position) -> None:
        await self._one(user_id, "withhold", position.epoch, position.offset)

    async def release(self, user_id: str, at_ms: int) -> StateChanged | None:
        reply = await self._one(user_id, "release", self._seconds, LOG_ENTRIES, format_ms(at_ms), MAX_RELEASED_IDS)
        if not reply.rest:
            return None
        identifier, offset, before, body = reply.rest
        return state_entry(user_id, identifier.decode(), int(offset), before.decode(), body, reply.top)

    async def summaries(self, user_ids: Sequence[str]) -> list[Summary]:
        users = list(dict.fromkeys(user_ids))
        replies = await self._run([_Call(user_id, ["top"]) for user_id in users])
        tops = {user_id: reply.top for user_id, reply in zip(users, replies, strict=True)}
        return [tops[user_id] for user_id in user_ids]

    async def entries(self, user_id: str, after_offset: int, limit: int) -> tuple[Summary, list[InboxEntry]]:
        reply = await self._one(user_id, "entries", after_offset, limit)
        unpacked = [(int(row[0]), *msgspec.msgpack.decode(row[1])) for row in reply.rest]
        rows = [
            (identifier, body, states)
            for (_, kind, identifier, *_), (_, _, body, states) in zip(unpacked, reply.rest, strict=True)
            if kind == "added"
        ]
        items = iter(await self._kept(user_id, rows))
        found: list[InboxEntry] = []
        for offset, kind, identifier, before, mark_body in unpacked:
            if kind != "added":
                found.append(state_entry(user_id, identifier, offset, before, mark_body, reply.top))
                continue
            kept = next(items)
            if not kept.readable:
                break
            found.append(added_entry(kept, offset, before, reply.top))
        return reply.top, found

    async def page(
        self, user_id: str, before: str | None, limit: int, filter: Filter
    ) -> tuple[list[Notification], str]:
        floor = ""

        async def rows(below: str | None, count: int) -> list[Kept]:
            nonlocal floor
            reply = await self._one(user_id, "page", below or "", count)
            floor = reply.floor
            return await self._kept(user_id, [(id.decode(), body, states) for id, body, states in reply.rest])

        found = await fill_page(rows, before, limit, filter)
        return found, floor

    async def get(self, user_id: str, notification_id: str) -> Notification | None:
        reply = await self._one(user_id, "get", notification_id)
        kept = await self._kept(user_id, [(notification_id, *row) for row in reply.rest])
        return kept[0].shown if kept and kept[0].readable else None

    async def erase(self, user_id: str) -> None:
        today = self._clock() // DAY_MS
        days = range(today - self._days - 1, today + 2)
        try:
            async with self._connections:
                await self._redis.unlink(*self._keys(_Call(user_id, (), days)))
        except ERRORS as error:
            raise failure("redis", "redis inbox", error, {"operation": "erase", "user_id": user_id}) from error

    async def check(self) -> None:
        """Raise ConnectionFailed unless Redis answers."""
        try:
            await self._redis.ping()
        except ERRORS as error:
            raise failure("redis", "redis inbox", error) from error

    async def _one(self, user_id: str, *arguments: Value) -> _Reply:
        return (await self._run([_Call(user_id, arguments)]))[0]

    async def _run(self, wanted: Sequence[_Call]) -> list[_Reply]:
        """Run calls of different users, rebuilding the inboxes that turn out cold, and answer in the same order."""
        replies: dict[int, _Reply] = {}
        waiting = list(enumerate(wanted))
        for _ in range(ROUNDS):
            found: list[tuple[_Call, Any]] = []
            for start in range(0, len(waiting), PIPELINE):
                portion = [call for _, call in waiting[start : start + PIPELINE]]
                found += zip(portion, await self._pipeline(portion), strict=True)
            rebuilds = []
            cold = []
            for (number, call), (_, raw) in zip(waiting, found, strict=True):
                if raw[0] == b"cold":
                    cold.append((number, call))
                    rebuilds.append(self._rebuild(call, raw[1].decode()))
                else:
                    replies[number] = _reply(raw)
            if not cold:
                return [replies[number] for number in range(len(wanted))]
            await asyncio.gather(*rebuilds)
            waiting = cold
        context = {"inboxes": len(waiting)}
        raise ConnectionFailed("redis inbox", f"cold {ROUNDS} times in a row", context, dependency="redis")

    async def _rebuild(self, call: _Call, epoch: str) -> None:
        """Build a cold inbox from history, if it still is the one that was found cold under ``epoch``.

        Delivery writes to history first, so history already has what the call is about to append (``fresh``). That is
        left out, or it would be taken for known and would never get an offset; unless a mark shows that the user has
        had it before.
        """
        async with self._rebuilding:
            newest = await self._history.newest(call.user_id, self._items + len(call.fresh))
            newest = [kept for kept in newest if kept.notification.id not in call.fresh or kept.states != States()]
            now = self._clock()
            cutoff = id_floor(now - self._days * DAY_MS)
            recent = [kept for kept in newest[: self._items] if kept.notification.id >= cutoff]
            # What lies at or below the floor is in history only. Without a floor the inbox holds everything.
            floor = ""
            if len(recent) < len(newest):
                floor = newest[len(recent)].notification.id
            elif len(newest) == self._items:
                floor = newest[-1].notification.id
            today = now // DAY_MS
            days = range(today - self._days - 1, today + 2)
            arguments: list[Value] = ["rebuild", epoch, new_epoch(), self._seconds, floor]
            arguments += self._day_arguments(days, now)
            items = [kept.notification for kept in recent if kept.readable and not kept.states.deleted]
            bodies = {body_of.id: body for body_of, body in zip(items, await self._bodies.encode(items), strict=True)}
            for kept in recent:
                identifier = kept.notification.id
                body = bodies[identifier].data if identifier in bodies else b""
                day = min(id_time_ms(identifier) // DAY_MS, days[-1])
                arguments += [identifier, body, ",".join(map(str, kept.states[:4])), days.index(day) + 1]
            await self._pipeline([_Call(call.user_id, arguments, days)])

    async def _kept(self, user_id: str, rows: Sequence[tuple[str, bytes, bytes]]) -> list[Kept]:
        """Of rows of id, body and packed states."""
        return await self._bodies.decode(user_id, [(id, body, _states(packed)) for id, body, packed in rows])

    async def _pipeline(self, wanted: Sequence[_Call]) -> list[Any]:
        """Send calls in one round trip, again after loading the script where a server does not have it."""
        results: list[Any] = [NoScriptError()] * len(wanted)
        try:
            for attempt in range(2):
                missing = [number for number, result in enumerate(results) if isinstance(result, NoScriptError)]
                if not missing:
                    break
                if attempt:
                    await self._redis.script_load(SCRIPT.decode())
                pipeline: Any = self._redis.pipeline(transaction=False)
                for number in missing:
                    keys = self._keys(wanted[number])
                    pipeline.execute_command("EVALSHA", SCRIPT_SHA, len(keys), *keys, *wanted[number].arguments)
                async with self._connections:
                    again = await pipeline.execute(raise_on_error=False)
                for number, result in zip(missing, again, strict=True):
                    results[number] = result
        except ERRORS as error:
            raise failure("redis", "redis inbox", error, {"inboxes": len(wanted)}) from error
        for call, result in zip(wanted, results, strict=True):
            if isinstance(result, Exception):
                context = {"operation": call.arguments[0], "user_id": call.user_id}
                raise failure("redis", "redis inbox", result, context) from result
        return results

    def _keys(self, call: _Call) -> list[str]:
        base = f"{self._prefix}:{{{call.user_id}}}"
        names = ("meta", "log", "items", "order", "states", "marks", *(f"ids:{day}" for day in call.days))
        return [f"{base}:{name}" for name in names]


def _reply(raw: Sequence[Any]) -> _Reply:
    _, epoch, top, tail, unseen, unread, floor, owed, *rest = raw
    position = Position(epoch=epoch.decode(), offset=int(top), tail=tail.decode())
    return _Reply(Summary(position, int(unseen), int(unread), int(owed)), floor.decode(), rest)


def _states(packed: bytes) -> States:
    return States(*map(int, packed.split(b","))) if packed else States()
