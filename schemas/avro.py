"""The shape of a topic's events as an Avro record, which Pulsar's schema registry compares with a producer's.

What is published is plain JSON all the same: Pulsar's schemas of the type JSON are written in Avro and compared when a
producer connects; no payload is checked against them. A topic has events of several types, so ``data`` is one record of
all their fields. Only the actor is required there: a topic that required more could never learn a type without it. What
a type requires its decoder checks.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import inspect

from schemas.events import types_of

Definition = dict[str, Any] | list[Any] | str

_PRIMITIVES: tuple[tuple[type[inspect.Type], str], ...] = (
    (inspect.StrType, "string"),
    (inspect.UUIDType, "string"),
    (inspect.DateTimeType, "string"),
    (inspect.EnumType, "string"),
    (inspect.BoolType, "boolean"),
    (inspect.IntType, "long"),
    (inspect.FloatType, "double"),
)
REQUIRED = frozenset({"actor_id"})
"""Of ``data``: what every event has (see :attr:`schemas.events.CloudEvent.actor`)."""
_TYPE: dict[str, Any] = {"name": "type", "type": "string"}


def event_schema(value_type: Any) -> str | None:
    """The definition for a topic of one event type or a union of them, as JSON text; None for anything else.

    The same types give the same text. A field is left out, and not compared, if Avro has no word for it, or if two
    types of the topic disagree on it.
    """
    kinds = types_of(value_type)
    structs = [inspect.type_info(kind) for kind in kinds]
    events = [_fields(struct, "") for struct in structs if isinstance(struct, inspect.StructType)]
    kinds_of_data = [fields["data"]["type"] for fields in events if "data" in fields]
    data = [kind["fields"] for kind in kinds_of_data if isinstance(kind, dict) and kind["type"] == "record"]
    if not kinds or len(data) != len(kinds):
        return None
    record = {"type": "record", "name": "Data", "fields": _merged(data)}
    attributes = [field for name, field in events[0].items() if name not in ("type", "data")]
    fields = [_TYPE, *attributes, {"name": "data", "type": record}]
    return json.dumps({"type": "record", "name": "CloudEvent", "namespace": "pavilion", "fields": fields})


def same(one: str, other: str) -> bool:
    """Whether two definitions say the same, however they are written."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


Fields = dict[str, dict[str, Any]]


def _fields(struct: inspect.StructType, path: str) -> Fields:
    found = {}
    for field in struct.fields:
        name = field.encode_name
        described = _described(field.type, f"{path}_{name}")
        if described is None:
            continue
        optional = not field.required or _is_optional(field.type)
        found[name] = _optional(name, described) if optional else {"name": name, "type": described}
    return found


def _merged(kinds: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All fields of all types, in the order they come, but those on which two types disagree."""
    found: dict[str, list[Any]] = {}
    for fields in kinds:
        for field in fields:
            found.setdefault(field["name"], []).append(field["type"][1] if "default" in field else field["type"])
    agreed = {name: types[0] for name, types in found.items() if all(one == types[0] for one in types)}
    return [
        {"name": name, "type": kind} if name in REQUIRED else _optional(name, kind) for name, kind in agreed.items()
    ]


def _optional(name: str, described: Definition) -> dict[str, Any]:
    return {"name": name, "type": ["null", described], "default": None}


def _is_optional(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and kind.includes_none


def _described(kind: inspect.Type, path: str) -> Definition | None:
    """None for what Avro cannot say of JSON: anything at all, or a choice between several types."""
    if isinstance(kind, inspect.UnionType):
        some = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _described(some[0], path) if len(some) == 1 else None
    if isinstance(kind, inspect.Metadata):
        return _described(kind.type, path)
    if isinstance(kind, inspect.LiteralType):
        return "string" if all(isinstance(value, str) for value in kind.values) else None
    if isinstance(kind, inspect.StructType):
        fields = list(_fields(kind, path).values())
        return {"type": "record", "name": path.strip("_").title().replace("_", ""), "fields": fields}
    if isinstance(kind, inspect.CollectionType):
        items = _described(kind.item_type, path)
        return None if items is None else {"type": "array", "items": items}
    if isinstance(kind, inspect.DictType):
        values = _described(kind.value_type, path)
        return None if values is None else {"type": "map", "values": values}
    return next((name for of, name in _PRIMITIVES if isinstance(kind, of)), None)
