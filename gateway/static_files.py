"""Files that are built into the package: read once, and nothing else that a path in a request could name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.problems import NotThere

PAGE = Path(__file__).parent / "page"
"""What ``make browser`` builds: ``client`` for every page, ``demo`` for the demo, ``console`` for operators."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "referrer-policy": "no-referrer"}
"""Of our own pages: code and styles are files of ours, and nothing else is loaded, sent or embedded anywhere."""

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class StaticFiles:
    """The files of one directory, each answered with ``headers``; a browser that has one already gets 304."""

    def __init__(self, directory: Path, headers: Mapping[str, str]) -> None:
        self._files = {path.name: path.read_bytes() for path in directory.iterdir() if path.suffix in _TYPES}
        self._headers = {"x-content-type-options": "nosniff", "cache-control": "no-cache", **headers}

    def answer(self, request: Request, name: str) -> Response:
        """Raises NotThere."""
        content = self._files.get(name)
        if content is None:
            raise NotThere("read file", "there is no such file")
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {**self._headers, "etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
