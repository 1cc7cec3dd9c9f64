"""Which browser pages may open a socket."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def allowed(origin: str | None, host: str | None, origins: Collection[str]) -> bool:
    """An absent ``Origin`` is not a browser. Otherwise it must be listed, or name the ``Host`` that was asked.

    The scheme is not compared with ours: TLS may end before the gateway.
    """
    if origin is None:
        return True
    if origin in origins:
        return True
    try:
        parts = urlsplit(origin)
        if parts.scheme not in _PORTS or not parts.hostname or host is None:
            return False
        asked = urlsplit(f"{parts.scheme}://{host}")
        default = _PORTS[parts.scheme]
        return (parts.hostname, parts.port or default) == (asked.hostname, asked.port or default)
    except ValueError:
        return False
