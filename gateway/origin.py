"""Which browser pages may open a socket, and call REST."""

from __future__ import annotations

from collections.abc import Collection

from schemas.origins import normal_origin


def allowed(origin: str | None, host: str | None, origins: Collection[str]) -> bool:
    """An absent ``Origin`` is not a browser. Otherwise it must be listed, or name the ``Host`` that was asked.

    ``origins`` are as :func:`schemas.origins.normal_origin` gives them. ``null``, which sandboxed frames and local
    files send, is nobody's own, and neither is anything that a browser would not send. The scheme is not compared with
    ours: TLS may end before the gateway.
    """
    if origin is None:
        return True
    try:
        given = normal_origin(origin)
        if given in origins:
            return True
        scheme = given.partition("://")[0]
        return scheme in ("http", "https") and host is not None and normal_origin(f"{scheme}://{host}") == given
    except ValueError:
        return False
