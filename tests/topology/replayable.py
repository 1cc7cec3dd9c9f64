"""An event loop and a database under which the same calls always interleave in the same way.

What runs in the driver is concurrent: partitions, batches and stages overlap. A failure found by chance shrinks, and is
found again, only if chance itself is an input. So timers fire in their order without anyone waiting for them, and a
database without threads lets others go first as a seeded generator says.
"""

import asyncio
import selectors
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from infra.sqlite import Database

T = TypeVar("T")
MOST_TURNS = 4


class _Timeless(selectors.SelectSelector):
    """Instead of waiting, moves the time of the loop to its next timer."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.passed += timeout or 0.0
        return super().select(0)


class ReplayableLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._timeless = _Timeless()
        super().__init__(self._timeless)

    def time(self) -> float:
        return self._timeless.passed

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.run_until_complete(coroutine)

    def end(self) -> None:
        """Cancel what is left, and close."""

        async def cancel() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run_until_complete(cancel())
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()


class ReplayableDatabase(Database):
    """Runs each job in a transaction of its own, after some turns of the loop, and answers after some more.

    A caller who is cancelled in between cannot know whether its job was done, as with the real one.
    """

    def __init__(self, path: Path, chance: Random) -> None:
        super().__init__(path)
        self._chance = chance

    def open(self, *schemas: str) -> None:
        self._connection = self._connect()
        self._connection.execute("PRAGMA journal_mode=MEMORY")
        self._connection.execute("PRAGMA synchronous=OFF")
        for schema in schemas:
            self._connection.executescript(schema)

    def close(self) -> None:
        self._connection.close()

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        def in_transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN")
            try:
                result = job(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

        return await self._in_turn(in_transaction)

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return await self._in_turn(job)

    async def _in_turn(self, job: Callable[[sqlite3.Connection], T]) -> T:
        await turns(self._chance.randrange(1, MOST_TURNS))
        result = job(self._connection)
        await turns(self._chance.randrange(1, MOST_TURNS))
        return result


async def turns(count: int) -> None:
    """Let everything else go on that often."""
    for _ in range(count):
        await asyncio.sleep(0)
