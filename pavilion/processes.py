"""``pavilion worker --processes N``: N workers, each a process of its own, and this one to look after them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable

import structlog

from pavilion.process import Stop
from schemas.errors import NotificationError
from schemas.settings import Settings
from streams.failures import backoff

logger = structlog.get_logger()

AHEAD_SECONDS = 4.0
START_SECONDS = 60.0
"""Who ends by itself sooner than this after the very first start has a reason that starting again does not change."""
STOP_SECONDS = 60.0
STEADY_SECONDS = 60.0


class Child:
    """One worker. Its standard input is a pipe from here: when this process is gone, however, the worker stops too."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self._environment = {**os.environ, "PAVILION_WORKER__PORT": str(port)}

    async def run(self) -> int:
        """Start it and wait for its end; SIGTERM when cancelled, SIGKILL when that takes longer than a minute."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pavilion.cli", "worker", "--until-stdin-closes"),
            stdin=asyncio.subprocess.PIPE,
            env=self._environment,
            start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
                except TimeoutError:
                    logger.error("a worker did not stop, it is killed", worker=self.number)
                    process.kill()
                    await process.wait()

    async def keep_running(self) -> None:
        """Start it, and again whenever it ends; raises NotificationError if the first start is over at once."""
        failures, begun = 0, time.monotonic()
        while True:
            started = time.monotonic()
            status = await self.run()
            lasted = time.monotonic() - started
            if status > 0 and started - begun < 1 and lasted < START_SECONDS:  # not by a signal, so for a reason
                raise NotificationError("start worker", f"worker {self.number} ended at once, with status {status}")
            failures = 1 if lasted > STEADY_SECONDS else failures + 1
            delay = backoff(failures)
            logger.error("a worker ended, it is started again", worker=self.number, status=status, delay=delay)
            await asyncio.sleep(delay)


async def run_workers(settings: Settings, count: int, stop: Stop, say: Callable[[str], None]) -> None:
    """Run ``count`` workers until ``stop``; raises NotificationError if one cannot start.

    Worker k listens on PAVILION_WORKER__PORT + k, counted from 0.
    """
    base = settings.worker.port
    children = [Child(number, base + number if base else 0) for number in range(count)]
    asked, forced = asyncio.create_task(stop.asked.wait()), asyncio.create_task(stop.forced.wait())
    # The first goes ahead: what is wrong with the settings or the topics is said once, and ends the command.
    running = [asyncio.create_task(children[0].keep_running())]
    try:
        await asyncio.wait([asked, *running], timeout=AHEAD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done() and not running[0].done():
            running += [asyncio.create_task(child.keep_running()) for child in children[1:]]
            say(f"{count} workers are running; health and metrics on ports {base} to {base + count - 1}.")
            await asyncio.wait([asked, *running], return_when=asyncio.FIRST_COMPLETED)
        for one in running:
            if one.done():
                one.result()
    finally:
        for one in running:
            one.cancel()
        while not forced.done() and (left := [one for one in running if not one.done()]):
            await asyncio.wait([*left, forced], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        forced.cancel()
