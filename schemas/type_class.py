"""What a user may say of a type of notification: the class that each type of event gives to what it tells."""

from __future__ import annotations

from msgspec import Struct


class TypeClass(Struct, frozen=True, kw_only=True):
    """``default`` is what holds until a user says otherwise; nobody opts out of what is ``mandatory``."""

    default: bool = True
    mandatory: bool = False


OPTIONAL = TypeClass()
ESSENTIAL = TypeClass(mandatory=True)
"""What a user must learn of whatever he prefers: a new sign-in, a changed password, a closed account."""
