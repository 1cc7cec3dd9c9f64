"""Errors as RFC 9457 problems. What is wrong inside (status 500 and above) is logged, not told."""

from __future__ import annotations

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.errors import NotificationError, Problem, ServiceDisabled

logger = structlog.get_logger()


class Unauthorized(NotificationError):
    """No credentials, or none that are valid."""

    slug, title, status = "unauthorized", "Valid credentials are needed", 401


class Forbidden(NotificationError):
    """The caller is known, and may not do this."""

    slug, title, status = "forbidden", "This is not allowed", 403


class NotThere(NotificationError):
    """A route, a session or a dead letter that does not exist, or not for this caller."""

    slug, title, status = "not-found", "There is no such thing", 404


class NotAcceptable(NotificationError):
    """The route has no answer of the kind that the ``Accept`` header asks for."""

    slug, title, status = "not-acceptable", "There is no such representation", 406


class TooLarge(NotificationError):
    """The body or the batch is over a limit, which the detail names."""

    slug, title, status = "too-large", "The request is too large", 413


class UnsupportedMediaType(NotificationError):
    """The content type is not one that the route takes."""

    slug, title, status = "unsupported-media-type", "The content type is not supported", 415


class InvalidBatch(NotificationError):
    """Events of a batch are not valid: ``errors`` has the index and the reason of each, and none was accepted."""

    slug, title, status = "invalid-events", "Some events are not valid, none was accepted", 422

    def __init__(self, op: str, errors: list[tuple[int, str]]) -> None:
        super().__init__(op, f"{len(errors)} events are not valid")
        self.errors = errors

    def problem(self) -> Problem:
        listed = [{"index": index, "reason": reason} for index, reason in self.errors]
        return msgspec.structs.replace(super().problem(), errors=listed)


PLAIN = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of every JSON answer: nobody keeps it, and no browser takes it for something else."""

INTERNAL = Problem(type="urn:pavilion:internal", title="Something went wrong here", status=500)


def public_problem(error: NotificationError) -> Problem:
    """The problem a client may see: of what failed inside only the kind, never a host name or a query."""
    problem = error.problem()
    if problem.status < 500 or isinstance(error, ServiceDisabled):
        return problem
    logger.warning("request failed", op=error.op, error=str(error))
    return msgspec.structs.replace(problem, detail="")


def problem_response(problem: Problem) -> Response:
    headers = dict(PLAIN)
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if problem.status == 503:
        headers["retry-after"] = "1"
    return Response(
        msgspec.json.encode(problem), problem.status, headers=headers, media_type="application/problem+json"
    )


async def http_problem(request: Request, error: Exception) -> Response:
    """Starlette's own errors: no such route, or not with this method."""
    assert isinstance(error, HTTPException)
    slug = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "request-refused")
    problem = Problem(type=f"urn:pavilion:{slug}", title=error.detail, status=error.status_code)
    response = problem_response(problem)
    if error.status_code == 405:
        path = request.url.path
        here = [route for route in request.app.routes if isinstance(route, Route) and route.path_regex.match(path)]
        response.headers["allow"] = ", ".join(sorted({method for route in here for method in route.methods or ()}))
    return response
