"""REST for operators who look at what could not be processed."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.queries import limit_of, page_of, text_of
from gateway.routes import ActionRoute, json_response, route
from gateway.services import DeadLetters
from schemas.errors import InvalidNotification
from schemas.records import DeadLetter


async def list_dead_letters(request: Request, caller: Caller) -> Response:
    """Oldest first."""
    limit = limit_of(request)
    found = await _port(request).list(limit + 1, _after(text_of(request, "cursor")))
    following = None
    if len(found) > limit:
        following = base64.urlsafe_b64encode(found[limit - 1].id.encode()).decode().rstrip("=")
    return json_response(page_of([_shown(letter) for letter in found[:limit]], following))


async def get_dead_letter(request: Request, caller: Caller) -> Response:
    letter = await _port(request).get(request.path_params["id"])
    if letter is None:
        raise NotThere("find dead letter", "there is no such dead letter")
    return json_response(_shown(letter))


def _port(request: Request) -> DeadLetters:
    port = of(request).services.dead_letters
    if port is None:
        raise NotThere("read dead letters", "this process does not read dead letters")
    return port


def _shown(letter: DeadLetter) -> dict[str, Any]:
    """Everything but the record's version: ``payload`` is base64 of the original bytes."""
    shown: dict[str, Any] = msgspec.to_builtins(letter)
    del shown["v"]
    return shown


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise InvalidNotification("list dead letters", "`cursor` is not one that a page gave") from None


DEAD_LETTER_ROUTES: list[ActionRoute] = [
    route("GET", "/v1/dead-letters", Action.READ_DEAD_LETTERS, list_dead_letters),
    # An id is made of a topic generation, a partition and an offset, and may hold slashes.
    route("GET", "/v1/dead-letters/{id:path}", Action.READ_DEAD_LETTERS, get_dead_letter),
]
