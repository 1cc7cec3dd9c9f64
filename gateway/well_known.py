"""What anyone may know: the public keys with which access tokens are checked."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, route

CACHED_SECONDS = 600
"""The next key is published for a whole period before it signs, so whoever reads this once an hour knows it in time."""


class KeySet(Struct, frozen=True):
    """A JWK set (RFC 7517)."""

    keys: list[dict[str, str]]


async def jwks(request: Request, caller: Caller) -> Response:
    """The public keys of access tokens: the previous, the current and the next."""
    body = msgspec.json.encode(KeySet(of(request).tokens.keys.published()))
    headers = {"cache-control": f"public, max-age={CACHED_SECONDS}"}
    return Response(body, headers=headers, media_type="application/jwk-set+json")


WELL_KNOWN_ROUTES: list[ActionRoute] = [
    route("GET", "/.well-known/jwks.json", Action.READ_KEYS, jwks, answer=KeySet, media="application/jwk-set+json"),
]
