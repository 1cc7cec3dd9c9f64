"""A user's change of state, the same way from a socket and over REST."""

from __future__ import annotations

from gateway.identifiers import canonical_uuid
from gateway.publishers import Publishers
from infra.log.ports import Outgoing
from infra.stores.ports import History, Inbox, Mark
from schemas.errors import InvalidNotification
from schemas.frames import MAX_MARKED_IDS
from schemas.notifications import MarkState
from schemas.records import StateChanged, encode_record
from schemas.times import now_ms, parse_ms


class Marks:
    """Inbox, then history, then fan-out, then the answer: a mark that was not answered is sent again by the client."""

    def __init__(self, inbox: Inbox, history: History, publishers: Publishers, fan_out: str) -> None:
        self._inbox = inbox
        self._history = history
        self._publishers = publishers
        self._fan_out = fan_out

    async def apply(
        self,
        user_id: str,
        mark_id: str,
        state: MarkState,
        notifications: list[str] | None,
        up_to: str | None,
    ) -> StateChanged:
        """Apply and tell every device; the same ``mark_id`` again answers the same entry and changes nothing.

        Raises InvalidNotification for what is not a mark, ConnectionFailed when a store or the log is away.
        """
        if (notifications is None) == (up_to is None):
            raise InvalidNotification("mark", "one of `notifications` and `up_to` must be given, and not both")
        if notifications is not None and not 1 <= len(notifications) <= MAX_MARKED_IDS:
            raise InvalidNotification("mark", f"`notifications` must have 1 to {MAX_MARKED_IDS} ids")
        ids = notifications and tuple(
            canonical_uuid("mark", f"notifications[{index}]", value) for index, value in enumerate(notifications)
        )
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
        await self._publishers.publish(self._fan_out, [Outgoing(user_id, encode_record(changed))])
        return changed
