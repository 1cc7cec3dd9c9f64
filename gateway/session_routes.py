"""REST for sessions."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.identifiers import canonical_uuid
from gateway.policy import Action, Caller, check
from gateway.routes import ActionRoute, json_response, no_content, read_json, route


class OpenBody(Struct):
    user_id: str


class RefreshBody(Struct):
    refresh_token: str


async def open_session(request: Request, caller: Caller) -> Response:
    body = await read_json(request, OpenBody)
    user_id = canonical_uuid("open session", "user_id", body.user_id)
    return json_response(await of(request).sessions.open(user_id), 201)


async def refresh_session(request: Request, caller: Caller) -> Response:
    body = await read_json(request, RefreshBody)
    return json_response(await of(request).sessions.refresh(body.refresh_token))


async def end_session(request: Request, caller: Caller) -> Response:
    sessions = of(request).sessions
    session = await sessions.find(canonical_uuid("end session", "id", request.path_params["id"]))
    check(caller, Action.END_SESSION, owner=session.user_id)
    await sessions.end(session)
    return no_content()


SESSION_ROUTES: list[ActionRoute] = [
    route("POST", "/v1/sessions", Action.OPEN_SESSION, open_session),
    route("POST", "/v1/sessions/refresh", Action.REFRESH_SESSION, refresh_session),
    route("DELETE", "/v1/sessions/{id}", Action.END_SESSION, end_session),
]
