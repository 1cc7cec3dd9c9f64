"""Programs written in Go, built from their module by the machine's own Go, and files that a module carries."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.cache import Download
from infra.local.processes import Missing

LIMIT_SECONDS = 600


class GoFailed(Exception):
    """Go could not build the program; the message ends with what it said."""


@dataclass(frozen=True)
class GoProgram(Download):
    """One command of a module of a fixed version. ``package`` is its import path."""

    package: str

    def executable(self) -> str:
        """The program's path, built first if the cache lacks it. Raises GoFailed or Missing."""
        self.prepare()
        return str(self.directory / Path(self.package).name)

    def fill(self, directory: Path) -> None:
        # Without cgo no C compiler is needed, and what is built runs whatever the machine's libraries are.
        environment = {"GOBIN": str(directory), "CGO_ENABLED": "0"}
        _go(["install", f"{self.package}@v{self.version}"], self.package, directory, environment)


@dataclass(frozen=True)
class GoFiles(Download):
    """Files of a module of a fixed version, ``pattern`` as in ``config/crd/*.yaml``; nothing is built."""

    module: str
    pattern: str

    def files(self) -> list[Path]:
        """Their paths, downloaded first if the cache lacks them. Raises GoFailed or Missing."""
        self.prepare()
        return sorted(self.directory.glob(f"*{Path(self.pattern).suffix}"))

    def fill(self, directory: Path) -> None:
        said = _go(["mod", "download", "-json", f"{self.module}@v{self.version}"], self.module, directory, {})
        found = sorted(Path(json.loads(said[said.index("{") :])["Dir"]).glob(self.pattern))
        if not found:
            raise GoFailed(f"{self.module} {self.version} has no {self.pattern}")
        for file in found:
            shutil.copyfile(file, directory / file.name)


def _go(arguments: list[str], what: str, directory: Path, environment: dict[str, str]) -> str:
    """What the go command said; raises GoFailed with the end of it, or Missing."""
    try:
        done = subprocess.run(
            ["go", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            cwd=directory,
            env={**os.environ, **environment},
            check=False,
        )
    except FileNotFoundError:
        raise Missing("go is missing: install it (Debian: apt-get install golang-go)") from None
    except subprocess.TimeoutExpired:
        raise GoFailed(f"go did not finish with {what} within {LIMIT_SECONDS} s") from None
    if done.returncode != 0:
        said = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-15:])
        raise GoFailed(f"go failed with status {done.returncode} on {what}:\n{said}")
    return done.stdout
