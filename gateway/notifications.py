"""REST for one's own notifications: lists, single ones, marks and counts."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.listing import list_page
from gateway.policy import Action, Caller
from gateway.queries import PAGING, foreign_cursor, limit_of, page_of, read_cursor, text_of, write_cursor
from gateway.routes import ActionRoute, Query, json_response, no_content, read_json, route
from infra.stores.ports import Filter
from schemas.errors import InvalidNotification, NotificationNotFound
from schemas.notifications import Notification
from schemas.rest import ChangeState, Counts, Listed, MarkNotifications

_State = Literal["unseen", "unread", "read", "archived"]
_STATES: tuple[_State, ...] = get_args(_State)
_TYPE = re.compile(r"[a-z][a-z-]{0,31}\.[a-z][a-z-]{0,31}")
FILTERS = (
    Query("state", _State, "Only those; archived ones are shown for `archived` alone."),
    Query("type", Annotated[str, Meta(pattern=f"^{_TYPE.pattern}$")], "A group and verb, such as `video.liked`."),
)


class _Cursor(Struct, array_like=True):
    """Bound to its filters: used with others it would skip or repeat without a word."""

    before: str
    state: str | None
    type: str | None


async def list_notifications(request: Request, caller: Caller) -> Response:
    """The caller's own, newest first by id: the inbox, then history, without a seam. Deleted ones are never listed."""
    return json_response(await page_for(request, caller.user_id))


async def page_for(request: Request, user_id: str) -> Listed[Notification]:
    """The page of the user's list that the query asks for; raises InvalidNotification."""
    limit = limit_of(request)
    state, type = text_of(request, "state"), text_of(request, "type")
    if state is not None and state not in _STATES:
        raise InvalidNotification("list notifications", f"`state` is not one of {', '.join(_STATES)}")
    if type is not None and _TYPE.fullmatch(type) is None:
        raise InvalidNotification("list notifications", "`type` is not a group and verb such as video.liked")
    filter = Filter(state, type)
    before = _before(request, filter)
    services = of(request).services
    found = await list_page(services.inbox, services.history, user_id, before, limit + 1, filter)
    following = None
    if len(found) > limit:
        following = write_cursor(msgspec.json.encode(_Cursor(found[limit - 1].id, state, type)).decode())
    return page_of(found[:limit], following)


async def get_notification(request: Request, caller: Caller) -> Response:
    """One of the caller's own; another user's is as unknown as one that does not exist."""
    return json_response(await _find(request, caller))


async def patch_notification(request: Request, caller: Caller) -> Response:
    """Change the state of one notification. Answers the notification as it is then; after `deleted` nothing."""
    body = await read_json(request, ChangeState)
    found = await _find(request, caller)
    await of(request).marks.apply(caller.user_id, str(uuid4()), body.state, [found.id], None)
    if body.state == "deleted":
        return no_content()
    return json_response(await _find(request, caller))


async def delete_notification(request: Request, caller: Caller) -> Response:
    """Delete one notification, on every device."""
    found = await _find(request, caller)
    await of(request).marks.apply(caller.user_id, str(uuid4()), "deleted", [found.id], None)
    return no_content()


async def mark_notifications(request: Request, caller: Caller) -> Response:
    """Change the state of many: of those listed, or of everything up to one, or up to a position.

    Answers the counts after it. Ids that are not the caller's change nothing. With the same `id` again it changes
    nothing, and answers the same position. Every device is told.
    """
    body = await read_json(request, MarkNotifications)
    mark_id = body.id or str(uuid4())
    changed = await of(request).marks.apply(
        caller.user_id, mark_id, body.state, body.notifications, body.up_to, body.position
    )
    return json_response(Counts(changed.unseen, changed.unread, changed.position))


async def get_counts(request: Request, caller: Caller) -> Response:
    """How many of the caller's notifications are unseen and unread, and where his inbox is."""
    [top] = await of(request).services.inbox.summaries([caller.user_id])
    return json_response(Counts(top.unseen, top.unread, top.position))


async def _find(request: Request, caller: Caller) -> Notification:
    """Only ever among the caller's own: another user's id is as unknown as one that does not exist."""
    services = of(request).services
    wanted = canonical_uuid("find notification", "id", request.path_params["id"])
    found = await services.inbox.get(caller.user_id, wanted) or await services.history.get(caller.user_id, wanted)
    if found is None:
        raise NotificationNotFound("find notification", "there is no such notification")
    return found


def _before(request: Request, filter: Filter) -> str | None:
    text = read_cursor("list notifications", request)
    if text is None:
        return None
    try:
        cursor = msgspec.json.decode(text, type=_Cursor)
        before = canonical_uuid("list notifications", "cursor", cursor.before)
    except (ValueError, RecursionError, InvalidNotification):
        raise foreign_cursor("list notifications") from None
    if (cursor.state, cursor.type) != filter:
        raise InvalidNotification("list notifications", "`cursor` belongs to other filters")
    return before


NOTIFICATION_ROUTES: list[ActionRoute] = [
    route(
        "GET",
        "/v1/notifications",
        Action.READ_INBOX,
        list_notifications,
        answer=Listed[Notification],
        query=(*PAGING, *FILTERS),
    ),
    route(
        "POST",
        "/v1/notifications/mark",
        Action.MARK,
        mark_notifications,
        body=MarkNotifications,
        answer=Counts,
    ),
    route("GET", "/v1/notifications/{id}", Action.READ_INBOX, get_notification, answer=Notification),
    route(
        "PATCH",
        "/v1/notifications/{id}",
        Action.MARK,
        patch_notification,
        body=ChangeState,
        answer=Notification,
        also={204: None},
    ),
    route("DELETE", "/v1/notifications/{id}", Action.MARK, delete_notification, status=204),
    route("GET", "/v1/counts", Action.READ_INBOX, get_counts, answer=Counts),
]
