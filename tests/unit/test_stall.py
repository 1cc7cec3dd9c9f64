"""A worker whose loop stands still ends; one that was frozen as a whole does not."""

import os
import signal
import subprocess
import sys
import time

PROGRAM = """
import asyncio, sys, time
from pavilion.stall import watched_loop

async def main():
    async with watched_loop(2.0):
        print("running", flush=True)
        await asyncio.sleep(float(sys.argv[1]))
        time.sleep(float(sys.argv[2]))
        await asyncio.sleep(1.5)
    print("done", flush=True)

asyncio.run(main())
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def test_a_handler_that_never_returns_ends_the_process_and_says_where() -> None:
    out, err = start("0.1", "600").communicate(timeout=60)
    assert "done" not in out
    assert "in main" in err
    assert "PAVILION_WORKER__PROCESSING_DEADLINE" in err.splitlines()[-1]


def test_a_process_that_was_frozen_goes_on() -> None:
    process = start("3", "0")
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(7)
    os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "done\n", "")
