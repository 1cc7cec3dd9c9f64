"""The documents say what is so: settings, links, code, guarantees, and the agent that CONTRIBUTING adds."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from schemas.durations import format_duration
from schemas.settings import Settings, variable_names

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/*.md"))
GUARANTEES = [f"G{number}" for number in range(1, 10)]
SECTIONS = {f"PAVILION_{name}".upper() for name in Settings.model_fields}

of_documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def prose(path: Path) -> str:
    """Without what stands in fences."""
    return re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


def blocks(path: Path, language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    return [block for kind, block in fences if kind == language]


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


def test_the_readme_leads_to_every_document() -> None:
    linked = set(re.findall(r"\]\(([\w/.-]+)", (ROOT / "README.md").read_text()))
    assert {str(path.relative_to(ROOT)) for path in DOCUMENTS} - {"README.md"} <= linked


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


@of_documents
def test_python_in_documents_compiles(path: Path) -> None:
    for number, block in enumerate(blocks(path, "python"), start=1):
        compile(block, f"{path.name}, block {number}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def files_of_contributing() -> dict[str, str]:
    """What the five steps put into new files, by path."""
    found = re.findall(
        r"In a\s+new\s+file\s+`([\w/]+\.py)`:\n\n```python\n(.*?)^```",
        (ROOT / "CONTRIBUTING.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    return dict(found)


def test_the_agent_of_the_readme_is_the_one_that_contributing_adds() -> None:
    assert blocks(ROOT / "README.md", "python") == [files_of_contributing()["topologies/live.py"]]


def test_the_five_steps_add_an_agent(tmp_path: Path) -> None:
    """Followed in a copy, which is imported before the project: the new test passes, and the graph shows the agent."""
    files = files_of_contributing()
    assert set(files) == {"schemas/live.py", "topologies/live.py", "tests/topology/test_live.py"}
    for room in ("schemas", "topologies"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    package = tmp_path / "topologies" / "__init__.py"
    if not re.search(r"\blive\b", package.read_text()):  # else someone has followed the steps to the letter
        package.write_text(package.read_text().replace("from topologies import ", "from topologies import live, ", 1))

    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAVILION_")}
    environment = {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    options = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    assert "1 passed" in run("-m", "pytest", *options, str(tmp_path / "tests" / "topology" / "test_live.py"))
    [expected] = [block for block in blocks(ROOT / "CONTRIBUTING.md", "") if block.startswith("live ")]
    assert expected in run("-m", "pavilion.cli", "topology", "show")
    check = ["check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "--extend-ignore", "I001"]
    run("-m", "ruff", *check, *(str(tmp_path / name) for name in files))
