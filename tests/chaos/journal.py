"""What the processes of a round write down for the verifier: one JSON object a line, with its time."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAULTS = "faults.jsonl"
"""The nemesis: ``{number, kind, target, phase: begin | lifted | failed}``; processes that ended by themselves."""
PUBLISHED = "published.jsonl"
"""The load: ``{topic, digest}`` for each publish that the broker acknowledged."""
SOCKETS = "sockets.jsonl"
"""The clients: ``{user, event, …}``, see :mod:`tests.chaos.sockets`."""
RUN = "run.json"
"""What the round was, and where its services are."""
TABLES = "tables.json"
"""What each worker says of its window tables at the end."""


class Journal:
    """Appends to a file; several threads may write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def write(self, **entry: Any) -> None:
        """One line, with ``at``: seconds since 1970."""
        line = json.dumps({"at": round(time.time(), 4), **entry}, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; what a killed writer left unfinished at the end is not one."""
    if path.exists():
        with path.open() as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)
