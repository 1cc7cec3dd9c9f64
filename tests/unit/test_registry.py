"""Types of events that are declared in schemas/added: found, checked, and taken by everything that takes events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import added, registry
from schemas.errors import InvalidEventType

MODULE = '''
from uuid import UUID
from msgspec import Struct
from schemas.events import CloudEvent
from schemas.type_class import ESSENTIAL


class ReportData(Struct, frozen=True, kw_only=True):
    report_id: UUID
    actor_id: UUID


class {name}(CloudEvent, frozen=True, kw_only=True, tag="{tag}"):
    """A report."""

    consent = ESSENTIAL
    data: ReportData
'''


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(added, "__path__", [str(tmp_path)])
    registry.added_types.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    registry.added_types.cache_clear()
    for name in [name for name in sys.modules if name.startswith("schemas.added.")]:
        del sys.modules[name]


def declare(directory: Path, tag: str, name: str = "ReportCreated", file: str = "report") -> None:
    (directory / f"{file}.py").write_text(MODULE.format(name=name, tag=tag))


def test_a_module_that_is_there_declares_its_types(directory: Path) -> None:
    declare(directory, "pavilion.report.created.v2")
    [kind] = registry.added_types()
    assert registry.event_types()[-1] is kind
    assert registry.groups()["report"] == (kind,)
    assert (kind.verb_of_type(), kind.group_of_type()) == ("report.created", "report")
    assert kind.consent.mandatory


@pytest.mark.parametrize(
    ("tag", "name", "reason"),
    [
        ("report.created", "ReportCreated", "is no type like pavilion.report.created.v1"),
        ("pavilion.report.created", "ReportCreated", "is no type like"),
        ("pavilion.video.liked.v1", "ReportCreated", "is schemas.events.VideoLiked already"),
        ("pavilion.report.created.v1", "VideoLiked", "there is a VideoLiked already"),
    ],
)
def test_what_cannot_be_a_type_is_refused_with_its_place(directory: Path, tag: str, name: str, reason: str) -> None:
    declare(directory, tag, name)
    with pytest.raises(InvalidEventType, match=rf"schemas\.added\.report\.{name}: .*{reason}"):
        registry.added_types()


def test_two_modules_with_one_type_are_refused(directory: Path) -> None:
    declare(directory, "pavilion.report.created.v1")
    declare(directory, "pavilion.report.created.v1", file="copy")
    with pytest.raises(InvalidEventType, match=r"is schemas\.added\.copy\.ReportCreated already"):
        registry.added_types()
