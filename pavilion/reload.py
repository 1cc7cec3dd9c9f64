"""``pavilion run`` begins anew when its code changes: in place, in the same process, once the new code can be imported.

Until it can, what runs goes on, and one line says what is wrong. Sockets are told to come back, cursors are in the log,
so nothing is lost between. ``python -m pavilion.reload`` imports everything and says in one line why it could not.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

from schemas.errors import NotificationError
from schemas.settings import Settings

if TYPE_CHECKING:  # it imports what may be broken just now
    from pavilion.process import Stop

PACKAGES = ("schemas", "streams", "gateway", "topologies", "infra", "pavilion")
IMPORT_SECONDS = 60.0
GRACE_SECONDS = 2.0
"""So long sockets have to go before they are cut: who saved a file looks at the screen."""

Say = Callable[[str], None]


def source_tree() -> Path | None:
    """Where the code is that runs, if it is a source tree; None for an installed package, which nobody edits."""
    root = Path(__file__).parents[1]
    return root if (root / "pyproject.toml").is_file() else None


def _rooms(root: Path) -> list[Path]:
    return [root / name for name in PACKAGES]


class Reloading:
    """Watches the packages of ``root``; :attr:`wanted` once new code waits to be run."""

    def __init__(self, root: Path, say: Say, tell: Say) -> None:
        self._root = root
        self._say, self._tell = say, tell
        self.wanted = False

    @contextlib.asynccontextmanager
    async def during(self, stop: Stop) -> AsyncIterator[None]:
        """Ask for the stop when there is new code, for as long as the block lasts."""
        watching = asyncio.create_task(self._watch(stop), name="reload")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, stop: Stop) -> None:
        async for changed in self._changes():
            if reason := await self._cannot_import():
                self._tell(f"pavilion: not reloaded: {reason}")
                continue
            self._say(f"{', '.join(changed)} changed: starting again.")
            self.wanted = True
            stop.asked.set()
            await asyncio.sleep(GRACE_SECONDS)
            stop.forced.set()
            return

    async def _changes(self) -> AsyncIterator[list[str]]:
        async for changes in watchfiles.awatch(*_rooms(self._root), watch_filter=watchfiles.PythonFilter()):
            yield sorted({str(Path(path).relative_to(self._root)) for _, path in changes})

    async def _cannot_import(self) -> str | None:
        """Why the code as it is now cannot be run; None if it can."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pavilion.reload"),
            cwd=self._root,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), IMPORT_SECONDS)
        except TimeoutError:
            return f"importing it took longer than {IMPORT_SECONDS:g} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return None
        lines = output.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"status {process.returncode}"


def run_reloading(root: Path, settings: Settings, say: Say, tell: Say) -> None:
    """``pavilion run`` on the code in ``root``, and again whenever that changes, until it is stopped."""
    try:
        process = importlib.import_module("pavilion.process")
    except Exception as error:  # whatever the code that is being written says
        tell(f"pavilion: {reason_of(error, root)}; waiting for the next save")
        next(iter(watchfiles.watch(*_rooms(root), watch_filter=watchfiles.PythonFilter())))
        again()
    reloading = Reloading(root, say, tell)

    async def main(stop: Stop) -> None:
        async with reloading.during(stop):
            await process.everything(settings, stop, say)

    process.run_process(main)
    if reloading.wanted:
        again()


def again() -> None:
    """Replace this process by the same command on the code as it is now; never returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def reason_of(error: BaseException, root: Path) -> str:
    """Where in ``root`` an import failed, and why, as one line."""
    if isinstance(error, NotificationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename, root)}:{error.lineno}: {error.msg}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    at = f"{_short(own[-1].filename, root)}:{own[-1].lineno}: " if own else ""
    return f"{at}{type(error).__name__}: {error}".splitlines()[0]


def _short(path: str, root: Path) -> str:
    return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else path


def main() -> None:
    """Import what ``pavilion run`` runs."""
    root = source_tree() or Path.cwd()
    try:
        importlib.import_module("pavilion.process")
        from topologies import app

        app.specs()
    except Exception as error:
        sys.exit(reason_of(error, root))


if __name__ == "__main__":
    main()
