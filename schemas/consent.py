"""The types of notifications and their classes: what a user who has said nothing gets, and what nobody can refuse.

A new type is declared here, in ``TYPES``, or with its whole group in ``GROUPS``. One that is declared nowhere is
delivered to everybody, and nobody can opt out of it, since no list of preferences shows it.
"""

from __future__ import annotations

from msgspec import Struct


class TypeClass(Struct, frozen=True, kw_only=True):
    """``default`` is what holds until a user says otherwise; nobody opts out of what is ``mandatory``."""

    default: bool = True
    mandatory: bool = False


OPTIONAL = TypeClass()
ESSENTIAL = TypeClass(mandatory=True)
"""What a user must learn of whatever he prefers: a new sign-in, a changed password, a closed account."""

TYPES: dict[str, TypeClass] = {
    "video.uploaded": OPTIONAL,
    "video.liked": OPTIONAL,
    "video.shared": OPTIONAL,
    "video.commented": OPTIONAL,
    "comment.created": OPTIONAL,
    "comment.replied": OPTIONAL,
    "comment.liked": OPTIONAL,
    "user.followed": OPTIONAL,
    "user.mentioned": OPTIONAL,
    "user.tagged": OPTIONAL,
}
"""By type, group and verb."""

GROUPS: dict[str, TypeClass] = {"account": ESSENTIAL, "security": ESSENTIAL}
"""For every type of a group that is not declared by itself."""


def declared(type: str) -> TypeClass | None:
    """The class of a type, None if neither it nor its group is declared."""
    return TYPES.get(type) or GROUPS.get(type.partition(".")[0])


def class_of(type: str) -> TypeClass:
    """The class of any type; ``OPTIONAL`` of one that is not declared."""
    return declared(type) or OPTIONAL
