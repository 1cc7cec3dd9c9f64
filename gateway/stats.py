"""``/stats``: what the group of workers is doing now, for dashboards; as JSON, or as events for live views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import Gateway, of
from gateway.live import wanted
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, json_response, route
from gateway.services import Snapshot
from schemas.stats import GatewayStats, StreamsStats, TablesStats, TopologyStats

_ALONE = "This gateway runs without an engine; ask a worker."


async def topology_stats(request: Request, caller: Caller) -> Response:
    """The declared agents: what they read, their steps, and what they write."""
    return await _answer(request, caller, of(request).services.topology, TopologyStats(topology=[], note=_ALONE))


async def tables_stats(request: Request, caller: Caller) -> Response:
    """The window tables of all workers, an entry for each partition that one has, recovers or follows."""
    return await _answer(request, caller, of(request).services.tables, TablesStats(tables=[], note=_ALONE))


async def streams_stats(request: Request, caller: Caller) -> Response:
    """What each agent has done and is doing on all workers, and the dependencies that they wait for."""
    return await _answer(request, caller, of(request).services.streams, StreamsStats(streams=[], note=_ALONE))


async def _answer(request: Request, caller: Caller, snapshot: Snapshot | None, alone: Any) -> Response:
    gateway = of(request)

    async def answer() -> Any:
        found = alone if snapshot is None else await snapshot()
        return msgspec.structs.replace(found, gateway=_own_view(gateway))

    if wanted(request):
        return gateway.live_views.respond(request, answer, lambda: gateway.draining, caller.expires)
    return json_response(await answer())


def _own_view(gateway: Gateway) -> GatewayStats:
    hub = gateway.hub
    return GatewayStats(hub.users, len(hub.connections), gateway.ready)


def _route(path: str, handler: Callable[[Request, Caller], Awaitable[Response]], answer: Any) -> ActionRoute:
    return route("GET", path, Action.READ_STATS, handler, answer=answer, live=True, problems=(503,))


STATS_ROUTES: list[ActionRoute] = [
    _route("/stats/topology", topology_stats, TopologyStats),
    _route("/stats/tables", tables_stats, TablesStats),
    _route("/stats/streams", streams_stats, StreamsStats),
]
