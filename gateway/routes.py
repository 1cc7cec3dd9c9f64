"""How a REST route is made: its action is checked before its handler runs, its errors become problems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.gateway import of
from gateway.metrics import REQUESTS
from gateway.policy import Action, Caller
from gateway.problems import INTERNAL, TooLarge, problem_response, public_problem
from schemas.errors import InvalidNotification, NotificationError

logger = structlog.get_logger()
T = TypeVar("T")

Handler = Callable[[Request, Caller], Awaitable[Response]]

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter as the documentation shows it; ``type`` is what msgspec makes a JSON schema of."""

    name: str
    type: Any = str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What a route takes and answers, for the documentation: ``body`` and ``answer`` are types, None for nothing."""

    body: Any = None
    answer: Any = None
    status: int = 200
    query: tuple[Query, ...] = ()


class ActionRoute(Route):
    """A route that knows its action, so that a test can list who may call what, and what it takes and answers."""

    action: Action
    described: Described


def route(
    method: str,
    path: str,
    action: Action,
    handler: Handler,
    *,
    body: Any = None,
    answer: Any = None,
    status: int = 200,
    query: tuple[Query, ...] = (),
) -> ActionRoute:
    """The handler's docstring is the route's description; see :class:`Described` for the rest."""

    async def endpoint(request: Request) -> Response:
        response = await _answer(request, action, handler)
        REQUESTS.labels(f"{method} {path}", str(response.status_code)).inc()
        return response

    made = ActionRoute(path, endpoint, methods=[method])
    made.action = action
    made.described = Described(body, answer, status, query)
    return made


async def _answer(request: Request, action: Action, handler: Handler) -> Response:
    try:
        gateway = of(request)
        caller = await gateway.auth.caller(request)
        return await gateway.trail.recorded(request, caller, action, lambda: handler(request, caller))
    except NotificationError as error:
        return problem_response(public_problem(error))
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except Exception:
        logger.exception("request failed", method=request.method, path=request.url.path)
        return problem_response(INTERNAL)


def json_response(body: Any, status: int = 200) -> Response:
    """Never cached: these are one user's notifications, tokens, or of the moment."""
    return Response(
        msgspec.json.encode(body), status, headers={"cache-control": "no-store"}, media_type="application/json"
    )


def no_content() -> Response:
    return Response(status_code=204)


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Raises TooLarge as soon as more than ``limit`` bytes have come."""
    body = bytearray()
    stream: AsyncIterator[bytes] = request.stream()
    async for chunk in stream:
        body += chunk
        if len(body) > limit:
            raise TooLarge("read body", f"the body has more than {limit} bytes")
    return bytes(body)


async def read_json(request: Request, type: type[T]) -> T:
    """Decode the body; raises InvalidNotification with the path of what is wrong, as in ``$.user_id``."""
    try:
        return msgspec.json.decode(await read_body(request), type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidNotification("read body", str(error)) from error
