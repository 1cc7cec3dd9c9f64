"""A worker's own listener: health, metrics, statistics, and draining it. Deployment keeps it inside."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.problems import Unauthorized, problem_response
from schemas.settings import Settings
from streams.engine import Engine

Snapshots = dict[str, Callable[[], Awaitable[Any]]]


def create_worker_app(settings: Settings, engine: Engine, snapshots: Snapshots) -> Starlette:
    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        owns = engine.ready()
        return PlainTextResponse("ok\n" if owns else "partitions are not taken yet\n", 200 if owns else 503)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def drain(request: Request) -> Response:
        if not _is_operator(request, settings):
            return problem_response(Unauthorized("drain", "the operator key is needed").problem())
        owned = engine.partitions_owned
        await engine.leave()
        return JSONResponse({"released": owned})

    def stats(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not _is_operator(request, settings):
                return problem_response(Unauthorized("read statistics", "the operator key is needed").problem())
            return JSONResponse(await snapshots[name]())

        return answer

    routes = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
        Route("/drain", drain, methods=["POST"]),
    ]
    return Starlette(routes=[*routes, *(Route(f"/stats/{name}", stats(name)) for name in snapshots)])


def _is_operator(request: Request, settings: Settings) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if settings.operator_key is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(key.encode(), settings.operator_key.get_secret_value().encode())
