"""``pavilion events example``: an event of any type that tells the demo user something, made from its type alone."""

from __future__ import annotations

import random
import types
import typing
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from gateway.demo import DEMO_ACTORS, DEMO_USER
from schemas.errors import InvalidEventType
from schemas.events import CloudEvent, encode_event
from schemas.registry import event_types
from schemas.times import from_ms, now_ms

_THINGS = ("video_id", "comment_id", "parent_id")
"""Ids of things; any other id in an event but the actor's is taken for that of somebody who is told."""


def example(type: str) -> bytes:
    """One event as JSON, new each time; raises InvalidEventType for a type that is not declared."""
    kinds = {kind.type_name(): kind for kind in event_types()}
    if type not in kinds:
        raise InvalidEventType("make event", f"{type!r} is none of {', '.join(kinds)}")
    kind = kinds[type]
    [data] = [field.type for field in msgspec.structs.fields(kind) if field.name == "data"]
    actor, name = random.choice(list(DEMO_ACTORS.items()))
    given = {"actor_id": UUID(actor), "actor_name": name}
    things = {*_THINGS, f"{kind.group_of_type().replace('-', '_')}_id"}
    values = {
        field.name: given.get(field.name) or _value(field.type, field.name, things)
        for field in msgspec.structs.fields(data)
        if field.required or field.name in given
    }
    attributes = {"id": str(uuid.uuid4()), "source": f"/{kind.group_of_type()}", "time": from_ms(now_ms())}
    return encode_event(_made(kind, specversion="1.0", data=data(**values), **attributes))


def _made(kind: type[CloudEvent], **attributes: Any) -> CloudEvent:
    """Checked, since a struct checks nothing when it is made."""
    event = kind(**attributes)
    return msgspec.json.decode(msgspec.json.encode(event), type=kind)


def _value(kind: Any, name: str, things: set[str]) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _value(arguments[0], name, things)
    if origin in (typing.Union, types.UnionType):
        return _value(arguments[0], name, things)
    if origin is typing.Literal:
        return arguments[0]
    if origin in (list, tuple, set):
        return [_value(arguments[0], name, things)] if arguments else []
    made: dict[Any, Callable[[], Any]] = {
        UUID: lambda: uuid.uuid4() if name in things else UUID(DEMO_USER),
        str: lambda: f"An example of a {name.replace('_', ' ')}",
        datetime: lambda: from_ms(now_ms()),
        bool: lambda: True,
        int: lambda: 1,
        float: lambda: 1.0,
        dict: dict,
    }
    make = made.get(origin or kind)
    if make is None:
        raise InvalidEventType("make event", f"no example of {name}, a {kind}: write the event by hand")
    return make()
