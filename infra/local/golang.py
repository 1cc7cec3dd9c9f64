"""Services written in Go, built from their module by the machine's own Go."""

import os
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
        environment = {**os.environ, "GOBIN": str(directory), "CGO_ENABLED": "0"}
        try:
            done = subprocess.run(
                ["go", "install", f"{self.package}@v{self.version}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LIMIT_SECONDS,
                cwd=directory,
                env=environment,
                check=False,
            )
        except FileNotFoundError:
            raise Missing("go is missing: install it (Debian: apt-get install golang-go)") from None
        except subprocess.TimeoutExpired:
            raise GoFailed(f"go did not build {self.name} within {LIMIT_SECONDS} s") from None
        if done.returncode != 0:
            said = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-15:])
            raise GoFailed(f"go failed with status {done.returncode} on {self.package}:\n{said}")
