"""The documents of the API, for whoever writes a client."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.policy import Action, Caller
from gateway.routes import ActionRoute, route

DIRECTORY = Path(__file__).parents[1] / "schemas"
_HEADERS = {"cache-control": "public, max-age=300"}


async def openapi_document(request: Request, caller: Caller) -> Response:
    """This document: REST as OpenAPI 3.1."""
    return _document("openapi.json")


async def asyncapi_document(request: Request, caller: Caller) -> Response:
    """The socket and the topics as AsyncAPI 3.0."""
    return _document("asyncapi.json")


@cache
def _read(name: str) -> bytes:
    return (DIRECTORY / name).read_bytes()


def _document(name: str) -> Response:
    return Response(_read(name), headers=_HEADERS, media_type="application/json")


DOCUMENT_ROUTES: list[ActionRoute] = [
    route("GET", "/v1/openapi.json", Action.READ_DOCUMENTS, openapi_document, answer=dict[str, Any]),
    route("GET", "/v1/asyncapi.json", Action.READ_DOCUMENTS, asyncapi_document, answer=dict[str, Any]),
]
