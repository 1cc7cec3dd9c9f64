"""``pavilion explain``: over HTTP in the embedded mode, elsewhere from topics and stores themselves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec
import typer

from pavilion.connect import connected
from pavilion.explain import Explainer
from pavilion.find_event import Bounds
from pavilion.remote import Remote
from schemas.errors import InvalidNotification
from schemas.explain import EventStory, Explanation, Recipient, UserStory
from schemas.settings import Settings
from schemas.times import format_ms, parse_ms
from topologies import app

Say = Callable[[str], None]

NOT_TOLD = 3
"""The exit code when somebody who was asked about was not told."""
SHOWN_RECIPIENTS = 20
MARKS = {"ok": "✓", "no": "✗", "wait": "…", "note": "·"}
FATES = {"told": "✓", "waiting": "…", "retrying": "…"}


class _Source(Protocol):
    async def explain(self, event: str | None, user: str | None, since: str | None) -> Explanation: ...


class _OverHttp:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def explain(self, event: str | None, user: str | None, since: str | None) -> Explanation:
        query = {"event": event, "user": user, "since": since}
        given = {name: text for name, text in query.items() if text is not None}
        return msgspec.convert(await self._remote.get("/v1/explain", **given), Explanation)


class _Direct:
    def __init__(self, explainer: Explainer, bounds: Bounds, tell: Say) -> None:
        self._explainer = explainer
        self._bounds = bounds
        self._tell = tell

    async def explain(self, event: str | None, user: str | None, since: str | None) -> Explanation:
        since_ms = None if since is None else _parsed(since)
        return await self._explainer.explain(
            event, user, since_ms=since_ms, bounds=self._bounds, on_progress=self._progress
        )

    def _progress(self, records: int, at_ms: int) -> None:
        self._tell(f"searched {records} records, at {format_ms(at_ms)}")


@contextlib.asynccontextmanager
async def _source(settings: Settings, most: int, tell: Say) -> AsyncIterator[_Source]:
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            yield _OverHttp(remote)
        return
    async with connected(settings) as connections:
        explainer = Explainer(connections.log, connections.stores, settings, app.specs())
        yield _Direct(explainer, Bounds(records=most), tell)


async def explain(
    settings: Settings,
    id: str | None,
    *,
    event: str | None,
    user: str | None,
    since: str | None,
    most: int,
    as_json: bool,
    say: Say,
    tell: Say,
) -> None:
    """Answer; raises typer.Exit with ``NOT_TOLD`` if somebody was not told, and InvalidNotification."""
    user = None if user is None else _uuid(user)
    async with _source(settings, most, tell) as source:
        if id is not None and event is None and user is None and _is_uuid(id):
            found = await source.explain(None, _uuid(id), None)  # both kinds of ids may be UUIDs
            if found.user is None or not found.user.known:
                found = await source.explain(id, None, since)
        else:
            if id is not None and event is None:
                event = id
            elif id is not None:
                user = _uuid(id)
            found = await source.explain(event, user, since)
    if as_json:
        say(json.dumps(msgspec.to_builtins(found)))
    else:
        _show(found, say)
    if found.told is False:
        raise typer.Exit(NOT_TOLD)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidNotification("explain", f"{text!r} is not the UUID of a user") from None


def _parsed(since: str) -> int:
    try:
        return parse_ms(since)
    except (ValueError, OverflowError):
        raise InvalidNotification("explain", f"--since {since} is not a time of RFC 3339") from None


def _show(found: Explanation, say: Say) -> None:
    mark = "·" if found.told is None else "✓" if found.told else "✗"
    say(f"{mark} {found.verdict}")
    for story in found.events:
        _show_event(story, say)
    if found.user is not None:
        _show_user(found.user, say)


def _show_event(story: EventStory, say: Say) -> None:
    say(f"\n{story.type or 'unreadable'} {story.id} from {story.source or 'nobody knows'}")
    for stage in story.stages:
        say(f"  {MARKS[stage.state]} {stage.name}: {stage.text}")
    wanted = sorted(story.recipients, key=lambda one: one.fate == "told")  # what went wrong comes first
    for one in wanted[:SHOWN_RECIPIENTS]:
        notification = f" [{one.notification_id}]" if one.notification_id else ""
        say(f"  {_mark_of(one)} {one.user_id}: {one.text}{notification}")
    if len(wanted) > SHOWN_RECIPIENTS or not story.complete:
        say(f"  · {len(wanted) - min(len(wanted), SHOWN_RECIPIENTS)} more in --json; --user asks for one")


def _mark_of(recipient: Recipient) -> str:
    return FATES.get(recipient.fate, "✗")


def _show_user(user: UserStory, say: Say) -> None:
    say(f"\nuser {user.user_id}")
    lines: list[tuple[str, Any]] = [
        ("unseen, unread", f"{user.unseen}, {user.unread}"),
        ("sessions", f"{user.sessions} signed in"),
        ("opted out of", ", ".join(user.opted_out) or "nothing"),
    ]
    if user.quiet_hours is not None:
        hours = user.quiet_hours
        now = f", now until {user.quiet_until}" if user.quiet_until is not None else ""
        owed = "; a release is owed" if user.release_owed else ""
        lines.append(("quiet hours", f"{hours.start} to {hours.end} in {hours.time_zone}{now}{owed}"))
    for name, text in lines:
        say(f"  · {name}: {text}")
    for one in user.received:
        where = "inbox" if one.inbox else "history"
        source = f" of event {one.event_id}" if one.event_id else ""
        say(f"  ✓ {one.created_at} {one.type}{source}: {one.standing}, in the {where} [{one.notification_id}]")
    if not user.received:
        say("  ✗ nothing is in history")
