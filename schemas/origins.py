"""Origins of browser pages."""

from __future__ import annotations

from urllib.parse import urlsplit


def normal_origin(origin: str) -> str:
    """An origin as browsers send it: in lower case, without the port that its scheme has anyway.

    Raises ValueError for what is none: a path, a query or a user's name in it, no host, ``null`` or a wildcard.
    """
    parts = urlsplit(origin.lower())
    port = parts.port  # raises ValueError for one that is no number
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    bare = f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")
    if not parts.scheme or not host or "*" in host or origin.lower() != bare:
        raise ValueError(f"{origin!r} is not an origin such as https://app.example.com")
    return bare if port != {"http": 80, "https": 443}.get(parts.scheme) else f"{parts.scheme}://{shown}"
