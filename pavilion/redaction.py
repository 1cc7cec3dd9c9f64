"""The net below the rule that log lines have neither content nor secrets: what slips through it is cut out here.

By the name of a value (:data:`NAMES`), by its shape (a bearer token, a signed token, a password in a URL), and by
being one of the secrets in the settings, wherever in a line that stands: also within the text of an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr
from structlog.types import EventDict, WrappedLogger

from schemas.settings import Settings
from schemas.telemetry import read_headers

REDACTED = "[redacted]"
NAMES = frozenset(
    {
        *("content", "metadata", "payload", "body", "data", "text", "title", "actor_name", "frame", "value", "values"),
        *("token", "access_token", "refresh_token", "authorization", "cookie", "headers", "proof"),
        *("password", "secret", "secrets", "key", "service_key", "operator_key", "support_key", "admin_key"),
    }
)
"""Values of these names are never written."""
SHAPES = (
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"(?<=://)[^/\s]*:[^/\s]*@"), f"{REDACTED}@"),
)
SHORTEST_SECRET = 6
"""A shorter one would be found in words that have nothing to do with it."""
DEPTH = 4

_secrets: set[str] = set()


def hide(settings: Settings) -> None:
    """From now on none of the secrets of ``settings`` is written, here in this process."""
    in_url = unquote(urlsplit(settings.redis.url).netloc.rpartition("@")[0].partition(":")[2])
    keys = [key.get_secret_value().partition(":")[2] for key in settings.encryption.keys]
    given = settings.tracing.headers
    headers = [] if given is None else read_headers(given.get_secret_value()).values()
    found = (in_url, *keys, *headers, *_secrets_of(settings))
    _secrets.update(secret for secret in found if len(secret) >= SHORTEST_SECRET)


def _secrets_of(section: BaseModel) -> Iterator[str]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, SecretStr):
                yield one.get_secret_value()
            elif isinstance(one, BaseModel):
                yield from _secrets_of(one)


def redact(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A processor of structlog's."""
    return {name: _clean(name, value, DEPTH) for name, value in line.items()}


def _clean(name: str, value: Any, depth: int) -> Any:
    if name.lower() in NAMES:
        return REDACTED
    if isinstance(value, str):
        return _cut(value)
    if value is None or isinstance(value, (bool, int, float)) or name.startswith("_"):  # structlog's own
        return value
    if depth and isinstance(value, dict):
        return {_cut(str(key)): _clean(str(key), inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", inner, depth - 1) for inner in value]
    return _cut(str(value))


def _cut(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, REDACTED)
    for shape, instead in SHAPES:
        text = shape.sub(instead, text)
    return text
