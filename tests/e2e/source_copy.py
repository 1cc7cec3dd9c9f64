"""A copy of the source tree, for what writes into one: commands run there as they would in the tree itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "streams", "gateway", "topologies", "infra", "pavilion")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "browser", "node_modules")


class SourceCopy:
    """The packages, the topology tests and the documents in ``path``, and the cache of mypy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for room in (*ROOMS, "docs", "tests/topology"):
            shutil.copytree(ROOT / room, path / room, ignore=LEFT_OUT)
        for name in (*FILES, "tests/__init__.py", "tests/conftest.py", "tests/services.py"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, path / name)
        if (ROOT / ".mypy_cache").is_dir():  # keyed by content: only what a test adds is analysed
            shutil.copytree(ROOT / ".mypy_cache", path / ".mypy_cache")

    def environment(self, **settings: str) -> dict[str, str]:
        """The settings by their names without the prefix."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PAVILION_")}
        own |= {"PYTHONPATH": str(self.path), "PYTHONDONTWRITEBYTECODE": "1"}
        own |= {"PATH": os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", "")])}
        return own | {f"PAVILION_{name}": value for name, value in settings.items()}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """``python ARGUMENTS`` in the copy."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def pavilion(self, *arguments: str, **settings: str) -> str:
        """The output of a command that has to succeed."""
        done = self.run("-m", "pavilion.cli", *arguments, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
