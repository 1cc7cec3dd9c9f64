"""Query parameters and pages, the same on every list."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from schemas.errors import InvalidNotification

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def limit_of(request: Request) -> int:
    """``limit``, 1 to 200; raises InvalidNotification."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidNotification("read query", f"`limit` is not a number from 1 to {MAX_LIMIT}")
    return int(text)


def text_of(request: Request, name: str) -> str | None:
    """A parameter, None if absent or empty."""
    return request.query_params.get(name) or None


def page_of(data: Any, following: str | None) -> dict[str, Any]:
    """``{"data", "page": {"next"}}``; ``next`` is null on the last page."""
    return {"data": data, "page": {"next": following}}
