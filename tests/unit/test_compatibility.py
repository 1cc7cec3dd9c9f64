"""Which changes of a type still read what was stored, and the words for those that do not."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct, defstruct

from schemas.compatibility import breaking_changes
from schemas.export import schemas_json

OLD: dict[str, Any] = {
    "id": UUID,
    "at": Annotated[datetime, Meta(tz=True)],
    "count": int,
    "mood": Literal["glad", "sad"],
    "names": list[str],
    "note": str | None,
    "size": Annotated[str, Meta(min_length=1, max_length=10)],
}


def schema(fields: dict[str, Any], defaults: dict[str, Any] | None = None) -> dict[str, Any]:
    given: list[Any] = [*fields.items()]
    given += [(name, *pair) for name, pair in (defaults or {}).items()]
    return msgspec.json.schema(defstruct("Thing", given, kw_only=True))


def changed(**fields: Any) -> dict[str, Any]:
    return schema({**OLD, **fields})


READABLE = {
    "nothing": schema(OLD),
    "a new field with a default": schema(OLD, {"extra": (str, "")}),
    "a wider number": changed(count=float),
    "a wider list of values": changed(mood=Literal["glad", "sad", "calm"]),
    "any text instead of values": changed(mood=str),
    "null as well": changed(count=int | None),
    "text as well": changed(count=int | str),
    "a longer text": changed(size=Annotated[str, Meta(min_length=1, max_length=20)]),
    "a text without bounds": changed(size=str),
    "any text instead of an id": changed(id=str),
    "anything": changed(names=Any),
}
REFUSED = {
    "a field that is gone": (
        schema({name: kind for name, kind in OLD.items() if name != "count"}),
        "$.count: the field is gone",
    ),
    "a new field without a default": (changed(extra=str), "$.extra: a new field without a default"),
    "another type": (changed(count=str), "$.count: string instead of integer"),
    "an id instead of a number": (changed(count=UUID), "$.count: uuid instead of integer"),
    "a narrower number": (changed(at=int), "$.at: integer instead of date-time"),
    "an id instead of any text": (changed(size=UUID), "$.size: format 'uuid' is new"),
    "a value fewer": (changed(mood=Literal["glad"]), "$.mood: 'sad' is not accepted any more"),
    "numbers instead of values": (changed(mood=int), "$.mood: integer instead of 'glad' or 'sad'"),
    "values instead of text": (changed(size=Literal["big"]), "$.size: only 'big' is accepted now"),
    "no null any more": (changed(note=str), "$.note: string instead of null"),
    "a shorter text": (
        changed(size=Annotated[str, Meta(min_length=1, max_length=5)]),
        "$.size: maxLength 5 instead of 10",
    ),
    "a bound that is new": (
        changed(names=Annotated[list[str], Meta(max_length=5)]),
        "$.names: maxItems 5 is new",
    ),
    "other items": (changed(names=list[int]), "$.names[…]: integer instead of string"),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_reads_all_that_was_stored_is_accepted(name: str) -> None:
    assert breaking_changes(schema(OLD), READABLE[name]) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_is_refused_with_its_place(name: str) -> None:
    newer, line = REFUSED[name]
    assert line in breaking_changes(schema(OLD), newer)


def test_an_optional_field_that_becomes_required_is_refused() -> None:
    older = schema(OLD, {"extra": (str, "")})
    assert breaking_changes(older, changed(extra=str)) == ["$.extra: the field is required now"]


class Tree(Struct):
    value: int
    children: list[Tree] = []


def test_a_type_that_holds_itself_ends() -> None:
    document = msgspec.json.schema(Tree)
    assert breaking_changes(document, document) == []
    newer = json.loads(json.dumps(document).replace('"integer"', '"string"'))
    assert breaking_changes(document, newer) == ["$.value: string instead of integer"]


def test_every_schema_reads_what_it_wrote() -> None:
    for text in schemas_json().values():
        document = json.loads(text)
        assert breaking_changes(document, json.loads(text)) == []


KINDS = [int, float, str, bool, int | None, str | None, UUID, list[int], list[str], Literal["a"], Literal["a", "b"]]
VALUES: dict[Any, Any] = {
    int: 3,
    float: 1.5,
    str: "x",
    bool: True,
    UUID: "7f3874a1-c3cf-4e8b-8d0a-096510110890",
    list[int]: [1],
    list[str]: ["x"],
}


@given(older=st.sampled_from(KINDS), newer=st.sampled_from(KINDS), data=st.data())
def test_what_is_accepted_can_be_decoded(older: Any, newer: Any, data: st.DataObject) -> None:
    """Whatever the older type wrote: the claim itself, on the decoder that reads topics."""
    if breaking_changes(schema({"field": older}), schema({"field": newer})):
        return
    examples = [value for value in (*VALUES.values(), "a", "b", None) if _fits(value, older)]
    value = data.draw(st.sampled_from(examples))
    assert _fits(value, newer), (older, newer, value)


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except msgspec.ValidationError:
        return False
    return True
