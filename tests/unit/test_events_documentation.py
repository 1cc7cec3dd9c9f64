"""What docs/events.md says of the ten types is what the schemas say."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from schemas.events import EVENT_TYPES, MAX_EVENT_BYTES, CloudEvent, decode_event

TEXT = (Path(__file__).parent.parent.parent / "docs" / "events.md").read_text(encoding="utf-8")


def fields(kind: type[CloudEvent]) -> set[str]:
    """As the documentation writes them: ``?`` after one that may be left out; ``actor_name`` goes with any."""
    [data] = [field.type for field in msgspec.structs.fields(kind) if field.name == "data"]
    return {
        field.name if field.required else f"{field.name}?"
        for field in msgspec.structs.fields(data)
        if field.name != "actor_name"
    }


def test_every_type_is_listed_with_its_fields() -> None:
    rows = re.findall(r"^\| `(pavilion\.\S+)` \| (.+?) \| (.+?) \|$", TEXT, re.MULTILINE)
    listed = {kind: {name.strip().replace("`", "") for name in names.split(",")} for kind, names, _ in rows}
    assert listed == {str(kind.__struct_config__.tag): fields(kind) for kind in EVENT_TYPES}


def test_the_example_is_an_event() -> None:
    [example] = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
    assert decode_event(example.encode()).verb == "video.liked"
    assert f"{MAX_EVENT_BYTES // 1024} KiB" in TEXT


def test_attributes_are_those_of_the_schema() -> None:
    table = TEXT.partition("| attribute |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([a-z]+)`", row.split(" | ")[0])}
    known = {field.name for field in msgspec.structs.fields(CloudEvent)}
    assert named == known - {"data"} | {"type"}
