"""JSON Schemas for documents that keep theirs under ``#/components/schemas``, as OpenAPI and AsyncAPI do."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

_PREFIX = "#/components/schemas/"


class Components:
    """The schemas of ``taken`` (what a client sends) and ``given`` (what it gets): :meth:`of` refers to them.

    A type that is only ever given has all its fields required, since an encoder leaves none out, except in structs
    that say so (``omit_defaults``, or a field that may be UNSET).
    """

    def __init__(self, *, taken: Iterable[Any], given: Iterable[Any]) -> None:
        sent, received = [*taken], [*given]
        types = [*sent, *received]
        schemas, components = msgspec.json.schema_components(types, ref_template=f"{_PREFIX}{{name}}")
        reached = _reached(schemas[: len(sent)], components)
        structs = _structs(types)
        for name, component in components.items():
            kind = structs.get(name)
            if name not in reached and kind is not None and not kind.__struct_config__.omit_defaults:
                _require_all(component, kind)
        self._schemas = {repr(kind): _renamed(schema) for kind, schema in zip(types, schemas, strict=True)}
        self.schemas: dict[str, Any] = {_list_name(name): _renamed(components[name]) for name in sorted(components)}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of one of the types that were given."""
        found: dict[str, Any] = self._schemas[repr(kind)]
        return found


def text(document: Mapping[str, Any]) -> str:
    """The document as it is checked in: the same for the same types."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def plain(docstring: str | None) -> str:
    """A docstring as Markdown: literals have one backtick there."""
    text = inspect.cleandoc(docstring or "").replace("``", "`")
    return re.sub(r"\n(?!\n)(?<!\n\n)", " ", text)


def _reached(schemas: Iterable[Any], components: Mapping[str, Any]) -> set[str]:
    """The names of all components that ``schemas`` lead to."""
    reached: set[str] = set()
    waiting = [*schemas]
    while waiting:
        names = set(re.findall(rf'"{_PREFIX}(\w+)"', json.dumps(waiting.pop()))) - reached
        reached |= names
        waiting += [components[name] for name in names]
    return reached


def _structs(types: Iterable[Any]) -> dict[str, type[Struct]]:
    """Every struct that the types lead to, by the name that msgspec gives its component."""
    found: dict[str, type[Struct]] = {}
    seen: set[Any] = set()  # a generic struct is met once for each of its arguments
    waiting: list[Any] = [msgspec.inspect.type_info(kind) for kind in types]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            found[info.cls.__name__] = info.cls
            waiting += [field.type for field in info.fields]
        elif isinstance(info, msgspec.inspect.Metadata):
            waiting.append(info.type)
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting += info.types
        elif isinstance(info, msgspec.inspect.ListType):
            waiting.append(info.item_type)
        elif isinstance(info, msgspec.inspect.TupleType):
            waiting += info.item_types
        elif isinstance(info, msgspec.inspect.DictType):
            waiting.append(info.value_type)
    return found


def _require_all(component: dict[str, Any], kind: type[Struct]) -> None:
    optional = {field.encode_name for field in msgspec.structs.fields(kind) if field.default is msgspec.UNSET}
    component["required"] = [name for name in component["properties"] if name not in optional]
    for schema in component["properties"].values():
        schema.pop("default", None)


def _renamed(schema: Any) -> Any:
    """``Listed[Notification]`` is called NotificationList, and docstrings become Markdown."""
    if isinstance(schema, dict):
        return {name: _renamed_value(name, value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_renamed(item) for item in schema]
    return schema


def _renamed_value(name: str, value: Any) -> Any:
    if isinstance(value, str):
        if name == "$ref":
            return _PREFIX + _list_name(value.removeprefix(_PREFIX))
        if name == "title":
            return re.sub(r"^Listed\[(\w+)\]$", r"\1List", value)
        if name == "description":
            return plain(value)
    return _renamed(value)


def _list_name(name: str) -> str:
    return re.sub(r"^Listed_(\w+)_$", r"\1List", name)
