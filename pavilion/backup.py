"""``pavilion maintain backup``, ``restore`` and ``verify-backup``: of the broker's topics, or of the embedded mode."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import typer

from infra.backup.format import Manifest
from infra.backup.restore import restore as restore_topics
from infra.backup.store import Store
from infra.backup.take import Progress, Wanted, back_up
from infra.log.pulsar import PulsarLog
from pavilion.keys import FILE as KEYS
from pavilion.lock import hold_data_directory
from schemas.errors import NotificationError
from schemas.settings import Settings
from schemas.times import format_ms, now_ms
from streams.engine import VERSION
from streams.topics import members_topic, required_topics, stats_topic
from topologies import app

Say = Callable[[str], None]

PAGES = 1000
"""Pages of the database that are copied before others have their turn."""


def wanted_topics(settings: Settings) -> list[Wanted]:
    """All topics of ours. Of three only the configuration is worth keeping.

    The fan-out tells connected clients what their inboxes hold anyway; on the two others workers that run now meet, and
    say how they are.
    """
    passing = {settings.topics.fan_out, members_topic(app.conf.id), stats_topic(app.conf.id)}
    specs = required_topics(settings, app.conf.id, app.specs())
    return [Wanted(spec, spec.name not in passing) for spec in specs]


async def backup(settings: Settings, url: str | None, keep: int | None, *, say: Say) -> None:
    """Write a backup to ``url`` or ``PAVILION_BACKUP__URL``, and delete all but the newest ``keep``."""
    store = Store(_given(url or settings.backup.url))
    if settings.broker.embedded:
        name, manifest = await asyncio.to_thread(_copy_data_directory, settings, store)
    else:
        async with _connected(settings) as log:
            wanted = wanted_topics(settings)
            missing = await log.admin.check([one.spec for one in wanted])
            if missing:
                raise NotificationError("back up", f"there is no {missing[0]}; run `pavilion migrate`")
            with _bar("backing up", sum(one.spec.partitions for one in wanted if one.records)) as progress:
                name, manifest = await back_up(log, store, wanted, release=VERSION, progress=progress)
    say(f"{store.url.rstrip('/')}/{name}: {_told(manifest)}")
    for old in await asyncio.to_thread(store.prune, keep or settings.backup.keep):
        say(f"deleted {old}")


async def restore(settings: Settings, url: str | None, *, replace: bool, say: Say) -> None:
    """Restore the newest backup of ``url``, or the one that it is. All of it is verified before anything is made."""
    store = Store(_given(url or settings.backup.url))
    name, manifest = await _opened(store)
    kind = "embedded" if settings.broker.embedded else "pulsar"
    if manifest.kind != kind:
        raise NotificationError("restore", f"{store.url}: it is a backup of {manifest.kind}, and this is {kind}")
    await _verify(store, name, manifest)
    if settings.broker.embedded:
        await asyncio.to_thread(_put_data_directory, settings, store, name, manifest, replace)
    else:
        async with _connected(settings) as log:
            with _bar("restoring", sum(len(topic.parts) for topic in manifest.topics)) as progress:
                await restore_topics(log, store, name, manifest, replace=replace, progress=progress)
            for line in await _differences(log, manifest):
                say(line)
    say(f"restored {manifest.id} of {manifest.taken_at}: {_told(manifest)}")


async def verify(settings: Settings, url: str | None, *, say: Say) -> None:
    store = Store(_given(url or settings.backup.url))
    name, manifest = await _opened(store)
    await _verify(store, name, manifest)
    say(f"{manifest.id} of {manifest.taken_at} is whole: {_told(manifest)}")


def _given(url: str | None) -> str:
    if not url:
        raise NotificationError("open backups", "name a place, or set PAVILION_BACKUP__URL")
    return url


@contextlib.asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[PulsarLog]:
    log = PulsarLog(settings)
    try:
        await log.start()
        yield log
    finally:
        await log.close()


async def _opened(store: Store) -> tuple[str, Manifest]:
    name = await asyncio.to_thread(store.newest)
    return name, await asyncio.to_thread(store.manifest, name)


async def _verify(store: Store, name: str, manifest: Manifest) -> None:
    with _bar("verifying", len(manifest.contents)) as progress:
        for file in manifest.contents:
            await asyncio.to_thread(store.verify, name, file)
            progress(file.path, file.records)


async def _differences(log: PulsarLog, manifest: Manifest) -> list[str]:
    """Policies of namespaces are not ours to set: they hold rights, quotas and clusters. It is told what differs."""
    here = await log.admin.policies()
    return [
        f"note: the policy {name} was {value!r} and is {here.get(name)!r} here"
        for name, value in sorted(manifest.policies.items())
        if name not in ("bundles", "replication_clusters") and here.get(name) != value
    ]


@contextlib.contextmanager
def _bar(label: str, length: int) -> Iterator[Progress]:
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda _, __: bar.update(1)


def _told(manifest: Manifest) -> str:
    size = sum(file.bytes for file in manifest.contents)
    if manifest.kind == "embedded":
        return f"{len(manifest.files)} files, {size:,} bytes"
    records = sum(part.records for topic in manifest.topics for part in topic.parts)
    return f"{len(manifest.topics)} topics, {records:,} records, {size:,} bytes"


# -- the embedded mode


def _copy_data_directory(settings: Settings, store: Store) -> tuple[str, Manifest]:
    """The database as it is at one moment, also while `pavilion run` writes to it, and the keys beside it."""
    if not settings.database.exists():
        raise NotificationError("back up", f"there is no {settings.database}")
    name = store.create()
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="backup-") as directory:
        copy = Path(directory) / settings.database.name
        with (
            contextlib.closing(sqlite3.connect(f"{settings.database.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target, pages=PAGES)
        files = []
        for path in (copy, settings.data_dir / KEYS):
            if path.exists():
                with path.open("rb") as content:
                    files.append(store.put(name, path.name, content))
    manifest = Manifest(kind="embedded", id=name, taken_at=format_ms(now_ms()), release=VERSION, files=files)
    store.finish(name, manifest)
    return name, manifest


def _put_data_directory(settings: Settings, store: Store, name: str, manifest: Manifest, replace: bool) -> None:
    with hold_data_directory(settings.data_dir):
        if settings.database.exists() and not replace:
            reason = f"{settings.database} is there; restore into an empty directory, or give --replace"
            raise NotificationError("restore", reason)
        for path in (settings.database, *settings.data_dir.glob(f"{settings.database.name}-*")):
            path.unlink(missing_ok=True)  # a write-ahead log of another database would be applied to this one
        for file in sorted(manifest.files, key=lambda file: file.path == settings.database.name):  # the database last
            target = settings.data_dir / Path(file.path).name
            fresh = target.with_name(f"{target.name}.new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as written, store.open(name, file) as content:
                shutil.copyfileobj(content, written)
            fresh.replace(target)
