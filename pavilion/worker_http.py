"""A worker's own listener: health, metrics, statistics, and draining it. Deployment keeps it inside."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.live import LiveViews, TooMany, wanted
from gateway.problems import Unauthorized, problem_response
from gateway.routes import json_response
from infra.openmetrics import exposition
from infra.statistics.board import Board
from schemas.settings import Settings
from streams.engine import Engine


def create_worker_app(settings: Settings, engine: Engine, board: Board, stopping: Callable[[], bool]) -> Starlette:
    """``stopping()`` ends the live views."""
    views = LiveViews()

    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        owns = engine.ready()
        return PlainTextResponse("ok\n" if owns else "partitions are not taken yet\n", 200 if owns else 503)

    async def metrics(request: Request) -> Response:
        body, content_type = exposition(request.headers.get("accept"))
        return Response(body, headers={"content-type": content_type})

    async def drain(request: Request) -> Response:
        if not _is_operator(request, settings):
            return problem_response(Unauthorized("drain", "the operator key is needed").problem())
        owned = engine.partitions_owned
        await engine.leave()
        return JSONResponse({"released": owned})

    def stats(snapshot: Callable[[], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not _is_operator(request, settings):
                return problem_response(Unauthorized("read statistics", "the operator key is needed").problem())
            if not wanted(request):
                return json_response(await snapshot())
            try:
                return views.respond(request, snapshot, stopping)
            except TooMany as error:
                return problem_response(error.problem())

        return answer

    routes = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
        Route("/drain", drain, methods=["POST"]),
    ]
    answers = {"topology": board.topology, "tables": board.tables, "streams": board.streams}
    return Starlette(routes=[*routes, *(Route(f"/stats/{name}", stats(answer)) for name, answer in answers.items())])


def _is_operator(request: Request, settings: Settings) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if settings.operator_key is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(key.encode(), settings.operator_key.get_secret_value().encode())
