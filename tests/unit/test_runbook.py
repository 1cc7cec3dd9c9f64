"""Each alert has a page in the runbook, and what the pages name exists: alerts, commands, settings, panels, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from infra.monitoring.grafana import page
from pavilion.cli import cli
from schemas.settings import variable_names
from tests.monitoring import DASHBOARDS, DIRECTORY, RULES, panels
from tests.unit.test_docs import ROOT, SECTIONS, anchors, blocks, prose

RUNBOOK = ROOT / "docs" / "runbook"
INDEX = RUNBOOK / "README.md"
PAGES = sorted(set(RUNBOOK.glob("*.md")) - {INDEX})
ALERTS = {rule["alert"] for rule in RULES}
SECTIONS_OF_A_PAGE = ["See it", "Causes", "Do", "Over"]
VIEWS = {"Topology", "Tables", "Workers", "Dependencies", "Dead letters", "Users"}
"""The console's views."""

of_pages = pytest.mark.parametrize("path", [INDEX, *PAGES], ids=lambda path: path.stem)


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    assert {path.name: title(path) for path in PAGES} == {page(alert): alert for alert in ALERTS}


def title(path: Path) -> str:
    return path.read_text().partition("\n")[0].removeprefix("# ")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_what_it_means_for_users_and_what_to_do(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS_OF_A_PAGE
    introduction = text.partition("\n## ")[0]
    assert re.search(r"\*\*Users\*\*|for users", introduction)
    steps = text.partition("\n## Do\n")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE)[:1] == ["1"]


def test_the_index_has_every_alert_where_its_severity_says() -> None:
    headings = {"critical": "Wake somebody", "warning": "Today", "info": "For information"}
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", INDEX.read_text(), re.DOTALL | re.MULTILINE))
    for severity, heading in headings.items():
        listed = set(re.findall(r"\[(Pavilion\w+)\]", sections[heading]))
        assert listed == {rule["alert"] for rule in RULES if rule["labels"]["severity"] == severity}


@of_pages
def test_links_lead_somewhere_and_alerts_are_linked_by_their_names(path: Path) -> None:
    for text, link in re.findall(r"\[([^\]]+)\]\(([^)\s]+)\)", prose(path)):
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve()
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link
        if text.startswith("Pavilion"):
            assert title(file) == text
    assert set(re.findall(r"\bPavilion[A-Z]\w+", path.read_text())) <= ALERTS


@of_pages
def test_what_looks_like_a_setting_is_one(path: Path) -> None:
    named = set(re.findall(r"PAVILION_[A-Z0-9_]*[A-Z0-9]", path.read_text()))
    assert named - set(variable_names()) - SECTIONS == set()


@of_pages
def test_what_looks_like_a_command_is_one(path: Path) -> None:
    for words in commands(path):
        check_command(words)


def commands(path: Path) -> Iterator[list[str]]:
    """What comes after `pavilion` in code, within a sentence or on a line of a fence."""
    lines = [line for block in blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for code in [*re.findall(r"`([^`]+)`", prose(path)), *lines]:
        found = re.search(r"(?:^|\s)pavilion\s+([^#]+)", code)
        if found is not None and found[1] != "…":
            yield found[1].split()


def test_commands_are_found() -> None:
    found = [" ".join(words) for path in PAGES for words in commands(path)]
    assert "migrate" in found
    assert "dead-letters replay --agent video --error InvalidEventType --rate 50" in found
    assert len(found) > 20


def check_command(words: list[str]) -> None:
    """Follow the words through groups to a command, and look its options up."""
    command: Any = typer.main.get_command(cli)
    while hasattr(command, "commands"):
        assert words, f"{command.name} is a group: which of its commands?"
        assert words[0] in command.commands, f"there is no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    named = {word for word in words if word.startswith("--")}
    assert named <= options, f"{command.name} has no {named - options}"


@pytest.mark.parametrize("words", ["drian", "dead-letters", "dead-letters replay --al", "dead-letters reply"])
def test_a_command_that_does_not_exist_is_noticed(words: str) -> None:
    with pytest.raises(AssertionError):
        check_command(words.split())


@of_pages
def test_what_is_to_be_looked_at_is_there(path: Path) -> None:
    """What stands in italics is a dashboard, one of its panels, or a view of the console."""
    titles = {panel["title"] for dashboard in DASHBOARDS.values() for panel in panels(dashboard)}
    dashboards = {dashboard["title"].removeprefix("Pavilion · ") for dashboard in DASHBOARDS.values()}
    seen = re.sub(r"\s+", " ", path.read_text().replace("**", ""))
    named = set(re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", seen))
    assert named - titles - dashboards - VIEWS == set()


@of_pages
def test_measures_that_are_named_are_known_to_a_rule_or_a_panel(path: Path) -> None:
    everything = (DIRECTORY / "rules.yml").read_text() + str(DASHBOARDS)
    assert [name for name in re.findall(r"pavilion_\w+", path.read_text()) if name not in everything] == []
