"""Health and metrics: for a listener that the deployment keeps inside."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, json_response, route
from infra.openmetrics import exposition
from schemas.rest import Health


async def healthz(request: Request, caller: Caller) -> Response:
    """The process answers."""
    return json_response(Health("ok"))


async def readyz(request: Request, caller: Caller) -> Response:
    """503 until every fan-out partition is read, and again from the moment of draining."""
    gateway = of(request)
    if gateway.ready:
        return json_response(Health("ready"))
    return json_response(Health("draining" if gateway.draining else "starting"), 503)


async def metrics(request: Request, caller: Caller) -> Response:
    """What Prometheus reads; as OpenMetrics, with exemplars, to whom accepts that."""
    body, content_type = exposition(request.headers.get("accept"))
    return Response(body, headers={"content-type": content_type})


HEALTH_ROUTES: list[ActionRoute] = [
    route("GET", "/healthz", Action.PROBE, healthz, answer=Health),
    route("GET", "/readyz", Action.PROBE, readyz, answer=Health, also={503: Health}),
    route("GET", "/metrics", Action.PROBE, metrics, answer=str, media="text/plain"),
]
