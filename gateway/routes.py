"""How a REST route is made: its action is checked before its handler runs, its errors become problems."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar, Unpack

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.gateway import of
from gateway.metrics import REQUESTS
from gateway.policy import Action, Caller
from gateway.problems import INTERNAL, PLAIN, TooLarge, Unauthorized, problem_response, public_problem
from gateway.rate_limits import Policy, add_fields, taken_of
from gateway.tokens import TokenExpired
from schemas.errors import InvalidNotification, NotificationError

logger = structlog.get_logger()
T = TypeVar("T")

Handler = Callable[[Request, Caller], Awaitable[Response]]

MAX_BODY_BYTES = 64 * 1024

COUNTED_OTHERWISE = frozenset({Action.PROBE, Action.SEE_CLIENT, Action.SEE_CONSOLE, Action.REFRESH_SESSION})
"""Probes and files that browsers keep are not counted, and a refresh is by the token in its body."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter as the documentation shows it; ``type`` is what msgspec makes a JSON schema of."""

    name: str
    type: Any = str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What a route takes and answers, for the documentation: ``body`` and ``answer`` are types, None for nothing.

    ``name`` and ``text`` are the handler's. ``bodies`` are types by content type, where not all is
    ``application/json``; ``also`` are the types of further answers by status. ``in_path`` has the parameters that
    are not UUIDs. ``problems`` are statuses besides those that follow from the rest.
    ``live`` says that the answer can be had as Server-Sent Events too, each of which is the whole answer.
    """

    name: str
    text: str
    body: Any = None
    answer: Any = None
    status: int = 200
    query: tuple[Query, ...] = ()
    in_path: tuple[Query, ...] = ()
    headers: tuple[Query, ...] = ()
    bodies: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[int, Any] = field(default_factory=dict)
    problems: Collection[int] = ()
    media: str = "application/json"
    live: bool = False

    @property
    def complete(self) -> bool:
        """Whether it says what comes back: a type, or that nothing does."""
        return bool(self.text) and (self.answer is not None or self.status == 204)


class More(TypedDict, total=False):
    """The fields of :class:`Described` that few routes need."""

    in_path: tuple[Query, ...]
    headers: tuple[Query, ...]
    bodies: Mapping[str, Any]
    also: Mapping[int, Any]
    problems: Collection[int]
    media: str
    live: bool


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
    **more: Unpack[More],
) -> ActionRoute:
    """The handler's docstring is the route's description; see :class:`Described` for the rest."""

    async def endpoint(request: Request) -> Response:
        response = await _answer(request, action, handler)
        add_fields(request, response)
        REQUESTS.labels(f"{method} {path}", str(response.status_code)).inc()
        return response

    made = ActionRoute(path, endpoint, methods=[method])
    made.action = action
    made.described = Described(
        name=getattr(handler, "__name__", ""),
        text=inspect.getdoc(handler) or "",
        body=body,
        answer=answer,
        status=status,
        query=query,
        **more,
    )
    return made


async def _answer(request: Request, action: Action, handler: Handler) -> Response:
    try:
        gateway = of(request)
        try:
            caller = await gateway.auth.caller(request)
            if action not in COUNTED_OTHERWISE:
                await gateway.rates.count_caller(request, caller)
            return await gateway.trail.recorded(request, caller, action, lambda: handler(request, caller))
        except TokenExpired:
            raise  # it was genuine, so it is no guess
        except Unauthorized:
            if all(taken.policy is not Policy.ADDRESS for taken in taken_of(request)):
                await gateway.rates.count_address(request)
            raise
    except NotificationError as error:
        return problem_response(public_problem(error))
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except Exception:
        logger.exception("request failed", method=request.method, path=request.url.path)
        return problem_response(INTERNAL)


def json_response(body: Any, status: int = 200) -> Response:
    """Never cached: these are one user's notifications, tokens, or of the moment."""
    return Response(msgspec.json.encode(body), status, headers=PLAIN, media_type="application/json")


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
