"""Settings of what a process tells about itself: spans and log lines."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _collector(value: str | None) -> str | None:
    """Somebody's password in an address would be in every message about it."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        good = bool(parts.hostname) and parts.scheme in ("http", "https") and parts.username is None and not parts.query
        good = good and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError("no http or https URL such as http://collector:4318, without a user in it")
    return value


def _headers(value: SecretStr | None) -> SecretStr | None:
    read_headers("" if value is None else value.get_secret_value())
    return value


def read_headers(text: str) -> dict[str, str]:
    """The headers of ``NAME=VALUE,NAME=VALUE``; raises ValueError, which tells no value."""
    found = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not equals or re.fullmatch(r"[A-Za-z0-9-]+", name) is None or not value.isprintable():
            raise ValueError("each header is NAME=VALUE, separated by commas")
        found[name] = value
    return found


class TracingSettings(BaseModel, extra="forbid", frozen=True):
    """Spans of sampled events go to an OpenTelemetry collector."""

    endpoint: Annotated[str | None, AfterValidator(_collector)] = None
    """Of OTLP over HTTP; without a path it is that of ``/v1/traces``. None: nothing is traced."""
    headers: Annotated[SecretStr | None, AfterValidator(_headers)] = None
    """``NAME=VALUE``, separated by commas: what the collector asks for."""
    sample_ratio: float = Field(0.01, ge=0.0, le=1.0)
    """Of the events that come without a ``traceparent``; with one, it says whether the event is sampled."""
    per_second: int = Field(200, ge=1, le=100_000)
    """How many records a process traces at most, whoever asks for it."""


LogLevel = Literal["debug", "info", "warning", "error"]


class LogSettings(BaseModel, extra="forbid", frozen=True):
    """What a process writes to standard error."""

    format: Literal["auto", "json", "console"] = "auto"
    """A JSON object a line, or text for people. ``auto``: text on a terminal, else JSON."""
    level: LogLevel | None = None
    """None: ``info`` for worker and gateway, ``warning`` for all other commands."""
