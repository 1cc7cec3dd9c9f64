"""Every alert is played by ``promtool test rules``: it fires in time, and not before; it stays silent while all is well
and through a short spike; it ends when the trouble does.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.monitoring.alert_cases import CASES, Case, Counter, Series
from tests.monitoring import DIRECTORY, RULES, run_tool

BEFORE = 30
"""Minutes of peace before the trouble: longer than the longest window, so that a rate is what it was."""

AFTER = 20


def values(series: Series, trouble: int, length: int) -> str:
    """What promtool scrapes, once a minute; what ends is marked as stale, as Prometheus does when a target is gone."""
    shown, total, gone = list[str](), 0.0, True
    for minute in range(-BEFORE, length + AFTER):
        ill = 0 <= minute < trouble
        if isinstance(series, Counter):
            total += series.ill if ill else series.well
            shown.append(f"{total:g}")
            continue
        value = series.ill if ill else series.well
        shown.append(f"{value:g}" if value is not None else "_" if gone else "stale")
        gone = value is None
    return " ".join(shown)


def play(case: Case, trouble: int, expected: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    """A test of promtool: whether the alert fires at each minute."""
    length = max(minute for minute, _ in expected)
    chosen = f'alertname="{case.alert}",alertstate="firing",severity="{case.severity}"'
    chosen += f",{case.labels}" if case.labels else ""
    return {
        "interval": "1m",
        "input_series": [{"series": one.series, "values": values(one, trouble, length)} for one in case.series],
        "promql_expr_test": [
            {
                "expr": f"count(ALERTS{{{chosen}}}) or vector(0)",
                "eval_time": f"{BEFORE + minute}m",
                "exp_samples": [{"labels": "{}", "value": int(fires)}],
            }
            for minute, fires in expected
        ],
    }


def plays(case: Case) -> Iterator[dict[str, Any]]:
    silent = [(minute, False) for minute in range(-BEFORE, case.silent + 1)]
    firing = [(minute, True) for minute in range(case.firing, case.until)]
    over = [(minute, False) for minute in range(case.over, case.over + AFTER)]
    yield play(case, case.until, [*silent, *firing, *over])
    if case.spike:
        yield play(case, case.spike, [(minute, False) for minute in range(-BEFORE, case.until + AFTER)])


def played(case: Case, directory: Path, **changed: str) -> str:
    """What promtool says of the case; it gets the rules of that alert alone, which takes it a fraction of the time."""
    rules = [{**rule, **changed} for rule in RULES if rule["alert"] == case.alert]
    (directory / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "one", "rules": rules}]}))
    tests = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": list(plays(case))}
    (directory / "test.yml").write_text(yaml.safe_dump(tests, width=1_000_000))
    return run_tool("promtool", "test", "rules", directory / "test.yml")


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.alert}" for number, case in enumerate(CASES)])
def test_alert(case: Case, tmp_path: Path) -> None:
    assert "SUCCESS" in played(case, tmp_path)


def test_every_rule_is_played() -> None:
    cases = {(case.alert, case.severity) for case in CASES}
    every = {(rule["alert"], rule["labels"]["severity"]) for rule in RULES}
    assert every - cases == {("PavilionWatchdog", "info")}
    assert cases <= every


def test_the_watchdog_always_fires_and_links_to_the_runbook(tmp_path: Path) -> None:
    links = {"runbook": "https://docs.example/runbook", "grafana": "https://grafana.example"}
    [watchdog] = [rule for rule in RULES if rule["alert"] == "PavilionWatchdog"]
    expected = {
        "exp_labels": {"severity": "info"},
        "exp_annotations": {
            "summary": watchdog["annotations"]["summary"],
            "runbook_url": "https://docs.example/runbook/watchdog.md",
            "dashboard_url": "https://grafana.example/d/pavilion-overview",
        },
    }
    test = {
        "external_labels": links,
        "alert_rule_test": [{"eval_time": "1m", "alertname": "PavilionWatchdog", "exp_alerts": [expected]}],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(DIRECTORY / "rules.yml")], "tests": [test]}))
    run_tool("promtool", "test", "rules", path)


@pytest.mark.parametrize(
    "changed", [{"for": "0m"}, {"for": "20m"}, {"expr": "vector(1)"}, {"expr": "vector(1) < 0"}], ids=str
)
def test_the_player_notices_a_rule_that_is_wrong(changed: dict[str, str], tmp_path: Path) -> None:
    [case] = [case for case in CASES if case.alert == "PavilionPartitionsPaused"]
    with pytest.raises(AssertionError, match="FAILED"):
        played(case, tmp_path, **changed)
