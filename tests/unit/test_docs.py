"""The documents say what is so: settings, links, guarantees, commands, and what the test driver can do."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import streams.testing
from pavilion.commands import COMMAND, DOCUMENT, document
from schemas.durations import format_duration
from schemas.settings import Settings, variable_names
from streams.testing import TopologyTestDriver
from tests.snippets import DOCUMENTS, ROOT, snippets

GUARANTEES = [f"G{number}" for number in range(1, 10)]
SECTIONS = {f"PAVILION_{name}".upper() for name in Settings.model_fields}

of_documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def prose(path: Path) -> str:
    """Without what stands in fences."""
    return re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


# -- settings


def shown(value: Any) -> str:
    """A default as docs/settings.md writes it."""
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        value = ",".join(value)
    return f"`{value}`" if value not in (None, "") else "none"


def defaults() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        variable = f"PAVILION_{name.upper()}"
        if isinstance(field.default, BaseModel):
            found |= {f"{variable}__{part.upper()}": shown(value) for part, value in field.default}
        else:
            found[variable] = shown(field.default)
    return found


def test_every_setting_is_listed_with_its_default_and_nothing_else() -> None:
    rows = re.findall(r"^\| `(PAVILION_\w+)` \| (.+?) \| (.*?) ?\|$", (ROOT / "docs/settings.md").read_text(), re.M)
    assert [name for name, _, _ in rows if sum(name == other for other, _, _ in rows) > 1] == []
    assert {name: default for name, default, _ in rows} == defaults()
    assert defaults().keys() == set(variable_names())


@of_documents
def test_what_looks_like_a_setting_is_one(path: Path) -> None:
    meant_wrong = {"PAVILION_GATEWAY__PROT"} if path.name == "settings.md" else set()
    named = set(re.findall(r"PAVILION_[A-Z0-9_]*[A-Z0-9]", path.read_text()))
    assert named - set(variable_names()) - SECTIONS == meant_wrong


# -- links


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@of_documents
def test_links_lead_somewhere(path: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        if not file.is_relative_to(ROOT) or not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(link)
    assert wrong == []


def test_the_indexes_lead_to_every_document() -> None:
    """README.md to those in docs, docs/README.md to all below it; a room of docs may have an index of its own."""
    linked = set()
    for index in (path for path in DOCUMENTS if path.name == "README.md"):
        targets = re.findall(r"\]\(([\w/.-]+)", index.read_text())
        linked |= {(index.parent / target).resolve() for target in targets}
    assert [str(path.relative_to(ROOT)) for path in DOCUMENTS if path not in linked | {ROOT / "README.md"}] == []


# -- words


@of_documents
def test_no_document_promises_more_than_is_kept(path: Path) -> None:
    assert re.findall(r"(?i)\bexactly[\s-]+once\b", path.read_text()) == []


# -- guarantees


def marks(path: Path) -> set[str]:
    """The guarantees that tests of a module are marked with."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    marked = [call for call in calls if ast.unparse(call.func) == "pytest.mark.guarantee"]
    return {str(ast.literal_eval(call.args[0])) for call in marked}


@pytest.mark.parametrize("name", GUARANTEES)
def test_the_modules_named_for_a_guarantee_hold_it(name: str) -> None:
    text = (ROOT / "docs/guarantees.md").read_text()
    [section] = re.findall(rf"^## {name}: .+?(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    for part in ("**How.**", "**Limits.**", "**Tests.**"):
        assert part in section
    modules = [ROOT / "docs" / link for link in re.findall(r"\]\((\.\./tests/[^)]+)\)", section)]
    assert modules
    assert [module.name for module in modules if name not in marks(module)] == []


def test_no_test_is_marked_with_what_is_no_guarantee() -> None:
    wrong = {path.name: marks(path) - set(GUARANTEES) for path in (ROOT / "tests").rglob("test_*.py")}
    assert {name: found for name, found in wrong.items() if found} == {}


# -- code


def test_the_agent_of_the_readme_is_the_one_that_the_tutorial_makes() -> None:
    [agent] = [one.text for one in snippets(ROOT / "docs/tutorial.md") if one.argument == "topologies/live.py"][:1]
    assert [one.text for one in snippets(ROOT / "README.md") if one.language == "python"] == [agent]


def test_every_command_is_documented_as_its_help_says() -> None:
    assert DOCUMENT.read_text() == document(), f"run `{COMMAND}`"


def test_everything_that_the_driver_can_do_is_documented() -> None:
    text = (ROOT / "docs/testing.md").read_text()
    public = [name for name in vars(TopologyTestDriver) if not name.startswith("_")]
    missing = [name for name in (*public, *streams.testing.__all__) if not re.search(rf"\b{name}\b", text)]
    assert set(missing) <= {"TableView"}
