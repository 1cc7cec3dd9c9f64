"""The format of a backup: a manifest in JSON, written last, and segments of records.

A segment is gzip over frames: 4 bytes of length, big-endian, then a msgpack array of a :class:`Stored`. What a newer
release writes otherwise has another ``version``, and is refused rather than guessed at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import msgspec

from infra.log.offsets import format_offset
from infra.log.ports import Record
from schemas.errors import NotificationError

FORMAT, VERSION = "pavilion-backup", 1
MANIFEST = "manifest.json"
LARGEST_FRAME = 8 * 1024 * 1024

_LENGTH = struct.Struct(">I")


class Stored(msgspec.Struct, array_like=True, frozen=True):
    """One record. ``offset`` is fixed-width hexadecimal; times are in ms."""

    offset: str
    key: str
    value: bytes
    properties: dict[str, str]
    published_ms: int
    due_ms: int | None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is relative to the backup; ``records`` is 0 for what is no segment."""

    path: str
    bytes: int
    sha256: str
    records: int = 0


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription had acknowledged on a partition: all below ``before``, and what lies in a range.

    A range is ``[from, to)``. All are offsets in hexadecimal, of the partition that was backed up.
    """

    before: str
    ranges: list[tuple[str, str]] = []

    def covers(self, offset: str) -> bool:
        """Offsets have a fixed width, so that texts compare as the numbers do."""
        return offset < self.before or any(start <= offset < end for start, end in self.ranges)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One partition, its cursors by subscription."""

    partition: int
    cursors: dict[str, Cursor]
    segments: list[File]

    @property
    def records(self) -> int:
        return sum(segment.records for segment in self.segments)


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """``generation`` is that of the backed up topic; a restored one is another. ``schemas`` are Pulsar's, oldest first.

    ``parts`` is empty for a topic that is made again without its records.
    """

    name: str
    partitions: int
    retention_seconds: int
    subscriptions: list[str]
    generation: str
    parts: list[Part]
    schemas: list[dict[str, Any]] = []


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``kind`` says what was backed up: a namespace of Pulsar, or a data directory (``files``)."""

    format: str = FORMAT
    version: int = VERSION
    kind: Literal["pulsar", "embedded"]
    id: str
    taken_at: str
    release: str
    namespace: str = ""
    policies: dict[str, Any] = {}
    topics: list[Topic] = []
    files: list[File] = []

    @property
    def contents(self) -> list[File]:
        """Everything that the backup has beside the manifest."""
        return [*self.files, *(file for topic in self.topics for part in topic.parts for file in part.segments)]


def read_manifest(content: bytes, where: str) -> Manifest:
    """Raises NotificationError for what is none, or one of a newer release."""
    try:
        head = msgspec.json.decode(content)
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise msgspec.ValidationError("it is no manifest of a backup")
        if head.get("version") != VERSION:
            reason = f"it has version {head.get('version')}, and this release reads {VERSION}"
            raise msgspec.ValidationError(reason)
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise NotificationError("read backup", f"{where}: {error}") from None


def stored(record: Record) -> Stored:
    properties = dict(record.properties)
    return Stored(
        format_offset(record.offset), record.key, record.value, properties, record.publish_ms, record.due_ms
    )


def frame(record: Stored) -> bytes:
    content = msgspec.msgpack.encode(record)
    return _LENGTH.pack(len(content)) + content


def frames(source: BinaryIO) -> Iterator[Stored]:
    """The records of a segment, one after the other; raises ValueError for what is none, or ends too early."""
    while head := source.read(_LENGTH.size):
        [length] = _LENGTH.unpack(head) if len(head) == _LENGTH.size else [LARGEST_FRAME + 1]
        if length > LARGEST_FRAME:
            raise ValueError("a frame is cut off or too large")
        content = source.read(length)
        if len(content) < length:
            raise ValueError("a frame is cut off")
        yield msgspec.msgpack.decode(content, type=Stored)


def after_entry(ledger: int, entry: int) -> str:
    """The first offset behind an entry of a ledger, whatever batch the entry holds; ``entry`` -1 is before all."""
    return format_offset(max(0, ledger) << 64 | (entry + 1) << 24)


