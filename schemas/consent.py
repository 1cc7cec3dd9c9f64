"""The types of notifications and their classes: what a user who has said nothing gets, and what nobody can refuse.

A type comes from its event, whose type says the class (``consent``); a notification that no event tells of by itself is
declared with its whole group in ``GROUPS``. One that is declared nowhere is delivered to everybody, and nobody can opt
out of it, since no list of preferences shows it.
"""

from __future__ import annotations

from schemas.registry import event_types
from schemas.type_class import ESSENTIAL, OPTIONAL, TypeClass

__all__ = ["ESSENTIAL", "GROUPS", "OPTIONAL", "TYPES", "TypeClass", "class_of", "declared"]

TYPES: dict[str, TypeClass] = {kind.verb_of_type(): kind.consent for kind in event_types()}
"""By type, group and verb."""

GROUPS: dict[str, TypeClass] = {"account": ESSENTIAL, "security": ESSENTIAL}
"""For every type of a group that is not declared by itself."""


def declared(type: str) -> TypeClass | None:
    """The class of a type, None if neither it nor its group is declared."""
    return TYPES.get(type) or GROUPS.get(type.partition(".")[0])


def class_of(type: str) -> TypeClass:
    """The class of any type; ``OPTIONAL`` of one that is not declared."""
    return declared(type) or OPTIONAL
