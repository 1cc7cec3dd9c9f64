"""Backs up the topics of a namespace while it is in use.

All cursors are read before any record. So what was acknowledged then had its effects before: what it published is in
the topics that are read afterwards, or was acknowledged there too, or is in the stores. What happens meanwhile is
either in the backup as not acknowledged, and then processed again, or not in it. Nothing that the backup holds as
acknowledged was still to be done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from infra.backup.archive import Archive
from infra.backup.format import Cursor, File, Manifest, Part, Topic, frame, stored
from infra.backup.store import SEGMENT_BYTES, SegmentWriter, Store
from infra.log.offsets import encode_offset, format_offset
from infra.log.ports import Record, TopicSpec
from infra.log.pulsar import PulsarLog
from schemas.times import format_ms, now_ms

T = TypeVar("T")

AT_ONCE = 4
"""Partitions that are read side by side."""
PIECE_BYTES = 1024 * 1024

Progress = Callable[[str, int], None]
"""Told of each partition that is done: its topic, and its records."""


class Wanted(NamedTuple):
    """A topic, and whether its records are worth keeping."""

    spec: TopicSpec
    records: bool


async def back_up(
    log: PulsarLog, store: Store, wanted: Sequence[Wanted], *, release: str, progress: Progress
) -> tuple[str, Manifest]:
    """Write one backup and return its name; raises ConnectionFailed or NotificationError, and then it is none.

    At most 4 partitions with some MiB each are held in memory.
    """
    archive = Archive(log.admin)
    policies = await log.admin.policies()
    backup = await asyncio.to_thread(store.create)
    taken_at = format_ms(now_ms())
    places = [(one, number) for one in wanted for number in range(one.spec.partitions)]
    free = asyncio.Semaphore(AT_ONCE)

    async def cursors_of(one: Wanted, number: int) -> Mapping[str, Cursor]:
        async with free:
            return await archive.cursors(one.spec.name, number, one.spec.subscriptions)

    async def part_of(one: Wanted, number: int, cursors: Mapping[str, Cursor]) -> Part:
        async with free:
            part = await _part(log, store, backup, one.spec, number, cursors)
        progress(one.spec.name, part.records)
        return part

    kept = [(one, number) for one, number in places if one.records]
    cursors = await side_by_side(cursors_of(*place) for place in kept)
    made = await side_by_side(part_of(*place, known) for place, known in zip(kept, cursors, strict=True))
    parts = {(one.spec.name, number): part for (one, number), part in zip(kept, made, strict=True)}
    topics = [
        Topic(
            name=spec.name,
            partitions=spec.partitions,
            retention_seconds=spec.retention_seconds,
            subscriptions=list(spec.subscriptions),
            generation=await log.generation(spec.name),
            parts=[parts[spec.name, number] for number in range(spec.partitions)] if records else [],
            schemas=await archive.schemas(spec.name),
        )
        for spec, records in wanted
    ]
    manifest = Manifest(
        kind="pulsar",
        id=backup,
        taken_at=taken_at,
        release=release,
        namespace=log.admin.namespace,
        policies=policies,
        topics=topics,
    )
    await asyncio.to_thread(store.finish, backup, manifest)
    return backup, manifest


async def side_by_side(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Their results; the first error of one ends the others and is raised, as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


async def _part(
    log: PulsarLog, store: Store, backup: str, spec: TopicSpec, number: int, cursors: Mapping[str, Cursor]
) -> Part:
    end = encode_offset(*await log.admin.last_message_id(spec.name, number))
    segments, pieces, size = list[File](), list[bytes](), 0
    writer: SegmentWriter | None = None

    async def write(writer: SegmentWriter | None) -> SegmentWriter:
        if writer is None:
            path = f"{spec.name}/{number:04}-{len(segments):05}.msgpack.gz"
            writer = await asyncio.to_thread(store.write, backup, path)
        await asyncio.to_thread(writer.add, b"".join(pieces), len(pieces))
        return writer

    async for record in _until(log.scan(spec.name, number), end):
        if not spec.retention_seconds and _is_done(record, cursors):
            continue
        pieces.append(frame(stored(record)))
        size += len(pieces[-1])
        if size >= PIECE_BYTES:
            writer = await write(writer)
            pieces, size = [], 0
            if writer.raw >= SEGMENT_BYTES:
                segments.append(await asyncio.to_thread(writer.close))
                writer = None
    if pieces:
        writer = await write(writer)
    if writer is not None:
        segments.append(await asyncio.to_thread(writer.close))
    return Part(partition=number, cursors=dict(cursors), segments=segments)


async def _until(records: AsyncIterator[Record], end: int) -> AsyncIterator[Record]:
    """Those up to ``end``: what is published meanwhile would never end."""
    async for record in records:
        if record.offset > end:
            break
        yield record


def _is_done(record: Record, cursors: Mapping[str, Cursor]) -> bool:
    """Whether nobody needs it any more, on a topic that keeps nothing for itself."""
    offset = format_offset(record.offset)
    return all(cursor.covers(offset) for cursor in cursors.values())
