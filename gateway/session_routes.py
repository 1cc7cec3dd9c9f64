"""REST for sessions: opening, refreshing and ending one, and all of a user's."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import actor_of, concerning
from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller, check
from gateway.queries import page_of
from gateway.routes import ActionRoute, json_response, no_content, read_json, route
from gateway.sessions import SESSION_MS, Opened
from infra.stores.ports import Session
from schemas.times import format_ms


class OpenBody(Struct):
    user_id: str


class RefreshBody(Struct):
    refresh_token: str


class SessionRow(Struct, frozen=True):
    """A session that stands. ``current`` is the one whose token asks; times are RFC 3339."""

    session_id: str
    opened_at: str
    refreshed_at: str
    expires_at: str
    current: bool


class SessionPage(Struct, frozen=True):
    """``page.next`` is always null: a user's sessions are one page."""

    data: list[SessionRow]
    page: dict[str, str | None]


async def open_session(request: Request, caller: Caller) -> Response:
    """A service signs a user in."""
    body = await read_json(request, OpenBody)
    user_id = canonical_uuid("open session", "user_id", body.user_id)
    return json_response(await of(request).sessions.open(user_id, actor_of(request, caller)), 201)


async def refresh_session(request: Request, caller: Caller) -> Response:
    """Use up a refresh token for the next one; the same again within 10 s gets the same one."""
    body = await read_json(request, RefreshBody)
    return json_response(await of(request).sessions.refresh(body.refresh_token, actor_of(request, caller)))


async def end_session(request: Request, caller: Caller) -> Response:
    """Sign out: the session's sockets close, and its access tokens are refused."""
    sessions = of(request).sessions
    session = await sessions.find(canonical_uuid("end session", "id", request.path_params["id"]))
    check(caller, Action.END_SESSION, owner=session.user_id)
    concerning(request, user_id=session.user_id, subject=session.id)
    await sessions.end(session, actor_of(request, caller))
    return no_content()


async def list_sessions(request: Request, caller: Caller) -> Response:
    """The sessions of a user that stand, the one that lasts longest first."""
    user_id = _user(request, caller)
    found = await of(request).sessions.of_user(user_id)
    return json_response(page_of([_row(session, caller) for session in found], None))


async def end_sessions(request: Request, caller: Caller) -> Response:
    """Sign a user out everywhere."""
    user_id = _user(request, caller)
    await of(request).sessions.end_all(user_id, actor_of(request, caller))
    return no_content()


def _user(request: Request, caller: Caller) -> str:
    """The user of the path, whom ``caller`` may ask about; raises InvalidNotification or NotThere."""
    user_id = canonical_uuid("manage sessions", "id", request.path_params["id"])
    check(caller, Action.MANAGE_SESSIONS, owner=user_id)
    concerning(request, user_id=user_id)
    return user_id


def _row(session: Session, caller: Caller) -> SessionRow:
    return SessionRow(
        session.id,
        format_ms(session.expires_ms - SESSION_MS),
        format_ms(session.rotated_ms),
        format_ms(session.expires_ms),
        session.id == caller.session_id,
    )


SESSION_ROUTES: list[ActionRoute] = [
    route("POST", "/v1/sessions", Action.OPEN_SESSION, open_session, body=OpenBody, answer=Opened, status=201),
    route("POST", "/v1/sessions/refresh", Action.REFRESH_SESSION, refresh_session, body=RefreshBody, answer=Opened),
    route("DELETE", "/v1/sessions/{id}", Action.END_SESSION, end_session, status=204),
    route("GET", "/v1/users/{id}/sessions", Action.MANAGE_SESSIONS, list_sessions, answer=SessionPage),
    route("DELETE", "/v1/users/{id}/sessions", Action.MANAGE_SESSIONS, end_sessions, status=204),
]
