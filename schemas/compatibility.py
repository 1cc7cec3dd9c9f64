"""Whether a type still reads what was stored by an older one: two of its JSON Schemas, the older first.

Backward compatible is what accepts everything that the older schema accepts, and has all its fields: a new field with
a default is, and so is a wider type. Refused are a field that is gone or newly required, and a type, a list of values
or a bound that became narrower. Such a change is a new type, with the next version in its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SAYS_NOTHING = frozenset({"title", "description", "default", "examples", "$schema", "$defs", "discriminator"})
_BOUNDS = {
    "minLength": 1,
    "minItems": 1,
    "minimum": 1,
    "exclusiveMinimum": 1,
    "maxLength": -1,
    "maxItems": -1,
    "maximum": -1,
    "exclusiveMaximum": -1,
}
_KINDS: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_WIDER = {"integer": "number"}
_HANDLED = frozenset(
    {"$ref", "anyOf", "type", "enum", "const", "properties", "required", "items", "prefixItems", "additionalProperties"}
)


@dataclass(frozen=True)
class _Side:
    """A schema and the document that its references lead into."""

    schema: Mapping[str, Any]
    document: Mapping[str, Any]

    def of(self, schema: Any) -> _Side:
        """A part of the same document, with its reference followed; what is absent or true accepts everything."""
        found = schema if isinstance(schema, Mapping) else {}
        while "$ref" in found:
            found = self.document["$defs"][found["$ref"].rpartition("/")[2]]
        return _Side(found, self.document)

    @property
    def alternatives(self) -> list[_Side]:
        """One for each alternative and each type that it may have."""
        found = [self.of(one) for one in self.schema.get("anyOf", ())] or [self]
        parts: list[_Side] = []
        for one in found:
            kinds = one.schema.get("type")
            split = [{**one.schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else [one.schema]
            parts += [_Side(schema, self.document) for schema in split]
        return parts

    @property
    def values(self) -> list[Any] | None:
        """Those that it lists, if it does."""
        if "const" in self.schema:
            return [self.schema["const"]]
        return list(self.schema["enum"]) if "enum" in self.schema else None

    @property
    def name(self) -> str:
        if self.values is not None:
            return " or ".join(map(repr, self.values))
        kind = self.schema.get("format") or self.schema.get("type") or "anything"
        return str(kind)


def breaking_changes(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[str]:
    """One line for each change through which ``newer`` no longer reads what ``older`` wrote; empty if it does."""
    return sorted(set(_compare(_Side(older, older).of(older), _Side(newer, newer).of(newer), "$", frozenset())))


def _compare(older: _Side, newer: _Side, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[str]:
    pair = (id(older.schema), id(newer.schema))
    if pair in seen:  # a type that holds itself
        return
    seen |= {pair}
    before, after = older.alternatives, newer.alternatives
    if len(before) == len(after) == 1:
        yield from _narrowed(before[0], after[0], path, seen)
        return
    for one in before:
        tried = [[*_narrowed(one, other, path, seen)] for other in after]
        if all(tried):
            nearest = min(tried, key=len) if len(after) == 1 or one.schema.get("type") == "object" else []
            yield from nearest or [f"{path}: {one.name} is not accepted any more"]


def _narrowed(older: _Side, newer: _Side, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[str]:
    """What one alternative no longer accepts of another."""
    old, new = older.schema, newer.schema
    if newer.values is not None:
        if older.values is None:
            yield f"{path}: only {newer.name} is accepted now"
        for value in older.values or ():
            if value not in newer.values:
                yield f"{path}: {value!r} is not accepted any more"
        return
    kind, kinds = new.get("type"), [_KINDS.get(type(value)) for value in older.values or ()] or [old.get("type")]
    if kind is not None and any(kind not in (one, _WIDER.get(str(one))) for one in kinds):
        yield f"{path}: {newer.name} instead of {older.name}"
        return
    yield from _bounds(old, new, path)
    yield from _fields(older, newer, path, seen)
    for word in ("items", "additionalProperties"):
        if word in new and new[word] is not True:
            if new[word] is False:
                if old.get(word) is not False:
                    yield f"{path}: other fields are not accepted any more"
            else:
                yield from _compare(older.of(old.get(word)), newer.of(new[word]), f"{path}[…]", seen)
    for before, after in zip(old.get("prefixItems", ()), new.get("prefixItems", ()), strict=False):
        yield from _compare(older.of(before), newer.of(after), f"{path}[…]", seen)


def _bounds(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[str]:
    for word, value in new.items():
        if word in _SAYS_NOTHING or word in _HANDLED or old.get(word) == value:
            continue
        direction = _BOUNDS.get(word)
        if direction is None or word not in old or (value - old[word]) * direction > 0:
            yield f"{path}: {word} {value!r} " + (f"instead of {old[word]!r}" if word in old else "is new")


def _fields(older: _Side, newer: _Side, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[str]:
    before, after = older.schema.get("properties", {}), newer.schema.get("properties", {})
    required = set(older.schema.get("required", ()))
    for name in before.keys() - after.keys():
        yield f"{path}.{name}: the field is gone"
    for name in set(newer.schema.get("required", ())) - required:
        yield f"{path}.{name}: " + ("the field is required now" if name in before else "a new field without a default")
    for name in before.keys() & after.keys():
        yield from _compare(older.of(before[name]), newer.of(after[name]), f"{path}.{name}", seen)
