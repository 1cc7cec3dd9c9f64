"""``/stats``: what this process is doing now, for dashboards."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import Gateway, of
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, Handler, json_response, route
from gateway.services import Snapshot

_ALONE = "This gateway runs without an engine; ask a worker."


def _stats(name: str) -> Handler:
    async def handler(request: Request, caller: Caller) -> Response:
        gateway = of(request)
        snapshot: Snapshot | None = getattr(gateway.services, name)
        return json_response(_own_view(gateway, name) if snapshot is None else await snapshot())

    return handler


def _own_view(gateway: Gateway, name: str) -> dict[str, Any]:
    hub = gateway.hub
    view = {"users": hub.users, "connections": len(hub.connections), "ready": gateway.ready}
    return {name: [], "gateway": view, "note": _ALONE}


STATS_ROUTES: list[ActionRoute] = [
    route("GET", f"/stats/{name}", Action.READ_STATS, _stats(name)) for name in ("topology", "tables", "streams")
]
