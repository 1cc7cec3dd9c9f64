"""What the tests of monitoring share: the rules and dashboards as they are checked in, and Prometheus's own tools."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from infra.local.prometheus import program

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / "infra" / "monitoring"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((DIRECTORY / "grafana").glob("dashboards/*"))}
GROUPS: list[dict[str, Any]] = yaml.safe_load((DIRECTORY / "rules.yml").read_text())["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]

NAME = re.compile(r"\b((?:pavilion|process)_\w+)\b(?:\{([^}]*)\})?")


class Shown(NamedTuple):
    """A query of a dashboard, with values for Grafana's variables."""

    dashboard: str
    panel: str
    expression: str


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the rows' headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(rate_interval: str = "1m") -> Iterator[Shown]:
    for name, dashboard in DASHBOARDS.items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield Shown(name, panel["title"], with_values(target["expr"], rate_interval))
        for annotation in dashboard["annotations"]["list"]:
            yield Shown(name, annotation["name"], with_values(annotation["expr"], rate_interval))


def with_values(expression: str, rate_interval: str) -> str:
    """All of everything, as a dashboard that was just opened shows."""
    return re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", rate_interval))


def names(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The measures in an expression, each with the labels that it is chosen by."""
    for name, matchers in NAME.findall(expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=|!)", matchers))


def run_tool(tool: str, *arguments: str | Path) -> str:
    """What ``promtool`` or ``amtool`` say; raises AssertionError with it if they refuse."""
    package = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}[tool]
    done = subprocess.run(
        [program(tool, package=package), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
