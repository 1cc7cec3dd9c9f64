"""Every block of every document is what it says: commands exist, data parses, Python runs."""

from __future__ import annotations

import ast
import html.parser
import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schemas.export import DIRECTORY
from tests.shell_snippets import pavilion_problem, problems
from tests.snippets import DOCUMENTS, ROOT, Snippet, label_problems, snippets

PACKAGES = {"schemas", "streams", "gateway", "topologies", "infra", "pavilion", "tests"}
DIAGRAMS = ("flowchart", "graph", "sequenceDiagram", "stateDiagram", "classDiagram", "erDiagram", "gantt")
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
VOID = {"br", "hr", "img", "input", "link", "meta"}
ELSEWHERE = {"file", "change", "output", "run", "serve"}
"""What tests/e2e/test_documents.py does, in a copy of the tree."""

of_documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path, *languages: str) -> list[Snippet]:
    return [one for one in snippets(path) if one.language in languages and one.kind not in ELSEWHERE]


@of_documents
def test_labels_are_of_the_few_that_there_are(path: Path) -> None:
    assert label_problems(path) == []


@of_documents
def test_commands_exist_with_their_options(path: Path) -> None:
    shell = [one for one in snippets(path) if one.language == "sh" and one.kind not in ("file", "text")]
    assert [f"{one.place}: {problem}" for one in shell for problem in problems(one.text)] == []


@of_documents
def test_data_parses(path: Path) -> None:
    for one in blocks(path, "json", "yaml", "toml"):
        if one.kind == "text":
            continue
        try:
            {"json": json.loads, "toml": tomllib.loads, "yaml": lambda text: [*yaml.safe_load_all(text)]}[one.language](
                one.text
            )
        except ValueError as error:
            pytest.fail(f"{one.place}: {error}; if it is no {one.language}, label it: snippet: text WHY")
        except yaml.YAMLError as error:
            pytest.fail(f"{one.place}: {error}")
        if one.kind == "as":
            schema = json.loads((DIRECTORY / f"{one.argument}.schema.json").read_text())
            jsonschema.validate(json.loads(one.text), schema)


@of_documents
def test_markup_and_scripts_parse(path: Path) -> None:
    for one in blocks(path, "html", "js", "css", "mermaid"):
        if one.language == "html":
            _Balanced(one.place).feed(one.text)
        elif one.language == "mermaid":
            assert one.text.split()[0] in DIAGRAMS, one.place
        elif one.language == "css":
            assert one.text.count("{") == one.text.count("}") > 0, one.place
        elif node := shutil.which("node"):
            command = [node, "--check", "--input-type=module", "-"]
            done = subprocess.run(command, input=one.text, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, f"{one.place}: {done.stderr}"


class _Balanced(html.parser.HTMLParser):
    def __init__(self, place: str) -> None:
        super().__init__()
        self.place, self.open = place, list[str]()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"{self.place}: </{tag}> closes nothing"
        self.open.pop()


# -- Python


@of_documents
def test_python_compiles_and_imports_what_is_there(path: Path) -> None:
    for one in (one for one in snippets(path) if one.language == "python"):
        for node in ast.walk(_parsed(one)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
                if one.kind == "file" or node.module.startswith("schemas.added."):
                    continue  # of what the reader has made before
                module = importlib.import_module(node.module)
                missing = [name.name for name in node.names if not hasattr(module, name.name)]
                assert missing == [], f"{one.place}: {node.module} has no {missing[0]}"


@of_documents
async def test_python_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a document one after the other, in one namespace; tests among them are called, as pytest would."""
    module = types.ModuleType(f"snippets_of_{path.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where structs look up the names in their annotations
    namespace = vars(module)
    for one in blocks(path, "python"):
        if one.kind:
            continue
        before = set(namespace)
        try:
            code = compile(_parsed(one), one.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            if inspect.isawaitable(result := eval(code, namespace)):
                await result
            for name in [name for name in namespace if name not in before and name.startswith("test_")]:
                if inspect.isawaitable(result := namespace[name]()):
                    await result
        except Exception as error:
            advice = "give it what it needs, or label it: snippet: fragment"
            pytest.fail(f"{one.place}: {type(error).__name__}: {error}; {advice}")


def _parsed(one: Snippet) -> ast.Module:
    source = "\n" * one.line + one.text
    tree = compile(source, one.place, "exec", FLAGS, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


@of_documents
def test_what_another_module_runs_is_run_there(path: Path) -> None:
    for one in (one for one in snippets(path) if one.kind == "tested"):
        module = ROOT / one.argument
        assert module.is_file(), f"{one.place}: there is no {one.argument}"
        assert path.name in module.read_text(), f"{one.place}: {one.argument} does not name {path.name}"


# -- the check itself


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pavilion topology show --format svg > topology.svg", None),
        ("pavilion topology draw", "there is no pavilion topology draw"),
        ("PAVILION_DEMO=0 .venv/bin/pavilion run --fast", "pavilion run has no --fast"),
        ("pavilion events", "pavilion events: a command is missing"),
        ("make lint && make fly", "there is no make fly"),
        ("make test SPEED=9", "no target of make uses SPEED"),
        ("curl -s $HOST/v1/counts", None),
        ("curl -X POST $HOST/v1/counts", "there is no POST /v1/counts"),
        ("curl $HOST/v1/notifications/ID \\\n  -X PATCH -d '{\n}'", None),
        ("sudo teleport home", "teleport: no command of ours"),
        ("my-export | pavilion events publish -   # a comment; with | these", None),
        ("cat <<END\nno command\nEND\npython -m nowhere", "there is no module nowhere"),
        ("field() { python3 -c 1; }\nX=$(field a < b)", None),
    ],
)
def test_a_command_that_is_not_there_is_noticed(text: str, problem: str | None) -> None:
    found = problems(text)
    assert (found == []) if problem is None else (len(found) == 1 and found[0].startswith(problem)), found


def test_a_group_of_commands_is_no_command() -> None:
    assert pavilion_problem(["--help"]) is None
    assert pavilion_problem([]) is not None


def test_every_block_is_seen() -> None:
    for path in DOCUMENTS:
        fences = len(re.findall(r"^ *```", path.read_text(), re.MULTILINE))
        assert fences == 2 * len(snippets(path)), path.name
