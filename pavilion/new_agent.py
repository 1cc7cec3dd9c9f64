"""``pavilion new agent``: a type of event, its agent and its test, in the source tree, ready to be run and changed."""

from __future__ import annotations

import builtins
import keyword
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import streams
import topologies.base
from pavilion.agent_files import AgentFiles
from schemas.errors import NotificationError
from schemas.export import schemas_json
from schemas.registry import TYPE, event_types
from topologies import app

OP = "new agent"
MAX_NAME = 40
EXPORTS = ("schemas.export", "gateway.export")
EXPORT_SECONDS = 120
EXPORTED = ("schemas/json/*.schema.json", "schemas/openapi.json", "schemas/asyncapi.json")


def source_root() -> Path | None:
    """The source tree that runs; None for an installed package."""
    root = Path(topologies.__file__).parents[1]
    return root if (root / "pyproject.toml").is_file() and (root / "tests" / "topology").is_dir() else None


def new_agent(name: str, event: str | None, say: Callable[[str], None]) -> None:
    """Write the files, and the schemas and documents that follow from them; one line for each.

    Raises NotificationError for a name or a type that cannot be, and for files that are there: nothing is overwritten,
    and what was written is taken away again if the schemas cannot be made.
    """
    root = source_root()
    if root is None:
        raise NotificationError(OP, "this is an installed package; run it in the source tree, from its .venv")
    files = AgentFiles(_checked_name(name), _checked_event(event or f"pavilion.{name.replace('_', '-')}.created.v1"))
    if taken := next((path for path in files.paths if (root / path).exists()), None):
        raise NotificationError(OP, f"{taken} is there already; nothing was written")
    if name in app.plans or name in app.agents:
        raise NotificationError(OP, f"an agent is called {name} already")
    before = _exported(root)
    for path, text in files.texts().items():
        (root / path).write_text(text, encoding="utf-8")
    try:
        for module in EXPORTS:
            _export(root, module)
    except NotificationError:
        _undo(root, files, before)
        raise
    for path in files.paths:
        say(f"made    {path}")
    for path, content in _exported(root).items():
        if before.get(path) != content:
            say(f"{'changed' if path in before else 'made   '} {path}")
    say(f"Test it:    {sys.executable} -m pytest {files.paths[2]}")
    say("See it:     pavilion topology show")
    say(f"Try it:     pavilion events example {files.type} | pavilion events publish -   (while `pavilion run` runs)")


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > MAX_NAME:
        reason = f"{name!r} is no name: lower case letters, digits and _, at most {MAX_NAME}, a letter first"
        raise NotificationError(OP, reason)
    used = {*streams.__all__, *vars(topologies.base), *vars(builtins), "event", "found", "seen", "data", "actor"}
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in used:
        raise NotificationError(OP, f"{name!r} has a meaning in a topology already, use another name")
    return name


def _checked_event(event: str) -> str:
    if not TYPE.fullmatch(event) or len(event) > 2 * MAX_NAME:
        reason = f"--event: {event!r} is no type like pavilion.report.created.v1, of at most {2 * MAX_NAME} characters"
        raise NotificationError(OP, reason)
    files = AgentFiles("", event)
    if event in {kind.type_name() for kind in event_types()}:
        raise NotificationError(OP, f"--event: there is an event {event} already")
    if files.kind in schemas_json():
        raise NotificationError(OP, f"--event: {event} would be called {files.kind}, as something else is already")
    topic = app.settings.topics.of_group(files.group)
    for spec in app.plans.values():
        if topic in spec.lanes:
            reason = f"topic {topic} feeds agent {spec.name}, and one topic feeds one agent"
            advice = f"take another group than {files.group}, or see docs/how-to/add-an-event-type.md"
            raise NotificationError(OP, f"--event: {reason}; {advice}")
    return event


def _exported(root: Path) -> dict[str, bytes]:
    found = sorted(path for pattern in EXPORTED for path in root.glob(pattern))
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def _export(root: Path, module: str) -> None:
    """In a process of its own: this one has imported the packages as they were."""
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=root, capture_output=True, text=True, timeout=EXPORT_SECONDS, check=False
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise NotificationError(OP, f"python -m {module}: {lines[-1]}; nothing was written")


def _undo(root: Path, files: AgentFiles, before: dict[str, bytes]) -> None:
    for path in files.paths:
        (root / path).unlink()
    for path in _exported(root).keys() - before.keys():
        (root / path).unlink()
    for path, content in before.items():
        (root / path).write_bytes(content)
