"""One SQLite database for the embedded mode: one writer on a thread of its own, with group commit.

Writes run in the order of their calls. Those waiting together share one transaction, so the effects of a batch and
the commit that follows them become durable together; each runs in a savepoint, so one that fails undoes only itself.
Durable over the death of the process (WAL, ``synchronous=NORMAL``); after a power cut the newest commits may be gone.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from schemas.errors import ConnectionFailed

T = TypeVar("T")
Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

GROUP = 256
PENDING = 10_000


class Database:
    """Open with :meth:`open`, before any call; ``write`` and ``read`` may be called from any event loop."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.Queue[Job | None] = queue.Queue(PENDING)
        self._reads: queue.Queue[Job | None] = queue.Queue(PENDING)
        self._threads: list[threading.Thread] = []

    def open(self, *schemas: str) -> None:
        """Create the file and the tables of ``schemas`` (idempotent DDL), and start the threads."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect()
        connection.execute("PRAGMA journal_mode=WAL")
        for schema in schemas:
            connection.executescript(schema)
        connection.close()
        for name, jobs, run in (("writer", self._jobs, self._write_loop), ("reader", self._reads, self._read_loop)):
            thread = threading.Thread(target=run, args=(jobs,), name=f"sqlite-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Finish what was queued and stop the threads."""
        self._jobs.put(None)
        self._reads.put(None)
        for thread in self._threads:
            thread.join(timeout=30)
        self._threads.clear()

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``job`` in the writer's transaction and return its result once that is committed."""
        return await self._submit(self._jobs, job)

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``job`` on the reading connection: it sees every write whose call has returned."""
        return await self._submit(self._reads, job)

    async def _submit(self, jobs: queue.Queue[Job | None], job: Callable[[sqlite3.Connection], T]) -> T:
        if not self._threads:
            raise ConnectionFailed("sqlite", "the database is closed", {"path": str(self.path)}, dependency="sqlite")
        future: Future[T] = Future()
        try:
            jobs.put_nowait((job, future))
        except queue.Full:
            context = {"path": str(self.path)}
            raise ConnectionFailed(
                "sqlite", f"{PENDING} calls are waiting", context, dependency="sqlite", overload=True
            ) from None
        # A caller that is cancelled must not cancel the job of a group that is already running.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    def _write_loop(self, jobs: queue.Queue[Job | None]) -> None:
        connection = self._connect()
        stopping = False
        while not stopping:
            group = [jobs.get()]
            while len(group) < GROUP and not jobs.empty():
                group.append(jobs.get())
            stopping = None in group
            self._run_group(connection, [job for job in group if job is not None])
        connection.close()

    @staticmethod
    def _run_group(connection: sqlite3.Connection, group: list[Job]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job, future in group:
                connection.execute("SAVEPOINT job")
                try:
                    outcomes.append((future, job(connection), None))
                except BaseException as error:  # handed to the caller; the writer lives on
                    connection.execute("ROLLBACK TO job")
                    outcomes.append((future, None, error))
                connection.execute("RELEASE job")
            connection.execute("COMMIT")
        except sqlite3.Error as error:  # the disk is full or broken: the whole group failed
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            failed = ConnectionFailed("sqlite", error, dependency="sqlite")
            outcomes = [(future, None, failed) for _, future in group]
        for future, result, problem in outcomes:
            if future.cancelled():
                continue
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)

    def _read_loop(self, jobs: queue.Queue[Job | None]) -> None:
        connection = self._connect()
        connection.execute("PRAGMA query_only=ON")
        while (item := jobs.get()) is not None:
            job, future = item
            try:
                result = job(connection)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        connection.close()
