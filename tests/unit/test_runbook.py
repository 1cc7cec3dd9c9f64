"""Each alert has a page in the runbook, and what the pages name exists: alerts, commands, panels, measures."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.monitoring.grafana import page
from tests.monitoring import DASHBOARDS, DIRECTORY, RULES, panels
from tests.shell_snippets import pavilion_problem
from tests.snippets import ROOT
from tests.unit.test_docs import prose

RUNBOOK = ROOT / "docs" / "runbook"
INDEX = RUNBOOK / "README.md"
PAGES = sorted(set(RUNBOOK.glob("*.md")) - {INDEX})
ALERTS = {rule["alert"] for rule in RULES}
SECTIONS_OF_A_PAGE = ["See it", "Causes", "Do", "Over"]
VIEWS = {"Topology", "Tables", "Workers", "Dependencies", "Dead letters", "People"}
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
def test_alerts_are_linked_by_their_names(path: Path) -> None:
    for text, link in re.findall(r"\[(Pavilion\w+)\]\(([^)\s]+)\)", path.read_text()):
        assert title(path.parent / link) == text
    assert set(re.findall(r"\bPavilion[A-Z]\w+", path.read_text())) <= ALERTS


@of_pages
def test_commands_within_sentences_exist(path: Path) -> None:
    """Those in fences are held for every document, by test_snippets.py."""
    assert [problem for words in commands(path) if (problem := pavilion_problem(words))] == []


def commands(path: Path) -> Iterator[list[str]]:
    for code in re.findall(r"`([^`]+)`", prose(path)):
        found = re.match(r"pavilion\s+(.+)", code, re.DOTALL)
        if found is not None and found[1] != "…":
            yield found[1].split()


def test_commands_are_found() -> None:
    found = [" ".join(words) for path in PAGES for words in commands(path)]
    assert {"migrate", "drain", "dead-letters list --pending"} <= set(found)


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
