"""Where backups lie: the same on a disk and in an S3-compatible store."""

from __future__ import annotations

import io
import posixpath
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from infra.backup.format import Cursor, File, Manifest, Part, Stored, Topic, after_entry, frame, read_manifest
from infra.backup.store import Store
from infra.log.offsets import encode_offset, format_offset
from schemas.errors import NotificationError


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The endpoint of a server that speaks S3, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "disk":
        return Store(str(tmp_path / "not" / "yet" / "there"))
    for name, value in (
        ("AWS_ENDPOINT_URL", request.getfixturevalue("s3")),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{abs(hash(tmp_path))}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
    return Store(f"s3://{bucket}/some/prefix")


def record(number: int, value: bytes = b"\x00value") -> Stored:
    return Stored(format_offset(encode_offset(1, number, -1)), "key", value, {"a": "b"}, 1_700_000_000_000, None)


def written(store: Store, *numbers: int) -> tuple[str, Manifest]:
    name = store.create()
    writer = store.write(name, "events/0000-00000.msgpack.gz")
    for number in numbers:
        writer.add(frame(record(number)), 1)
    part = Part(partition=0, cursors={"agent": Cursor(before=after_entry(1, 0))}, segments=[writer.close()])
    about: dict[str, Any] = {"partitions": 1, "retention_seconds": 0, "subscriptions": ["agent"], "generation": "g"}
    topic = Topic(name="events", parts=[part], **about)
    manifest = Manifest(kind="pulsar", id=name, taken_at="2026-11-24T00:00:00Z", release="1", topics=[topic])
    store.finish(name, manifest)
    return name, manifest


def test_what_was_written_is_read_again(store: Store) -> None:
    name, manifest = written(store, *range(100))
    assert store.newest() == name
    found = store.manifest(name)
    assert found == manifest
    [file] = found.contents
    store.verify(name, file)
    assert list(store.records(name, file)) == [record(number) for number in range(100)]
    alone = Store(f"{store.url}/{name}")
    assert alone.newest() == ""
    assert alone.manifest("") == manifest
    alone.verify("", file)


def test_a_segment_of_many_megabytes_is_sent_in_parts(store: Store) -> None:
    name, content = store.create(), random.Random(1).randbytes(20 * 1024 * 1024)
    file = store.put(name, "data.db", io.BytesIO(content))
    assert file.bytes == len(content)
    store.verify(name, file)
    with store.open(name, file) as source:
        assert source.read() == content


def test_what_was_interrupted_is_no_backup(store: Store) -> None:
    first, _ = written(store, 1)
    second = store.create()
    assert second > first
    store.write(second, "events/0000-00000.msgpack.gz").close()
    assert store.complete() == [first]
    assert store.newest() == first


def test_only_the_newest_are_kept_and_what_was_abandoned_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.backup.store.datetime", _Clock)
    names = []
    for day in range(1, 6):
        _Clock.day = day
        names.append(written(store, day)[0])
    abandoned = store.create().replace("05T", "03T")
    store.write(abandoned, "events/0000-00000.msgpack.gz").close()
    on_its_way = store.create()
    store.write(on_its_way, "events/0000-00000.msgpack.gz").close()
    assert sorted(store.prune(2)) == sorted([*names[:3], abandoned])
    assert store.complete() == names[3:]
    assert store.prune(2) == []
    for name in names[3:]:
        [file] = store.manifest(name).contents
        store.verify(name, file)


class _Clock:
    """Days of November 2026, each call a second later."""

    day = 1
    _second = 0

    @classmethod
    def now(cls, zone: Any) -> Any:
        cls._second += 1
        return datetime(2026, 11, cls.day, 1, cls._second // 60, cls._second % 60, tzinfo=zone)

    @staticmethod
    def strptime(text: str, form: str) -> Any:
        return datetime.strptime(text, form)


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damage_is_named(store: Store, damage: str) -> None:
    name, manifest = written(store, *range(100))
    [file] = manifest.contents
    fs, root = fsspec.core.url_to_fs(store.url)
    place = posixpath.join(root, name, file.path)
    content = fs.cat_file(place)
    if damage == "gone":
        fs.rm_file(place)
    else:
        fs.pipe_file(place, content[:-10] if damage == "cut" else content[:40] + b"x" + content[41:])
    with pytest.raises(NotificationError, match="verify backup"):
        store.verify(name, file)


def test_fewer_records_than_the_manifest_says_are_noticed(store: Store) -> None:
    name, manifest = written(store, 1, 2)
    [file] = manifest.contents
    wrong = File(path=file.path, bytes=file.bytes, sha256=file.sha256, records=3)
    with pytest.raises(NotificationError, match="has 2 records, not 3"):
        store.verify(name, wrong)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "truncated"),
        (b"[]", "no manifest"),
        (b'{"format": "other"}', "no manifest"),
        (b'{"format": "pavilion-backup", "version": 2}', "has version 2, and this release reads 1"),
        (b'{"format": "pavilion-backup", "version": 1}', "missing required field"),
    ],
)
def test_what_is_no_manifest_of_this_release_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(NotificationError, match=reason):
        read_manifest(content, "here")


def test_a_place_that_nothing_opens_or_that_is_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotificationError, match="nothing://here"):
        Store("nothing://here")
    with pytest.raises(NotificationError, match="there is no complete backup in"):
        Store(str(tmp_path / "nowhere")).newest()


def test_a_cursor_covers_what_is_below_it_and_its_ranges() -> None:
    def at(entry: int, batch: int = -1) -> str:
        return format_offset(encode_offset(7, entry, batch))

    cursor = Cursor(before=after_entry(7, 3), ranges=[(after_entry(7, 5), after_entry(7, 7))])
    covered = [entry for entry in range(10) if cursor.covers(at(entry))]
    assert covered == [0, 1, 2, 3, 6, 7]
    assert cursor.covers(at(3, 999))
    assert not cursor.covers(at(4, 0))
    assert not Cursor(before=after_entry(7, -1)).covers(at(0))
    assert Cursor(before=after_entry(7, -1)).covers(format_offset(encode_offset(6, 500, 3)))
    assert not Cursor(before=after_entry(-1, -1)).covers(at(0))
