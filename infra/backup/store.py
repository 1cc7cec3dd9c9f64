"""Where backups lie: a directory, an S3-compatible store, or what else fsspec opens. All calls block.

A backup is a directory of its own, named after its time, and is one only once its manifest is there.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import posixpath
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast

import fsspec
import msgspec

from infra.backup.format import MANIFEST, File, Manifest, Stored, frames, read_manifest
from schemas.errors import NotificationError

NAME = re.compile(r"pavilion-(\d{8}T\d{6})Z")
SEGMENT_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 8 * 1024 * 1024
"""What is held of a file on its way to a store that takes it in parts."""
READ_BYTES = 1024 * 1024
ABANDONED = timedelta(days=1)
"""After so long a backup without a manifest is no longer on its way."""


class Store:
    """``url`` is a path, or a URL such as ``s3://BUCKET/PREFIX``; NotificationError is raised if nothing opens it."""

    def __init__(self, url: str) -> None:
        self.url = url
        with self._telling("open backups"):
            # No listing that was made before another process wrote.
            self._fs, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)

    def create(self) -> str:
        """The name of a new backup, after the present second."""
        while True:
            name = f"pavilion-{datetime.now(UTC):%Y%m%dT%H%M%S}Z"
            if name not in self._names():
                return name
            time.sleep(0.2)

    def write(self, backup: str, path: str) -> SegmentWriter:
        """A segment, to be written and closed."""
        with self._telling("write backup"):
            place = self._place(backup, path)
            self._fs.makedirs(posixpath.dirname(place), exist_ok=True)
            return SegmentWriter(path, self._fs.open(place, "wb", block_size=BLOCK_BYTES))

    def put(self, backup: str, path: str, content: BinaryIO) -> File:
        """Copy ``content`` as it is."""
        digest, size = hashlib.sha256(), 0
        with self._telling("write backup"):
            place = self._place(backup, path)
            self._fs.makedirs(posixpath.dirname(place), exist_ok=True)
            with self._fs.open(place, "wb", block_size=BLOCK_BYTES) as file:
                while piece := content.read(READ_BYTES):
                    digest.update(piece)
                    size += len(piece)
                    file.write(piece)
        return File(path=path, bytes=size, sha256=digest.hexdigest())

    def finish(self, backup: str, manifest: Manifest) -> None:
        """Only now the backup is one. On a disk the manifest appears as a whole, and so it does in S3."""
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        with self._telling("write backup"):
            file = self._fs.open(self._place(backup, MANIFEST), "wb", autocommit=False)
            file.write(content)
            file.close()
            file.commit()

    def newest(self) -> str:
        """The name of the newest backup, or an empty one if the URL is that of a backup; raises NotificationError."""
        with self._telling("read backup"):
            if self._fs.exists(self._place("", MANIFEST)):
                return ""
            complete = self.complete()
        if not complete:
            raise NotificationError("read backup", f"there is no complete backup in {self.url}")
        return complete[-1]

    def complete(self) -> list[str]:
        """The names of complete backups, oldest first."""
        return [name for name in self._names() if self._fs.exists(self._place(name, MANIFEST))]

    def manifest(self, backup: str) -> Manifest:
        with self._telling("read backup"):
            content = self._fs.cat_file(self._place(backup, MANIFEST))
        return read_manifest(content, self._where(backup))

    def records(self, backup: str, segment: File) -> Iterator[Stored]:
        """The records of a segment, without checking its digest: see :meth:`verify`."""
        with self._telling("read backup"), self.open(backup, segment) as file, gzip.open(file) as source:
            yield from frames(cast(BinaryIO, source))

    def open(self, backup: str, file: File) -> Any:
        return self._fs.open(self._place(backup, file.path), "rb", block_size=BLOCK_BYTES)

    def verify(self, backup: str, file: File) -> None:
        """Raise NotificationError unless the file is there as it was written, with as many records."""
        digest, size = hashlib.sha256(), 0
        with self._telling("verify backup"), self.open(backup, file) as source:
            while piece := source.read(READ_BYTES):
                digest.update(piece)
                size += len(piece)
        if (size, digest.hexdigest()) != (file.bytes, file.sha256):
            raise NotificationError("verify backup", f"{self._where(backup)}/{file.path} is not as it was written")
        if file.records and (found := sum(1 for _ in self.records(backup, file))) != file.records:
            reason = f"{self._where(backup)}/{file.path} has {found} records, not {file.records}"
            raise NotificationError("verify backup", reason)

    def prune(self, keep: int) -> list[str]:
        """Delete all complete backups but the newest ``keep``, and what was abandoned on its way; their names."""
        deleted = []
        with self._telling("delete old backups"):
            complete = self.complete()
            for name in self._names():
                if name in complete:
                    old = name not in complete[-keep:]
                else:
                    old = datetime.now(UTC) - _time_of(name) > ABANDONED
                if old:
                    # First what makes it one: if the rest stays, it is an abandoned one.
                    if name in complete:
                        self._fs.rm_file(self._place(name, MANIFEST))
                    self._fs.rm(self._place(name, ""), recursive=True)
                    deleted.append(name)
        return deleted

    def _names(self) -> list[str]:
        with self._telling("list backups"):
            if not self._fs.exists(self._root):
                return []
            found = (posixpath.basename(path.rstrip("/")) for path in self._fs.ls(self._root, detail=False))
            return sorted(name for name in found if NAME.fullmatch(name))

    def _place(self, backup: str, path: str) -> str:
        return "/".join(part for part in (self._root.rstrip("/"), backup, path) if part)

    def _where(self, backup: str) -> str:
        return f"{self.url.rstrip('/')}/{backup}".rstrip("/")

    @contextlib.contextmanager
    def _telling(self, op: str) -> Iterator[None]:
        """Stores raise errors of many families; whatever it is, the operator gets one line."""
        try:
            yield
        except NotificationError:
            raise
        except ImportError as error:
            raise NotificationError(op, f"{self.url}: {error}; S3 needs the extra `s3` of this package") from error
        except Exception as error:
            raise NotificationError(op, f"{self.url}: {str(error) or type(error).__name__}") from error


class SegmentWriter:
    """Frames on their way into one file, compressed."""

    def __init__(self, path: str, file: Any) -> None:
        self.path = path
        self.records = self.raw = 0
        self._file = file
        self._digest, self._bytes = hashlib.sha256(), 0
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=cast(Any, self), compresslevel=4, mtime=0)

    def add(self, content: bytes, records: int) -> None:
        self._gzip.write(content)
        self.raw += len(content)
        self.records += records

    def write(self, piece: bytes) -> int:
        """For gzip."""
        self._digest.update(piece)
        self._bytes += len(piece)
        self._file.write(piece)
        return len(piece)

    def flush(self) -> None:
        """For gzip; the file is written as a whole when it is closed."""

    def close(self) -> File:
        self._gzip.close()
        self._file.close()
        return File(path=self.path, bytes=self._bytes, sha256=self._digest.hexdigest(), records=self.records)


def _time_of(name: str) -> datetime:
    match = NAME.fullmatch(name)
    assert match is not None
    return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
