"""Downloads of fixed versions, kept outside the tree: each is made once, and never taken for whole before it is."""

import fcntl
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MARKER = "complete"


def cache_directory() -> Path:
    """Where downloads are kept: `$XDG_CACHE_HOME/pavilion`, by default `~/.cache/pavilion`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pavilion"


@dataclass(frozen=True)
class Download(ABC):
    """What one local service runs from, in a directory of the cache that has its name and version."""

    name: str
    version: str

    @property
    def directory(self) -> Path:
        return cache_directory() / f"{self.name}-{self.version}"

    @property
    def complete(self) -> bool:
        return (self.directory / MARKER).exists()

    @abstractmethod
    def fill(self, directory: Path) -> None:
        """Put everything into this empty directory; raises when anything is missing of it."""

    def prepare(self) -> bool:
        """Fill the cache; True if that took a download. Two processes may call it at once: the second one waits."""
        if self.complete:
            return False
        cache_directory().mkdir(parents=True, exist_ok=True)
        with _locked(cache_directory() / f"{self.name}-{self.version}.lock"):
            if self.complete:
                return False
            self._download()
        return True

    def _download(self) -> None:
        # A directory gets its final name when everything is in it: an interrupted download is never taken for whole.
        for left in cache_directory().glob(f"{self.name}-*.partial"):
            shutil.rmtree(left, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=f"{self.name}-", suffix=".partial", dir=cache_directory()))
        try:
            self.fill(building)
            (building / MARKER).touch()
            shutil.rmtree(self.directory, ignore_errors=True)
            building.rename(self.directory)
        finally:
            shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
