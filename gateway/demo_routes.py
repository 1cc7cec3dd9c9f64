"""The demo page and what it needs: only in demo mode, its session and its events only on the machine itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import actor_of
from gateway.demo import DEMO_USER, random_event
from gateway.events import publish_events
from gateway.gateway import of
from gateway.origin import allowed
from gateway.policy import Action, Caller
from gateway.problems import Forbidden
from gateway.routes import ActionRoute, json_response, route
from gateway.static_files import PAGE, PAGE_HEADERS, StaticFiles
from schemas.errors import ServiceDisabled
from schemas.events import encode_event
from schemas.rest import Accepted

_FILES = StaticFiles(PAGE / "demo", PAGE_HEADERS)


async def index(request: Request, caller: Caller) -> Response:
    return _FILES.answer(request, "index.html")


async def asset(request: Request, caller: Caller) -> Response:
    return _FILES.answer(request, request.path_params["name"])


async def demo_session(request: Request, caller: Caller) -> Response:
    """A session of the demo user without any key, so only for a client on this machine."""
    _check_local(request)
    return json_response(await of(request).sessions.open(DEMO_USER, actor_of(request, caller)), 201)


async def demo_event(request: Request, caller: Caller) -> Response:
    _check_local(request)
    gateway = of(request)
    if not gateway.settings.enabled:
        raise ServiceDisabled("publish events", "the service is disabled, events are not accepted")
    event = random_event()
    await publish_events(gateway, [(event, encode_event(event))])
    return json_response(Accepted(1), 202)


def _check_local(request: Request) -> None:
    """Raise Forbidden unless the peer, the name it asked for and the page it asks from are all of this machine.

    The peer alone is not enough: a page of any site may send requests to loopback from a browser here, and with a
    name that resolves to loopback it could read the answers.
    """
    host = request.headers.get("host")
    name = urlsplit(f"//{host}").hostname if host else None
    local_peer = request.client is not None and _is_loopback(request.client.host)
    local_name = name == "localhost" or (name is not None and _is_loopback(name))
    if not (local_peer and local_name and allowed(request.headers.get("origin"), host, ())):
        raise Forbidden("use the demo", "the demo's session is for a browser on the same machine")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


DEMO_ROUTES: list[ActionRoute] = [
    route("GET", "/", Action.SEE_DEMO, index),
    route("GET", "/page/{name}", Action.SEE_DEMO, asset),
    route("POST", "/demo/session", Action.SEE_DEMO, demo_session),
    route("POST", "/demo/event", Action.SEE_DEMO, demo_event),
]
