"""All types of events: the ten of :mod:`schemas.events`, and those that modules in ``schemas/added`` declare."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable
from typing import Any

from schemas import added
from schemas.discovery import modules_of
from schemas.errors import InvalidEventType
from schemas.events import EVENT_TYPES, CloudEvent

TYPE = re.compile(r"pavilion\.(?P<group>[a-z][a-z0-9-]*)\.[a-z][a-z0-9-]*\.v[1-9][0-9]*")
"""Group, verb and version, as in ``pavilion.report.created.v1``."""


@functools.cache
def added_types() -> tuple[type[CloudEvent], ...]:
    """What ``schemas/added`` declares, in the order of its modules. Raises InvalidEventType, naming two of one type."""
    found: dict[str, type[CloudEvent]] = {kind.type_name(): kind for kind in EVENT_TYPES}
    for module in modules_of(added.__name__, added.__path__):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, CloudEvent) and kind.__module__ == module.__name__:
                _check(kind, found)
                found[kind.type_name()] = kind
    return tuple(found.values())[len(EVENT_TYPES) :]


def _check(kind: type[CloudEvent], found: dict[str, type[CloudEvent]]) -> None:
    name, where = kind.type_name(), f"{kind.__module__}.{kind.__name__}"
    if not TYPE.fullmatch(name):
        raise InvalidEventType("declare event", f"{where}: {name!r} is no type like pavilion.report.created.v1")
    if name in found:
        other = f"{found[name].__module__}.{found[name].__name__}"
        raise InvalidEventType("declare event", f"{where}: the type {name} is {other} already")
    if kind.__name__ in {one.__name__ for one in found.values()}:  # its name in schemas/json and in the documents
        raise InvalidEventType("declare event", f"{where}: there is a {kind.__name__} already, use another name")


def event_types() -> tuple[type[CloudEvent], ...]:
    """The platform's ten types first."""
    return (*EVENT_TYPES, *added_types())


def union_of(kinds: Iterable[type[CloudEvent]]) -> Any:
    """What decodes to one of ``kinds``, chosen by ``type``."""
    return functools.reduce(operator.or_, kinds)


def groups() -> dict[str, tuple[type[CloudEvent], ...]]:
    """The types of each group: ``video``, ``comment``, ``user``, and those that were added."""
    found: dict[str, tuple[type[CloudEvent], ...]] = {}
    for kind in event_types():
        found[kind.group_of_type()] = (*found.get(kind.group_of_type(), ()), kind)
    return found
