"""Whether the commands of a shell block exist, with their options, targets and routes, without running them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from gateway.app import API_ROUTES
from gateway.raw_events import RAW_EVENT_ROUTES
from pavilion.cli import cli
from tests.snippets import ROOT

SEPARATORS = {"|", "||", "&&", ";", "&", "(", ")", "{", "}", "do", "done", "then", "fi", "else"}
OUTSIDE = {
    *("cat", "cd", "cp", "curl", "cut", "date", "docker", "echo", "export", "for", "git", "grep", "head", "helm", "if"),
    *("jq", "kill", "kubectl", "ls", "mkdir", "node", "npm", "npx", "openssl", "pip", "printf", "python3", "rm"),
    *("sed", "sleep", "source", "tail", "tar", "test", "tr", "wait", "while", "xargs", "xdg-open"),
    *("amtool", "alertmanager", "grafana", "prometheus", "promtool", "redis-cli", "cqlsh", "pulsar-admin", "rclone"),
}
"""What a reader has from elsewhere; a command of nobody's is a mistake of the document."""

_MAKEFILE = (ROOT / "Makefile").read_text()
_TARGETS = set(re.findall(r"^([a-z]+):", _MAKEFILE, re.MULTILINE))
_ROUTES = [(one.path, one.methods or set()) for one in (*API_ROUTES, *RAW_EVENT_ROUTES)]
_OURS = re.compile(r"^(?:\$\{?(?:HOST|BASE|URL|GATEWAY)\}?|https?://(?:127\.0\.0\.1|localhost):80\d\d)(/[^?#\s]*)")


def problems(text: str) -> list[str]:
    """One line for each command that is not there."""
    known = set(re.findall(r"^\s*(\w+)\(\)", text, re.MULTILINE))
    return [found for command in commands(text) if (found := _problem(command, known))]


def commands(text: str) -> Iterator[list[str]]:
    """Each simple command as words: no assignments before it, no comments, no here-documents, no redirections."""
    waiting, end = "", ""
    for line in text.splitlines():
        if end:
            end = "" if line.strip() == end else end
            continue
        waiting += line
        if waiting.endswith("\\"):
            waiting = waiting[:-1] + " "
            continue
        lexer = shlex.shlex(waiting, posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        try:
            words = _without_comment(list(lexer))
        except ValueError:  # a quotation that goes on
            waiting += "\n"
            continue
        waiting = ""
        if here := re.search(r"<<-?\s*'?(\w+)", line):
            end = here[1]
        yield from _split(words)


def _without_comment(words: list[str]) -> list[str]:
    index = next((index for index, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:index]


def _split(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    skip = False
    for word in [*words, ";"]:
        if skip or re.fullmatch(r"[<>]+&?", word):  # a redirection and its target
            skip = not skip
        elif word in SEPARATORS or set(word) <= set("|&;()"):
            if command:
                yield command
            command = []
        elif command or not (re.match(r"\w+=", word) or word in ("$", "!", "exec", "sudo", "time") or "…" in word):
            command.append(word)


def _problem(words: list[str], known: set[str]) -> str | None:
    name, arguments = words[0], words[1:]
    own = Path(name).name if name.startswith((".venv/bin/", "bin/")) else None
    if name == "pavilion" or own == "pavilion":
        return pavilion_problem(arguments)
    if name in ("python", ".venv/bin/python", "python3") and arguments[:1] == ["-m"]:
        return _module_problem(arguments[1:])
    if own is not None:
        return None if Path(sys.executable).with_name(own).exists() else f"{name} is not in the environment"
    if name == "make":
        return _make_problem(arguments)
    if name == "curl":
        return _curl_problem(arguments)
    if name.startswith(("infra/", "./", "tests/")):
        return None if (ROOT / name).exists() else f"{name} is not there"
    if name in OUTSIDE or name in known or name.startswith("my-"):
        return None
    return f"{name}: no command of ours, nor one in OUTSIDE of tests/shell_snippets.py"


def pavilion_problem(arguments: list[str]) -> str | None:
    """Why ``pavilion ARGUMENTS`` is no call that could succeed; values are not looked at."""
    command: Any = typer.main.get_command(cli)
    path, rest = ["pavilion"], [*arguments]
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return None if "--help" in rest else f"{' '.join(path)}: a command is missing"
        path.append(rest.pop(0))
        if path[-1] not in command.commands:
            return f"there is no {' '.join(path)}, but {', '.join(sorted(command.commands))}"
        command = command.commands[path[-1]]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    wrong = [word for word in rest if word.startswith("-") and word != "-" and word.partition("=")[0] not in options]
    return f"{' '.join(path)} has no {wrong[0]}" if wrong else None


def _module_problem(arguments: list[str]) -> str | None:
    if arguments and arguments[0] == "pavilion.cli":
        return pavilion_problem(arguments[1:])
    if arguments and importlib.util.find_spec(arguments[0]) is not None:
        return None
    return f"there is no module {' '.join(arguments[:1])}"


def _make_problem(arguments: list[str]) -> str | None:
    for word in arguments:
        variable, given, _ = word.partition("=")
        if given and f"$({variable})" not in _MAKEFILE:
            return f"no target of make uses {variable}"
        if not given and not word.startswith("-") and word not in _TARGETS:
            return f"there is no make {word}"
    return None


def _curl_problem(arguments: list[str]) -> str | None:
    """The route, if it is one of ours, with its method."""
    method, given = "GET", [*arguments]
    for word, following in zip(given, [*given[1:], ""], strict=True):
        if word in ("-X", "--request"):
            method = following
        elif word in ("-d", "--data", "--data-binary", "--json") and method == "GET":
            method = "POST"
    for word in given:
        if not (match := _OURS.match(word)):
            continue
        served = [methods for path, methods in _ROUTES if _matches(path, match[1])]
        if match[1].startswith(("/v1/", "/stats/")) and not any(method in methods for methods in served):
            return f"there is no {method} {match[1]}"
    return None


def _matches(path: str, given: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{\w+(:\w+)?\\\}", "[^/]+", re.escape(path)), given) is not None
