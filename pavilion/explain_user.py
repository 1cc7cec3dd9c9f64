"""What is stored about a user that says why the user is told of things, or is not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.quiet_hours import window_at
from infra.stores.marks import Kept
from infra.stores.open import Stores
from infra.stores.ports import Filter
from schemas.consent import TYPES
from schemas.explain import Received, Standing, UserStory
from schemas.notifications import Notification
from schemas.preferences import Preferences
from schemas.times import format_ms

RECEIVED = 20


def standing_of(kept: Kept) -> Standing:
    """Its state in history."""
    states = kept.states
    if states.deleted:
        return "deleted"
    if states.archived:
        return "archived"
    return "read" if states.is_read else "seen" if states.seen else "unseen"


def shown_standing(notification: Notification) -> Standing:
    """Its state as a list shows it."""
    if notification.archived_at is not None:
        return "archived"
    return "read" if notification.read_at is not None else "seen" if notification.seen_at is not None else "unseen"


async def user_story(stores: Stores, user_id: str, now_ms: int, limit: int = RECEIVED) -> UserStory:
    """Raises ConnectionFailed."""
    [summary], newest, sessions, names, followers, kept = await asyncio.gather(
        stores.inbox.summaries([user_id]),
        stores.preferences.newest([user_id]),
        stores.sessions.of_user(user_id),
        stores.people.names([user_id]),
        stores.people.followers(user_id, "", 1),
        stores.history.page(user_id, None, limit, Filter()),
    )
    version = newest.get(user_id)
    preferences = version.preferences if version is not None else Preferences()
    hours = preferences.quiet_hours
    window = None if hours is None else window_at(hours, now_ms)
    return UserStory(
        user_id=user_id,
        known=bool(summary.position.offset or version or sessions or names or followers or kept),
        unseen=summary.unseen,
        unread=summary.unread,
        received=await _received(stores, user_id, kept),
        opted_out=[name for name in TYPES if not preferences.allows(name)],
        quiet_hours=hours,
        quiet_until=format_ms(window.end_ms) if window is not None and window.holds(now_ms) else None,
        release_owed=summary.owed > 0,
        sessions=sum(not session.revoked for session in sessions),
    )


async def _received(stores: Stores, user_id: str, kept: Sequence[Notification]) -> list[Received]:
    items, _ = await stores.inbox.page(user_id, None, 200, Filter())
    archived, _ = await stores.inbox.page(user_id, None, 200, Filter(state="archived"))
    inbox = {one.id for one in (*items, *archived)}
    return [
        Received(
            notification_id=one.id,
            type=one.type,
            created_at=one.created_at,
            event_id=one.metadata.get("event_id"),
            standing=shown_standing(one),
            inbox=one.id in inbox,
        )
        for one in kept
    ]
