"""One user's notifications, newest first: the inbox holds the newest, history everything, and the list has no seam."""

from __future__ import annotations

from uuid import UUID

from infra.stores.ports import Filter, History, Inbox
from schemas.notifications import Notification


async def list_page(
    inbox: Inbox, history: History, user_id: str, before: str | None, count: int, filter: Filter
) -> list[Notification]:
    """Up to ``count`` with an id below ``before`` (None: from the newest), fewer at the end.

    What is above the inbox's floor is the inbox's to show or not: history learns of a mark a moment later, and would
    show what the filter has just left out. What leaves the inbox between the two readings is in history already.
    """
    found, floor = await inbox.page(user_id, before, count, filter)
    if floor and len(found) < count:
        last = found[-1].id if found else before
        below = _just_above(floor) if last is None else min(last, _just_above(floor))
        found = found + await history.page(user_id, below, count - len(found), filter)
    return found


def _just_above(notification_id: str) -> str:
    """The next id in the order of ids, which is that of their numbers."""
    return str(UUID(int=UUID(notification_id).int + 1))
