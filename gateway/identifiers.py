"""Ids that come from outside."""

from __future__ import annotations

from uuid import UUID

from schemas.errors import InvalidNotification


def canonical_uuid(op: str, field: str, value: str) -> str:
    """UUID text in lower case with dashes, as the stores have it; raises InvalidNotification that names ``field``."""
    try:
        return str(UUID(value))
    except ValueError:
        raise InvalidNotification(op, f"`{field}` is not a UUID") from None
