"""REST for support: what a user sees and where his devices stand. Each look is in the audit, with whose it was.

Support sees what it must to answer "why do I not see it": content, states, counts, positions, preferences. What a
notification carries in its metadata is for the user's apps, may be anything, and is named but never shown.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import concerning
from gateway.connection import Connection
from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.notifications import FILTERS, page_for
from gateway.policy import Action, Caller
from gateway.preferences import shown
from gateway.queries import PAGING
from gateway.routes import ActionRoute, json_response, route
from schemas.notifications import Notification
from schemas.rest import Listed, OpenSocket, SeenBySupport, UserInbox
from schemas.times import format_ms


async def list_for_support(request: Request, caller: Caller) -> Response:
    """A user's notifications as the user's own list has them, newest first, without the values of their metadata."""
    page = await page_for(request, _user(request))
    return json_response(Listed([_without_metadata(one) for one in page.data], page.page))


async def get_inbox(request: Request, caller: Caller) -> Response:
    """A user's counts and position, preferences, and the sockets that are open here and how far each was told.

    Other gateways' sockets are theirs to show.
    """
    user_id, gateway = _user(request), of(request)
    services = gateway.services
    [top] = await services.inbox.summaries([user_id])
    names = await services.people.names([user_id])
    return json_response(
        UserInbox(
            user_id=user_id,
            name=names.get(user_id),
            unseen=top.unseen,
            unread=top.unread,
            position=top.position,
            withheld_since=top.owed or None,
            preferences=shown(await gateway.preferences.read(user_id)),
            sockets=[_socket(one) for one in gateway.hub.connections_of(user_id)],
        )
    )


def _user(request: Request) -> str:
    user_id = canonical_uuid("look at a user", "id", request.path_params["id"])
    concerning(request, user_id=user_id)
    return user_id


def _without_metadata(one: Notification) -> SeenBySupport:
    return SeenBySupport(
        id=one.id,
        type=one.type,
        content=one.content,
        metadata_fields=sorted(one.metadata),
        actor=one.actor,
        subject=one.subject,
        priority=one.priority,
        created_at=one.created_at,
        expires_at=one.expires_at,
        seen_at=one.seen_at,
        read_at=one.read_at,
        archived_at=one.archived_at,
    )


def _socket(connection: Connection) -> OpenSocket:
    since = format_ms(connection.since_ms) if connection.since_ms else None
    return OpenSocket(connection.session_id, since, connection.position, connection.queued)


SUPPORT_ROUTES: list[ActionRoute] = [
    route(
        "GET",
        "/v1/users/{id}/notifications",
        Action.READ_USER,
        list_for_support,
        answer=Listed[SeenBySupport],
        query=(*PAGING, *FILTERS),
    ),
    route("GET", "/v1/users/{id}/inbox", Action.READ_USER, get_inbox, answer=UserInbox),
]
