"""Query parameters and pages, the same on every list."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from msgspec import Meta
from starlette.requests import Request

from gateway.routes import Query
from schemas.errors import InvalidNotification
from schemas.rest import Listed, Page

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

_Limit = Annotated[int, Meta(ge=1, le=MAX_LIMIT, extra_json_schema={"default": DEFAULT_LIMIT})]
PAGING = (
    Query("limit", _Limit, "How many at most."),
    Query("cursor", str, "`page.next` of the page before, with the same filters; without one the list starts."),
)


def limit_of(request: Request) -> int:
    """``limit``, 1 to 200; raises InvalidNotification."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidNotification("read query", f"`limit` is not a number from 1 to {MAX_LIMIT}")
    return int(text)


def text_of(request: Request, name: str) -> str | None:
    """A parameter, None if absent or empty."""
    return request.query_params.get(name) or None


def page_of(data: list[Any], following: str | None) -> Listed[Any]:
    """``{"data", "page": {"next"}}``; ``next`` is null on the last page."""
    return Listed(data, Page(following))


def write_cursor(text: str) -> str:
    """``text`` as clients see it: opaque, and safe in a URL."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(op: str, request: Request) -> str | None:
    """The text of the parameter ``cursor``, None without one; raises InvalidNotification."""
    cursor = text_of(request, "cursor")
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise foreign_cursor(op) from None


def write_moment(at_ms: int, id: str) -> str:
    """The cursor of a list by time, and by id at the same time."""
    return write_cursor(f"{at_ms} {id}")


def read_moment(op: str, request: Request) -> tuple[int, str] | None:
    """What :func:`write_moment` wrote; raises InvalidNotification."""
    cursor = read_cursor(op, request)
    if cursor is None:
        return None
    at, _, id = cursor.partition(" ")
    if not (at.isascii() and at.isdigit() and len(at) < 19):
        raise foreign_cursor(op)
    return int(at), id


def foreign_cursor(op: str) -> InvalidNotification:
    return InvalidNotification(op, "`cursor` is not one that a page gave")
