"""docs/protocol.md says what is so: examples, close codes, numbers and routes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import Struct, convert

from gateway.asyncapi import CLIENT_FRAMES, SERVER_FRAMES
from gateway.closes import MEANINGS
from gateway.limits import Limits
from gateway.queries import DEFAULT_LIMIT, MAX_LIMIT
from gateway.resume import MAX_MISSED
from gateway.sessions import RETRY_MS
from schemas.errors import Problem
from schemas.frames import MAX_FRAME_BYTES, MAX_MARKED_IDS
from schemas.notifications import MarkState
from schemas.rest import OpenedSession
from tests.integration.gateway.witness import Witness, load
from tests.snippets import snippets

PATH = Path(__file__).parents[2] / "docs" / "protocol.md"
TEXT = PATH.read_text()
EXAMPLES: list[dict[str, Any]] = [json.loads(one.text) for one in snippets(PATH) if one.language == "json"]


def tag(kind: type[Struct]) -> str:
    return str(kind.__struct_config__.tag)


def test_every_frame_has_an_example_that_is_one() -> None:
    witness = Witness()
    for example in EXAMPLES:
        if example.get("type", "").startswith("urn:"):
            convert(example, Problem)
        elif "type" in example:
            witness.frame(json.dumps(example))
        else:
            convert(example, OpenedSession)
            assert set(example) == set(OpenedSession.__struct_fields__)
    assert witness.frames == {tag(kind) for kind in (*CLIENT_FRAMES, *SERVER_FRAMES)}


def test_the_close_codes_are_those_of_the_gateway() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert {int(code): (why, what) for code, why, what in rows} == MEANINGS


def test_the_requests_exist() -> None:
    paths = load("openapi")["paths"]
    found = re.findall(r"^\| `(GET|PATCH|DELETE|POST|PUT) (/v1[^ ?`]*)", TEXT, re.MULTILINE)
    assert len(found) >= 6
    for method, path in found:
        assert method.lower() in paths.get(path, {}), f"{method} {path}"


@pytest.mark.parametrize(
    "words",
    [
        f"at most {MAX_FRAME_BYTES // 1024} KiB",
        f"Send `connect` within {Limits().connect:g} s",
        f'"ping_seconds": {Limits().ping:g}',
        f"you have {Limits().pong:g} s",
        f"more than {MAX_MISSED} entries behind",
        f"(1 to {MAX_MARKED_IDS} ids)",
        f"send {Limits().frames_per_second:g} frames a second, {Limits().frame_burst} at once",
        f"1 to {MAX_LIMIT}, by default {DEFAULT_LIMIT}",
        f"*within {RETRY_MS // 1000} seconds*",
        *(f"`{state}`" for state in get_args(MarkState)),
    ],
)
def test_numbers_and_words(words: str) -> None:
    assert words in TEXT
