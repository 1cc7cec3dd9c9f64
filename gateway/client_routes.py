"""The browser client and the inbox element, built: product pages import them from here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, route
from gateway.static_files import PAGE, StaticFiles

# Modules are fetched with CORS, and these are the same for everybody: any page may import them.
_FILES = StaticFiles(
    PAGE / "client", {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
)


async def client_file(request: Request, caller: Caller) -> Response:
    return _FILES.answer(request, request.path_params["name"])


CLIENT_ROUTES: list[ActionRoute] = [route("GET", "/client/{name}", Action.SEE_CLIENT, client_file)]
