"""JSON Schema of everything that crosses a boundary: ``python -m schemas.export`` writes it to ``schemas/json``.

The files are checked in, so that a change of a contract is seen as one; ``--check`` says whether they equal the types.
What is there already is the baseline: a type that no longer reads what is stored on topics is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from schemas.backfill import BackfillReport, BackfillRequest
from schemas.compatibility import breaking_changes
from schemas.dead_letters import ReplayReport, ReplayRequest
from schemas.durations import Rate, format_duration
from schemas.errors import NotificationError, Problem
from schemas.explain import Explanation
from schemas.frames import ClientFrame, ServerFrame
from schemas.notifications import Notification
from schemas.preferences import Preferences
from schemas.records import AudiencePage, DeadLetter, FanOutRecord, NotificationRecord
from schemas.registry import event_types, union_of
from schemas.reports import TablesReport, WorkerReport
from schemas.settings import Settings
from schemas.stats import StreamsStats, TablesStats, TopologyStats

DIRECTORY = Path(__file__).parent / "json"
COMMAND = "python -m schemas.export"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPES: dict[str, Any] = {
    **{kind.__name__: kind for kind in event_types()},
    "Event": union_of(event_types()),
    "Notification": Notification,
    "NotificationRecord": NotificationRecord,
    "AudiencePage": AudiencePage,
    "FanOutRecord": FanOutRecord,
    "DeadLetter": DeadLetter,
    "ReplayRequest": ReplayRequest,
    "ReplayReport": ReplayReport,
    "BackfillRequest": BackfillRequest,
    "BackfillReport": BackfillReport,
    "Explanation": Explanation,
    "ClientFrame": ClientFrame,
    "ServerFrame": ServerFrame,
    "Preferences": Preferences,
    "TopologyStats": TopologyStats,
    "StreamsStats": StreamsStats,
    "TablesStats": TablesStats,
    "WorkerReport": WorkerReport,
    "TablesReport": TablesReport,
    "Problem": Problem,
}

_RECORDS = ("NotificationRecord", "AudiencePage", "FanOutRecord", "DeadLetter")


class _WithDurations(GenerateJsonSchema):
    """Gives defaults in the form in which they are set: ``10s`` and ``600/1m``, not as pydantic would write them."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, Rate):
            return str(dft)
        if isinstance(dft, BaseModel):
            return {name: self.encode_default(getattr(dft, name)) for name in type(dft).model_fields}
        return super().encode_default(dft)


def schemas_json() -> dict[str, str]:
    """The text of each schema by its name, such as ``VideoLiked``: sorted, and the same for the same types."""
    documents = {name: msgspec.json.schema(kind) for name, kind in _TYPES.items()}
    documents["Settings"] = Settings.model_json_schema(schema_generator=_WithDurations)
    return {name: _text({"$schema": DIALECT, "title": name, **document}) for name, document in documents.items()}


def export_schemas(directory: Path, *, breaking: bool = False) -> list[Path]:
    """Write ``NAME.schema.json`` for each, take away those of types that are gone, and return what is there now.

    Raises NotificationError, and writes nothing, unless all that was stored under the schemas in ``directory`` can
    still be read; ``breaking`` writes all the same.
    """
    if not breaking and (found := broken(directory)):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise NotificationError("export schemas", f"{found[0]}{more}; give the change a type of the next version")
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas_json().items():
        path = directory / f"{name}.schema.json"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    for path in set(directory.glob("*.schema.json")) - set(written):
        path.unlink()
    return sorted(written)


def broken(baseline: Path = DIRECTORY) -> list[str]:
    """One line for each way in which the types do not read the events and records of the schemas in ``baseline``."""
    lines, now = [], schemas_json()
    for path in sorted(baseline.glob("*.schema.json")):
        name, older = path.name.removesuffix(".schema.json"), json.loads(path.read_text(encoding="utf-8"))
        kind = _event_type(older)
        if kind is not None and name not in now:
            lines.append(f"{name}: {kind} is gone")
        elif kind is not None or name in _RECORDS:
            lines += [f"{name}: {change}" for change in breaking_changes(older, json.loads(now[name]))]
    return lines


def _event_type(document: dict[str, Any]) -> str | None:
    """The ``type`` of the events that a schema describes; None for that of anything else."""
    own = document.get("$defs", {}).get(str(document.get("$ref", "")).rpartition("/")[2], {})
    values = own.get("properties", {}).get("type", {}).get("enum", [""])
    return str(values[0]) if str(values[0]).startswith("pavilion.") else None


def differences(directory: Path = DIRECTORY) -> list[str]:
    """One line for each file that is missing, differs, or belongs to no type."""
    wanted = {f"{name}.schema.json": text for name, text in schemas_json().items()}
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.schema.json")}
    return [
        *(f"{name} is missing" for name in sorted(wanted.keys() - found.keys())),
        *(f"{name} belongs to no type" for name in sorted(found.keys() - wanted.keys())),
        *(f"{name} differs" for name in sorted(wanted.keys() & found.keys()) if wanted[name] != found[name]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write the JSON Schemas to schemas/json.")
    parser.add_argument("--check", action="store_true", help="only fail if a file does not equal its type")
    parser.add_argument("--breaking", action="store_true", help="also write what no longer reads stored events")
    given = parser.parse_args()
    if not given.check:
        try:
            written = export_schemas(DIRECTORY, breaking=given.breaking)
        except NotificationError as error:
            sys.exit(f"{error}; or --breaking, if nothing of it is stored")
        sys.stdout.write(f"{len(written)} schemas in {DIRECTORY}\n")
    elif found := differences():
        sys.exit("\n".join([*found, f"run `{COMMAND}`"]))


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
