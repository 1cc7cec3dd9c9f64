"""The JSON Schemas that are checked in equal the types; clients in other languages build on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.export import COMMAND, DIRECTORY, differences, export_schemas, main, schemas_json
from schemas.registry import event_types
from schemas.settings import Settings


def test_the_checked_in_schemas_equal_the_types() -> None:
    assert differences() == [], f"a contract changed: run `{COMMAND}` and commit schemas/json"


def test_there_is_one_for_every_type_that_crosses_a_boundary() -> None:
    assert set(schemas_json()) == {kind.__name__ for kind in event_types()} | {
        "Event",
        "Notification",
        "NotificationRecord",
        "AudiencePage",
        "FanOutRecord",
        "DeadLetter",
        "ReplayRequest",
        "ReplayReport",
        "BackfillRequest",
        "BackfillReport",
        "Explanation",
        "ClientFrame",
        "ServerFrame",
        "Preferences",
        "TopologyStats",
        "StreamsStats",
        "TablesStats",
        "WorkerReport",
        "TablesReport",
        "Problem",
        "Settings",
    }


def test_they_are_sorted_and_the_same_each_time() -> None:
    for name, text in schemas_json().items():
        document = json.loads(text)
        assert document["title"] == name
        assert text == json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert schemas_json() == schemas_json()


def test_settings_show_durations_as_they_are_set() -> None:
    sections = json.loads(schemas_json()["Settings"])["$defs"]
    assert sections["DeduplicationSettings"]["properties"]["window"]["default"] == "10m"
    assert Settings(deduplication={"window": "10m"}) == Settings()


def test_an_export_takes_away_what_no_type_has_any_more(tmp_path: Path) -> None:
    (tmp_path / "Gone.schema.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("kept")
    written = export_schemas(tmp_path)
    assert [path.name for path in written] == sorted(f"{name}.schema.json" for name in schemas_json())
    assert differences(tmp_path) == []
    assert {path.name for path in tmp_path.iterdir()} == {*(path.name for path in written), "notes.txt"}


def test_differences_are_named(tmp_path: Path) -> None:
    export_schemas(tmp_path)
    (tmp_path / "Event.schema.json").unlink()
    (tmp_path / "Problem.schema.json").write_text("{}")
    (tmp_path / "Gone.schema.json").write_text("{}")
    assert differences(tmp_path) == [
        "Event.schema.json is missing",
        "Gone.schema.json belongs to no type",
        "Problem.schema.json differs",
    ]


def test_the_check_fails_with_the_command_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [COMMAND, "--check"])
    main()
    monkeypatch.setattr("schemas.export.differences", lambda: ["Event.schema.json differs"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert str(caught.value) == f"Event.schema.json differs\nrun `{COMMAND}`"
    assert DIRECTORY.name == "json"
    assert capsys.readouterr().out == ""
