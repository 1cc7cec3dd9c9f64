"""One process to a data directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import NotificationError


def is_held(path: Path) -> bool:
    """Whether a process holds the directory now."""
    try:
        with hold_data_directory(path):
            return False
    except NotificationError:
        return True


@contextlib.contextmanager
def hold_data_directory(path: Path) -> Iterator[None]:
    """Hold the directory's lock file, which the system lets go of when the process dies.

    Raises NotificationError while another process has it.
    """
    path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise NotificationError("start", f"process {holder} is running on {path}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
