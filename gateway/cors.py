"""Which pages of other origins may use REST: those that may open a socket."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

_ASKED_AGAIN_AFTER = 600
"""How long a browser may keep the answer to a preflight, in seconds."""


def cors(origins: Sequence[str]) -> list[Middleware]:
    """Nothing for no origins. Tokens come in a header, so pages are let in without cookies."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", "last-event-id"],
            expose_headers=["retry-after", "ratelimit", "ratelimit-policy"],
            max_age=_ASKED_AGAIN_AFTER,
        )
    ]
