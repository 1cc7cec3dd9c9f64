"""Backups of the embedded mode: the commands, on a database that is written to meanwhile."""

from __future__ import annotations

import concurrent.futures
import sqlite3
from pathlib import Path

import pytest

from infra.log.ports import Outgoing
from pavilion.connect import connected
from pavilion.lock import hold_data_directory
from schemas.errors import NotificationError
from schemas.settings import load_settings
from tests.commands import invoke


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAVILION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PAVILION_TOPICS__PARTITIONS", "2")
    monkeypatch.setenv("PAVILION_BACKUP__URL", str(tmp_path / "backups"))
    return tmp_path / "data"


def run(*words: str) -> str:
    result = invoke(["maintain", *words], catch=False)
    assert result.exit_code == 0, result.output
    return result.stdout


async def publish(*values: bytes) -> None:
    async with connected(load_settings()) as connections:
        publisher = connections.log.publisher("user-events")
        await publisher.publish([Outgoing("key", value) for value in values])


async def published() -> list[bytes]:
    async with connected(load_settings()) as connections:
        log = connections.log
        return [record.value for number in range(2) async for record in log.scan("user-events", number)]


def in_thread(*words: str) -> str:
    """The commands have a loop of their own."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(run, *words).result()


async def test_a_data_directory_comes_back_with_its_keys(data: Path) -> None:
    await publish(b"one", b"two")
    keys = (data / "keys.json").read_bytes()
    with hold_data_directory(data):  # as `pavilion run` does
        assert "2 files" in in_thread("backup")
    assert "is whole: 2 files" in in_thread("verify-backup")
    await publish(b"three")
    with pytest.raises(NotificationError, match="is there; restore into an empty directory, or give --replace"):
        in_thread("restore")
    (data / "keys.json").write_text("{}")
    in_thread("restore", "--replace", "--yes")
    assert (data / "keys.json").read_bytes() == keys
    assert (data / "keys.json").stat().st_mode & 0o777 == 0o600
    assert await published() == [b"one", b"two"]


async def test_a_database_that_is_being_written_to_is_copied_as_it_was_at_one_moment(data: Path) -> None:
    await publish(*(b"%d" % number for number in range(500)))
    writer = sqlite3.connect(data / "pavilion.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM log_records")
    in_thread("backup")
    writer.execute("ROLLBACK")
    writer.close()
    in_thread("restore", "--replace", "--yes")
    assert len(await published()) == 500


async def test_a_running_process_is_not_restored_into(data: Path) -> None:
    await publish(b"one")
    in_thread("backup")
    with hold_data_directory(data), pytest.raises(NotificationError, match="is running on"):
        in_thread("restore", "--replace", "--yes")


async def test_as_many_backups_are_kept_as_is_said(data: Path) -> None:
    await publish(b"one")
    for _ in range(3):
        output = in_thread("backup", "--keep", "2")
    assert "deleted pavilion-" in output
    assert len(list((data.parent / "backups").iterdir())) == 2


def test_a_backup_without_a_place_names_the_setting(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAVILION_BACKUP__URL")
    with pytest.raises(NotificationError, match="PAVILION_BACKUP__URL"):
        run("backup")


async def test_a_broker_does_not_take_a_backup_of_the_embedded_mode(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(b"one")
    in_thread("backup")
    monkeypatch.setenv("PAVILION_BROKER__URL", "pulsar://127.0.0.1:1")
    with pytest.raises(NotificationError, match="it is a backup of embedded, and this is pulsar"):
        in_thread("restore")


async def test_cleanup_may_be_repeated(data: Path) -> None:
    await publish(b"one")
    assert in_thread("cleanup") == in_thread("cleanup") == "deleted 0\n"
