"""The app is an ordinary Faust app: its command line works as Faust's users expect."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path


def environment(directory: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PAVILION_")}
    return own | {"PAVILION_DATA_DIR": str(directory), "PAVILION_TOPICS__PARTITIONS": "2"}


def test_faust_lists_the_agents(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faust", "-A", "pavilion.app", "agents"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for agent in ("audience", "comment", "delivery", "user", "video"):
        assert re.search(rf"\b{agent}\b", done.stdout.decode()), done.stdout
    assert b"notifications,notifications-bulk" in done.stdout


def test_faust_runs_a_worker_until_it_is_told_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "faust", "-A", "pavilion.app", "worker", "-l", "info"]
    with log.open("wb") as output:
        worker = subprocess.Popen(command, env=environment(tmp_path / "data"), stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while log.read_bytes().count(b"partition taken") < 10:
            assert worker.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0, log.read_text()
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait(10)
