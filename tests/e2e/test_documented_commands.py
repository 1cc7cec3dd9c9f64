"""The commands that references show, each run as it stands on a platform that has what they speak of."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.platform import bearer
from tests.e2e.source_copy import SourceCopy
from tests.e2e.test_documents import Reader
from tests.snippets import ROOT, Snippet, snippets

USER = "0d3a0000-0000-4000-8000-000000000001"
EVENT = {
    "specversion": "1.0",
    "type": "pavilion.video.liked.v1",
    "source": "/videos",
    "data": {"video_id": USER, "title": "Holiday", "owner_id": USER, "actor_id": str(uuid.uuid4()), "actor_name": "A"},
}
PREAMBLE = """
curl() { command curl -sS --fail-with-body --max-time 5 "$@" || [ $? = 28 ]; }  # 28: a stream that has no end
my-export() { cat events.jsonl; }
pavilion() { .venv/bin/pavilion "$@" || [ "$1 $?" = "explain 3" ]; }  # 3: somebody was not told
"""
DOCUMENTS = ["docs/gateway.md", "docs/events.md", "docs/operate.md", "docs/runbook/dead-letters.md"]
COMMANDS = ("curl", "pavilion events", "pavilion dead-letters", "pavilion explain", "pavilion replay", "HOST=")


def event(identifier: str) -> dict[str, object]:
    return {**EVENT, "id": identifier, "time": datetime.now(UTC).isoformat()}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(SourceCopy(tmp_path_factory.mktemp("commands") / "tree"))
    page = ROOT / "docs" / "gateway.md"
    try:
        reader.follow(Snippet(page, 0, "sh", ".venv/bin/pavilion run --no-reload", "serve", ""))
        keys = json.loads((reader.copy.path / ".pavilion" / "keys.json").read_text())
        reader.environment |= {
            "PAVILION_SERVICE_KEY": keys["service_key"],
            "PAVILION_OPERATOR_KEY": keys["operator_key"],
            "HOST": f"http://127.0.0.1:{reader.port}",
        }
        path = reader.copy.path
        (path / "event.json").write_text(json.dumps(event("one")))
        (path / "events.json").write_text(json.dumps([event("two"), event("three")]))
        (path / "events.jsonl").write_text(f"{json.dumps(event('four'))}\n{json.dumps(event('five'))}\n")
        answer = reader.http("POST", "/v1/events", json=event("EVENT"), headers=bearer(keys["service_key"]))
        assert answer.status_code == 202
        reader.follow(Snippet(page, 0, "sh", "echo '{}' > bad; .venv/bin/pavilion events publish --raw bad", "run", ""))
        deadline = time.monotonic() + 30
        letters = bearer(keys["operator_key"])
        while not reader.http("GET", "/v1/dead-letters", headers=letters).json()["data"]:
            assert time.monotonic() < deadline, "no dead letter came"
            time.sleep(0.1)
        yield reader
    finally:
        reader.close()


def filled_in(text: str, reader: Reader) -> str:
    """With what its words in capitals stand for."""
    key = bearer(reader.environment["PAVILION_SERVICE_KEY"])
    session = reader.http("POST", "/v1/sessions", json={"user_id": USER}, headers=key).json()
    letters = bearer(reader.environment["PAVILION_OPERATOR_KEY"])
    found = reader.http("GET", "/v1/dead-letters", headers=letters).json()["data"]
    since = (datetime.now(UTC) - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for word, value in {
        "ACCESS_TOKEN": session["access_token"],
        "SESSION_ID": session["session_id"],
        '"refresh_token": "…"': f'"refresh_token": "{session["refresh_token"]}"',
        ' -H "last-event-id: LAST_ID"': "",
        "EVENT_ID": "EVENT",
        "USER_ID": USER,
        "show ID": f"show {found[0]['id']}",
        "2026-11-20T00:00:00Z": since,
    }.items():
        text = text.replace(word, value)
    return text


def shown() -> list[Snippet]:
    return [
        one
        for name in DOCUMENTS
        for one in snippets(ROOT / name)
        if one.language == "sh" and not one.kind and one.text.lstrip().startswith(COMMANDS)
    ]


@pytest.mark.parametrize("one", shown(), ids=lambda one: one.place)
def test_a_command_of_a_reference_works_as_it_stands(one: Snippet, reader: Reader) -> None:
    variables = next(each.text for each in snippets(ROOT / "docs" / "gateway.md") if each.text.startswith("HOST="))
    text = PREAMBLE + variables + filled_in(one.text, reader)
    reader.follow(Snippet(one.document, one.line, "sh", text, "run", ""))


def test_there_are_such_commands_in_every_one_of_these_documents() -> None:
    assert {str(one.document.relative_to(ROOT)) for one in shown()} == {str(Path(name)) for name in DOCUMENTS}
