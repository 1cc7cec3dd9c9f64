"""docs/commands.md: every command with its options, from the declarations that `--help` reads too.

``python -m pavilion.commands`` writes it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from pavilion.cli import cli

COMMAND = "python -m pavilion.commands"
DOCUMENT = Path(__file__).parents[1] / "docs" / "commands.md"
_HEAD = f"""\
# Commands

What `pavilion --help` and the help of each command say. Settings are environment variables: [settings.md](settings.md).
Every command exits with 0 on success, else with 1 and one line that says why, and with 2 for a call that is wrong.
This page is written by `{COMMAND}`.
"""


def document() -> str:
    """The Markdown of the page, the same for the same commands."""
    parts = [_HEAD]
    for path, command in _walk(("pavilion",), typer.main.get_command(cli)):
        parts.append("\n".join(_section(path, command)))
    return "\n".join(parts)


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, one in sorted(command.commands.items()):
        if not one.hidden:
            yield from _walk((*path, name), one)


def _section(path: tuple[str, ...], command: Any) -> Iterator[str]:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    arguments = [_name(one) for one in shown if one.param_type_name == "argument"]
    yield f"## {' '.join(path)}"
    yield ""
    yield f"`{' '.join((*path, *arguments))}`"
    yield ""
    yield inspect.cleandoc(command.help or "")
    yield ""
    if shown:
        yield "| | |"
        yield "| --- | --- |"
        for one in shown:
            yield f"| `{_name(one)}` | {_help(one)} |"
        yield ""


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return ", ".join((*parameter.opts, *parameter.secondary_opts))


def _help(parameter: Any) -> str:
    text = " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "\\|")
    shown = parameter.default
    if parameter.param_type_name == "option" and shown not in (None, False, "", ()) and not callable(shown):
        text += f" Default: {shown}."
    return text


def main() -> None:
    DOCUMENT.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")


if __name__ == "__main__":
    main()
