"""REST for sessions: opening, refreshing and ending one, and all of a user's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import actor_of, concerning
from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller, check
from gateway.queries import page_of
from gateway.rate_limits import Policy
from gateway.routes import ActionRoute, json_response, no_content, read_json, route
from gateway.sessions import SESSION_MS
from infra.stores.ports import Session
from schemas.rest import Listed, OpenedSession, OpenSession, RefreshSession, StandingSession
from schemas.times import format_ms


async def open_session(request: Request, caller: Caller) -> Response:
    """Open a session for a user whom the service knows; what it gets it hands to the user's client."""
    body = await read_json(request, OpenSession)
    user_id = canonical_uuid("open session", "user_id", body.user_id)
    return json_response(await of(request).sessions.open(user_id, actor_of(request, caller)), 201)


async def refresh_session(request: Request, caller: Caller) -> Response:
    """Use up the refresh token; answers its successor and a new access token.

    The same token again within 10 s gets the same successor, so that a lost answer can be asked for again. Later it
    ends the session, since then two parties hold it.
    """
    body = await read_json(request, RefreshSession)
    # A genuine token is its holder's: thousands of clients behind one address refresh without counting against it.
    holder = f"session/{of(request).tokens.read_refresh(body.refresh_token)}"
    await of(request).rates.count(request, Policy.USER, holder)
    return json_response(await of(request).sessions.refresh(body.refresh_token, actor_of(request, caller)))


async def end_session(request: Request, caller: Caller) -> Response:
    """Sign out: the session's sockets close with 4503, and its access tokens are refused, on every gateway.

    A user ends his own, services and support anyone's.
    """
    sessions = of(request).sessions
    session = await sessions.find(canonical_uuid("end session", "id", request.path_params["id"]))
    check(caller, Action.END_SESSION, owner=session.user_id)
    concerning(request, user_id=session.user_id, subject=session.id)
    await sessions.end(session, actor_of(request, caller))
    return no_content()


async def list_sessions(request: Request, caller: Caller) -> Response:
    """The sessions of a user that stand, the one that lasts longest first, all on one page."""
    user_id = _user(request, caller)
    found = await of(request).sessions.of_user(user_id)
    return json_response(page_of([_row(session, caller) for session in found], None))


async def end_sessions(request: Request, caller: Caller) -> Response:
    """Sign a user out everywhere: all his sessions end, and their sockets close with 4503."""
    user_id = _user(request, caller)
    await of(request).sessions.end_all(user_id, actor_of(request, caller))
    return no_content()


def _user(request: Request, caller: Caller) -> str:
    """The user of the path, whom ``caller`` may ask about; raises InvalidNotification or NotThere."""
    user_id = canonical_uuid("manage sessions", "id", request.path_params["id"])
    check(caller, Action.MANAGE_SESSIONS, owner=user_id)
    concerning(request, user_id=user_id)
    return user_id


def _row(session: Session, caller: Caller) -> StandingSession:
    return StandingSession(
        session.id,
        format_ms(session.expires_ms - SESSION_MS),
        format_ms(session.rotated_ms),
        format_ms(session.expires_ms),
        session.id == caller.session_id,
    )


SESSION_ROUTES: list[ActionRoute] = [
    route(
        "POST", "/v1/sessions", Action.OPEN_SESSION, open_session, body=OpenSession, answer=OpenedSession, status=201
    ),
    route(
        "POST",
        "/v1/sessions/refresh",
        Action.REFRESH_SESSION,
        refresh_session,
        body=RefreshSession,
        answer=OpenedSession,
    ),
    route("DELETE", "/v1/sessions/{id}", Action.END_SESSION, end_session, status=204),
    route(
        "GET",
        "/v1/users/{id}/sessions",
        Action.MANAGE_SESSIONS,
        list_sessions,
        answer=Listed[StandingSession],
    ),
    route("DELETE", "/v1/users/{id}/sessions", Action.MANAGE_SESSIONS, end_sessions, status=204),
]
