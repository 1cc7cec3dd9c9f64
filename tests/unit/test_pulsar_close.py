"""A process that ends right after it closed its log ends well: seen without, every second one crashed."""

import subprocess
import sys

PROGRAM = """
import asyncio
from infra.log.pulsar import PulsarLog
from schemas.settings import Settings

async def main():
    log = PulsarLog(Settings(broker={"url": "pulsar://127.0.0.1:1", "admin_url": "http://127.0.0.1:1"}))
    await log.start()
    await log.close()

asyncio.run(main())
"""
PROCESSES = 8


def test_a_process_that_closes_its_log_and_ends_does_not_crash() -> None:
    """One after the other: side by side they slow each other down, and none meets the moment."""
    runs = [subprocess.run([sys.executable, "-c", PROGRAM], timeout=60, check=False) for _ in range(PROCESSES)]
    assert [run.returncode for run in runs] == [0] * PROCESSES
