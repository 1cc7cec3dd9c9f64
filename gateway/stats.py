"""``/stats``: what this process is doing now, for dashboards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import Gateway, of
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, json_response, route
from gateway.services import Snapshot
from schemas.stats import GatewayStats, StreamsStats, TablesStats, TopologyStats

_ALONE = "This gateway runs without an engine; ask a worker."


async def topology_stats(request: Request, caller: Caller) -> Response:
    """The declared agents: what they read, their steps, and what they write."""
    gateway = of(request)
    return await _answer(gateway.services.topology, lambda: TopologyStats(topology=[], **_own_view(gateway)))


async def tables_stats(request: Request, caller: Caller) -> Response:
    """The window tables of this process, an entry for each partition that it has, recovers or follows."""
    gateway = of(request)
    return await _answer(gateway.services.tables, lambda: TablesStats(tables=[], **_own_view(gateway)))


async def streams_stats(request: Request, caller: Caller) -> Response:
    """What each agent has done in this process and is doing, and the dependencies that it waits for."""
    gateway = of(request)
    return await _answer(gateway.services.streams, lambda: StreamsStats(streams=[], **_own_view(gateway)))


async def _answer(snapshot: Snapshot | None, alone: Callable[[], Struct]) -> Response:
    return json_response(alone() if snapshot is None else await snapshot())


def _own_view(gateway: Gateway) -> dict[str, Any]:
    hub = gateway.hub
    return {"gateway": GatewayStats(hub.users, len(hub.connections), gateway.ready), "note": _ALONE}


STATS_ROUTES: list[ActionRoute] = [
    route("GET", "/stats/topology", Action.READ_STATS, topology_stats, answer=TopologyStats),
    route("GET", "/stats/tables", Action.READ_STATS, tables_stats, answer=TablesStats),
    route("GET", "/stats/streams", Action.READ_STATS, streams_stats, answer=StreamsStats),
]
