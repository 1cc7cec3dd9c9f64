"""The operators' page, built, and what it asks first: who the key is. Its files have no data and are for everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.policy import Action, Caller, actions_of
from gateway.routes import ActionRoute, json_response, route
from gateway.static_files import PAGE, PAGE_HEADERS, StaticFiles
from schemas.rest import CallerShown
from schemas.times import format_ms

_FILES = StaticFiles(PAGE / "console", PAGE_HEADERS)


async def index(request: Request, caller: Caller) -> Response:
    return _FILES.answer(request, "index.html")


async def asset(request: Request, caller: Caller) -> Response:
    return _FILES.answer(request, request.path_params["name"])


async def get_caller(request: Request, caller: Caller) -> Response:
    """Whose the key or token is and what its role may do, so that a page offers nothing that would be refused."""
    return json_response(
        CallerShown(
            role=caller.role.value,
            user_id=caller.user_id,
            expires_at=format_ms(caller.expires * 1000) if caller.expires else None,
            may=[action.slug for action in actions_of(caller.role)],
        )
    )


CONSOLE_ROUTES: list[ActionRoute] = [
    route("GET", "/console", Action.SEE_CONSOLE, index),
    route("GET", "/console/{name}", Action.SEE_CONSOLE, asset),
]

CALLER_ROUTES: list[ActionRoute] = [
    route("GET", "/v1/caller", Action.READ_CALLER, get_caller, answer=CallerShown),
]
