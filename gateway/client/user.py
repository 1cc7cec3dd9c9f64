"""What a user's device does: it lists, marks and counts over REST, and follows the inbox with a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

from msgspec import UNSET, UnsetType

from gateway.client.closing import Closing
from gateway.client.errors import Refused
from gateway.client.rest import Rest
from gateway.client.session import OnRefresh, SessionKeeper
from gateway.client.stream import Stream
from schemas.notifications import MarkState, Notification
from schemas.preferences import QuietHours
from schemas.records import Position
from schemas.rest import (
    ChangeState,
    Counts,
    Listed,
    MarkNotifications,
    OpenedSession,
    SetPreferences,
    ShownPreferences,
)

Id = UUID | str
Shown = Literal["unseen", "unread", "read", "archived"]
T = TypeVar("T")


class UserClient(Closing):
    """With a session that a service has opened. Used with ``async with``; access tokens are refreshed in time.

    Every call tries for some seconds. All raise Refused for a problem, SessionEnded when a service has to open a new
    session, and Unreachable when the gateway stays away.
    """

    def __init__(
        self, url: str, session: OpenedSession, *, on_refresh: OnRefresh | None = None, timeout: float = 10.0
    ) -> None:
        self._rest = Rest(url, timeout=timeout)
        self._keeper = SessionKeeper(self._rest, session, on_refresh)

    async def close(self) -> None:
        await self._keeper.close()
        await self._rest.close()

    @property
    def session(self) -> OpenedSession:
        """With the newest tokens; whoever keeps a session beyond this process keeps this one (see ``on_refresh``)."""
        return self._keeper.session

    def stream(self, position: Position | None = None, *, device: str | None = None, page: int = 50) -> Stream:
        """What happens from ``position`` on, without one from now on; ``page`` is how much a reload loads."""
        return Stream(lambda: self.page(limit=page), self._keeper, self._rest.url, position, device=device)

    # -- lists

    async def notifications(
        self, *, state: Shown | None = None, type: str | None = None, page: int = 50
    ) -> AsyncIterator[Notification]:
        """All of them, newest first, loaded a page at a time."""
        cursor: str | None = None
        while True:
            loaded = await self.page(cursor, state=state, type=type, limit=page)
            for notification in loaded.data:
                yield notification
            cursor = loaded.page.next
            if cursor is None:
                return

    async def page(
        self, cursor: str | None = None, *, state: Shown | None = None, type: str | None = None, limit: int = 50
    ) -> Listed[Notification]:
        """One page; ``page.next`` of it is the cursor of the next, with the same filters."""
        query = {"limit": limit, "cursor": cursor, "state": state, "type": type}
        return await self._ask("GET", "/v1/notifications", Listed[Notification], query=query)

    async def get(self, id: Id) -> Notification:
        return await self._ask("GET", f"/v1/notifications/{id}", Notification)

    async def counts(self) -> Counts:
        return await self._ask("GET", "/v1/counts", Counts)

    # -- marks

    async def set_state(self, id: Id, state: Literal["seen", "read", "unread", "archived"]) -> Notification:
        """Change one, and get it as it is then."""
        return await self._ask("PATCH", f"/v1/notifications/{id}", Notification, body=ChangeState(state))

    async def delete(self, id: Id) -> None:
        await self._ask("DELETE", f"/v1/notifications/{id}", type(None))

    async def mark(
        self,
        state: MarkState,
        *,
        notifications: Sequence[Id] | None = None,
        up_to: Id | None = None,
        position: Position | None = None,
        id: str | None = None,
    ) -> Counts:
        """Change up to 200 of them, all up to one, or all that was told up to a position; the same ``id`` is one mark.

        Returns the counts after it.
        """
        body = MarkNotifications(
            state=state,
            notifications=None if notifications is None else [str(one) for one in notifications],
            up_to=None if up_to is None else str(up_to),
            position=position,
            id=id or str(uuid4()),
        )
        return await self._ask("POST", "/v1/notifications/mark", Counts, body=body)

    # -- preferences

    async def preferences(self) -> ShownPreferences:
        return await self._ask("GET", "/v1/preferences", ShownPreferences)

    async def set_preferences(
        self, types: Mapping[str, bool] | None = None, *, quiet_hours: QuietHours | UnsetType | None = UNSET
    ) -> ShownPreferences:
        """Set consent per type, and quiet hours (None takes them away); what is left out stays."""
        body = SetPreferences(dict(types or {}), quiet_hours)
        return await self._ask("PUT", "/v1/preferences", ShownPreferences, body=body)

    # -- session

    async def sign_out(self) -> None:
        """End the session on every device that uses it; this client is of no use afterwards."""
        await self._ask("DELETE", f"/v1/sessions/{self.session.session_id}", type(None))

    async def _ask(self, method: str, path: str, answer: type[T], **more: Any) -> T:
        token = await self._keeper.token()
        try:
            return await self._rest.ask(method, path, answer, token=token, **more)
        except Refused as refused:
            if refused.problem.status != 401:
                raise
        # The clocks differ, or the session was kept for long before it came here.
        token = await self._keeper.token(refused=token)
        return await self._rest.ask(method, path, answer, token=token, **more)
