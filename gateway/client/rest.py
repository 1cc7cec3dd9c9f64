"""Requests: their retries, and problems as errors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from gateway.client.errors import ProtocolError, Refused, Unreachable
from gateway.client.waiting import full_jitter
from schemas.errors import Problem

T = TypeVar("T")

ATTEMPTS = 4
LONGEST_WAIT = 5.0
"""Seconds that a request waits at most before it is tried again, whatever ``Retry-After`` says."""

_PASSING = (408, 429, 502, 503, 504)


class Rest:
    """One connection pool; ``timeout`` is of each attempt, in seconds."""

    def __init__(self, url: str, *, timeout: float) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self.url, timeout=timeout)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        token: str | None = None,
        body: Any = None,
        content: bytes | None = None,
        media: str = "application/json",
        query: Mapping[str, Any] | None = None,
        attempts: int = ATTEMPTS,
    ) -> T:
        """The answer, decoded as ``answer``. ``body`` is encoded as JSON, ``content`` is sent as it is.

        Raises Refused for a problem, Unreachable when ``attempts`` have failed for reasons that may pass.
        """
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        if body is not None:
            content = msgspec.json.encode(body)
        if content is not None:
            headers["content-type"] = media
        given = {name: value for name, value in (query or {}).items() if value is not None}
        what, problem = f"{method} {path}", None
        for attempt in range(attempts):
            try:
                response = await self._http.request(method, path, headers=headers, content=content, params=given)
            except httpx.TransportError as error:
                cause, wait = f"{type(error).__name__} {error}".strip(), 0.0
            else:
                if response.is_success:
                    return _decode(response, answer)
                problem = _problem(response)
                if response.status_code not in _PASSING:
                    raise Refused(problem)
                cause, wait = f"{problem.status} {problem.title}", _retry_after(response)
            if attempt + 1 < attempts:
                await asyncio.sleep(min(LONGEST_WAIT, wait + full_jitter(attempt, 0.2)))
        raise Unreachable(f"{what}: {cause} ({attempts} attempts)", problem)


def _decode(response: httpx.Response, answer: type[T]) -> T:
    if answer is type(None):
        return None
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"{response.request.method} {response.request.url.path} answered {error}") from error


def _problem(response: httpx.Response) -> Problem:
    """The problem in the answer, or one made of its status: a proxy between answers otherwise."""
    try:
        return msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return Problem("about:blank", response.reason_phrase or "No reason was given", response.status_code)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0.0
