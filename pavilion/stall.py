"""Ends a worker whose event loop stands still.

A handler that never returns holds every partition of its process: nothing in the loop can run to give them up, while
the client's own threads go on telling the broker that all is well. So a thread watches the loop, and past the
processing deadline it ends the process with the stack that shows where. Its partitions go to the other workers.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TICK_SECONDS = 1.0
FROZEN_TICKS = 5
STATUS = 75
"""EX_TEMPFAIL: starting again may help."""


@asynccontextmanager
async def watched_loop(deadline: float) -> AsyncIterator[None]:
    """End the process when the running loop has not turned for ``deadline`` seconds inside the block."""
    guard = _Guard(deadline)
    beating = asyncio.create_task(guard.beat_for_ever(), name="heartbeat")
    thread = threading.Thread(target=guard.watch, name="stall", daemon=True)
    thread.start()
    try:
        yield
    finally:
        guard.over.set()
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


class _Guard:
    def __init__(self, deadline: float) -> None:
        self.over = threading.Event()
        self._deadline = deadline
        self._beat = time.monotonic()

    async def beat_for_ever(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)

    def watch(self) -> None:
        looked = time.monotonic()
        while not self.over.wait(TICK_SECONDS):
            now = time.monotonic()
            if now - looked > FROZEN_TICKS * TICK_SECONDS:
                self._beat = now  # this thread stood still too: the process was frozen, which is no handler's fault
            elif now - self._beat > self._deadline:
                self._give_up()
            looked = now

    def _give_up(self) -> None:
        faulthandler.dump_traceback(sys.stderr.fileno(), all_threads=True)
        os.write(
            sys.stderr.fileno(),
            f"pavilion: a handler has blocked this process for {self._deadline:g} s"
            " (PAVILION_WORKER__PROCESSING_DEADLINE): see the stack above\n".encode(),
        )
        os._exit(STATUS)
