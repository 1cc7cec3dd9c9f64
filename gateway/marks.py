"""A user's change of state, the same way from a socket and over REST."""

from __future__ import annotations

from gateway.identifiers import canonical_uuid
from gateway.publishers import FanOut
from gateway.resume import MAX_MISSED, NOT_RECOVERED, plausible, recover
from infra.stores.ports import Filter, History, Inbox, Mark
from schemas.errors import InvalidNotification
from schemas.frames import MAX_MARKED_IDS
from schemas.notifications import MarkState
from schemas.records import Added, Position, StateChanged
from schemas.times import now_ms, parse_ms

LOWEST_ID = "00000000-0000-8000-8000-000000000000"
"""Below every notification: up to it there is nothing."""


class Marks:
    """Inbox, then history, then fan-out, then the answer: a mark that was not answered is sent again by the client."""

    def __init__(self, inbox: Inbox, history: History, fan_out: FanOut) -> None:
        self._inbox = inbox
        self._history = history
        self._fan_out = fan_out

    async def apply(
        self,
        user_id: str,
        mark_id: str,
        state: MarkState,
        notifications: list[str] | None,
        up_to: str | None,
        position: Position | None = None,
    ) -> StateChanged:
        """Apply and tell every device; the same ``mark_id`` again answers the same entry and changes nothing.

        A ``position`` stands for the newest notification that was there at it, as ``up_to``.

        Raises InvalidNotification for what is not a mark, ConnectionFailed when a store or the log is away.
        """
        if sum(given is not None for given in (notifications, up_to, position)) != 1:
            raise InvalidNotification("mark", "exactly one of `notifications`, `up_to` and `position` must be given")
        if notifications is not None and not 1 <= len(notifications) <= MAX_MARKED_IDS:
            raise InvalidNotification("mark", f"`notifications` must have 1 to {MAX_MARKED_IDS} ids")
        ids = notifications and tuple(
            canonical_uuid("mark", f"notifications[{index}]", value) for index, value in enumerate(notifications)
        )
        if position is not None:
            up_to = await self._newest_at(user_id, position)
        last = up_to and canonical_uuid("mark", "up_to", up_to)
        changed = await self._inbox.mark(Mark(mark_id, user_id, state, now_ms(), ids or None, last or None))
        # A repeated mark is what it was the first time, in history too: what the inbox answers counts, not what came.
        kept = changed.notifications
        assert changed.state != "released"  # the entry of a mark
        await self._history.mark(
            Mark(
                changed.id,
                user_id,
                changed.state,
                parse_ms(changed.at),
                None if kept is None else tuple(kept),
                changed.up_to,
            )
        )
        await self._fan_out.tell(changed)
        return changed

    async def _newest_at(self, user_id: str, position: Position) -> str:
        """The highest id of what was shown at ``position``; what comes in between is read as coming after it."""
        shown, _ = await self._inbox.page(user_id, None, MAX_MISSED + 1, Filter())
        recovery = NOT_RECOVERED
        if plausible(position):
            recovery = recover(position, *await self._inbox.entries(user_id, position.offset, MAX_MISSED))
        if not recovery.recovered:
            raise InvalidNotification("mark", "`position` cannot be continued any more: reload, and give `up_to`")
        later = {entry.notification.id for entry in recovery.entries if isinstance(entry, Added)}
        return next((one.id for one in shown if one.id not in later), LOWEST_ID)
