"""Rules, dashboards and their configuration are what Prometheus, Alertmanager and Grafana take, and fit together."""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.processes import Missing
from infra.local.prometheus import program
from infra.monitoring.dashboards import COMMAND, dashboards, differences, main
from infra.monitoring.grafana import Query, filtered, graph, limits, page
from tests.monitoring import DASHBOARDS, DIRECTORY, ROOT, RULES, panels, queries, run_tool

ALERTS = sorted({rule["alert"] for rule in RULES})
EVERY_PANEL = [(name, panel) for name, dashboard in DASHBOARDS.items() for panel in panels(dashboard)]
EVERY_ID = [f"{name}: {panel['title']}" for name, panel in EVERY_PANEL]
UNITS = {"short", "s", "ops", "percentunit", "bytes"}


def load(name: str) -> Any:
    return yaml.safe_load((DIRECTORY / name).read_text())


# -- rules


def test_promtool_takes_the_rules_and_the_configuration() -> None:
    assert f"{len(RULES)} rules found" in run_tool("promtool", "check", "rules", DIRECTORY / "rules.yml")
    run_tool("promtool", "check", "config", DIRECTORY / "prometheus.yml")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_alert_says_what_how_bad_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    notes = rule["annotations"]
    assert notes["runbook_url"] == "{{ $externalLabels.runbook }}/" + page(rule["alert"])
    dashboard = re.fullmatch(r"\{\{ \$externalLabels\.grafana \}\}/d/pavilion-(\w+)", notes["dashboard_url"])
    assert dashboard is not None
    assert dashboard[1] in DASHBOARDS
    if rule["alert"] != "PavilionWatchdog":
        assert notes["summary"]
        assert notes["description"].endswith(".")


def test_links_begin_with_external_labels_that_alerts_do_not_carry() -> None:
    configuration = load("prometheus.yml")
    labels = configuration["global"]["external_labels"]
    used = set(re.findall(r"\$externalLabels\.(\w+)", (DIRECTORY / "rules.yml").read_text()))
    assert used == set(labels)
    [drop] = configuration["alerting"]["alert_relabel_configs"]
    assert drop["action"] == "labeldrop"
    assert all(re.fullmatch(drop["regex"], label) for label in labels)


def test_jobs_are_those_that_the_rules_and_dashboards_know() -> None:
    jobs = {scrape["job_name"]: scrape for scrape in load("prometheus.yml")["scrape_configs"]}
    everything = (DIRECTORY / "rules.yml").read_text() + "".join(query.expression for query in queries())
    assert set(re.findall(r'job="([\w-]+)"', everything)) == {"pavilion-worker", "pavilion-gateway"}
    found = {
        job: (config["names"], config["port"])
        for job, scrape in jobs.items()
        for config in scrape.get("dns_sd_configs", [])
    }
    assert found == {"pavilion-worker": (["worker"], 6066), "pavilion-gateway": (["gateway"], 8000)}


def test_a_program_that_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(Missing, match=r"no-such-program is missing: install it \(Debian: apt-get install prometheus\)"):
        program("no-such-program", package="prometheus")


# -- Alertmanager


def test_amtool_takes_the_configuration() -> None:
    run_tool("amtool", "check-config", DIRECTORY / "alertmanager.yml")


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=PavilionBreakerOpen severity=critical", "on-call"),
        ("alertname=PavilionLag severity=warning", "team"),
        ("alertname=PavilionVersionsMixed severity=info", "page"),
        ("alertname=PavilionWatchdog severity=info", "watchdog"),
    ],
)
def test_alerts_go_to_whom_they_concern(labels: str, receiver: str) -> None:
    said = run_tool(
        "amtool", "config", "routes", "test", f"--config.file={DIRECTORY / 'alertmanager.yml'}", *labels.split()
    )
    assert said.strip() == receiver


def test_what_follows_from_a_cause_is_known() -> None:
    for rule in load("alertmanager.yml")["inhibit_rules"]:
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]:
            name, pattern = re.fullmatch(r'(\w+) =~? "(.+)"', matcher).groups()  # type: ignore[union-attr]
            if name == "alertname":
                for one in re.sub(r"\w*\(|\)", "", pattern).split("|"):
                    assert f"Pavilion{one.removeprefix('Pavilion')}" in ALERTS


def test_the_example_of_receivers_is_what_alertmanager_takes(tmp_path: Path) -> None:
    [example] = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/monitoring.md").read_text(), re.DOTALL | re.MULTILINE)
    configuration = yaml.safe_load((DIRECTORY / "alertmanager.yml").read_text())
    receivers = yaml.safe_load(example)["receivers"]
    assert {one["name"] for one in receivers} == {one["name"] for one in configuration["receivers"]}
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml.safe_dump({**configuration, "receivers": receivers}))
    run_tool("amtool", "check-config", path)


def test_no_secret_is_in_the_configuration() -> None:
    for path in DIRECTORY.rglob("*.yml"):
        assert not re.search(r"(password|token|secret|api_key|routing_key|api_url)\s*:", path.read_text()), path.name


# -- dashboards


def test_the_files_equal_their_declarations(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert differences() == [], f"run `{COMMAND}`"
    monkeypatch.setattr(sys, "argv", [COMMAND, "--check"])
    main()
    assert capsys.readouterr().out == ""


def test_a_file_that_was_changed_by_hand_is_named(tmp_path: Path) -> None:
    for name, text in dashboards().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "overview.json").write_text("{}")
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "gateway.json").unlink()
    assert differences(tmp_path) == ["gateway.json differs", "mine.json differs", "overview.json differs"]


def test_promtool_parses_every_query(tmp_path: Path) -> None:
    shown = list(queries())
    assert len(shown) > 60
    rules = [{"record": f"query:{number}", "expr": query.expression} for number, query in enumerate(shown)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert f"{len(shown)} rules found" in run_tool("promtool", "check", "rules", path)


@pytest.mark.parametrize(("name", "panel"), EVERY_PANEL, ids=EVERY_ID)
def test_every_panel_is_complete(name: str, panel: dict[str, Any]) -> None:
    assert len(panel["description"]) > 10
    assert panel["targets"]
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
        assert "@" not in target["expr"]
        assert "$namespace" in target["expr"]
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)


@pytest.mark.parametrize(("name", "panel"), EVERY_PANEL, ids=EVERY_ID)
def test_legends_name_labels_that_the_query_leaves(name: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        kept = re.match(r"(?:histogram_quantile\([\d.]+, )?(?:sum|max|count) by \(([^)]*)\)", target["expr"])
        if kept is not None:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= set(re.split(r",\s*", kept[1]))
            assert set(re.split(r",\s*", kept[1])) - {"le"} <= labels or panel["type"] == "heatmap"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_laid_out_and_nothing_overlaps(name: str) -> None:
    dashboard = DASHBOARDS[name]
    cells: Counter[tuple[int, int]] = Counter()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells.update(
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
    assert max(cells.values()) == 1
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_has_its_variables_and_links(name: str) -> None:
    dashboard = DASHBOARDS[name]
    assert dashboard["uid"] == f"pavilion-{name}"
    assert dashboard["schemaVersion"] >= 39
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert {"datasource", "namespace", "job", "instance", "runbook", "console"} <= set(variables)
    used = set(re.findall(r"\$\{?(\w+)", str(dashboard))) - {"__rate_interval", "__all"}
    assert used == set(variables)
    assert [link["title"] for link in dashboard["links"]] == ["Runbook", "Console", "Dashboards"]


def test_the_overview_begins_with_the_five_measures() -> None:
    first = [panel["targets"][0]["expr"] for panel in panels(DASHBOARDS["overview"])[:5]]
    measures = (
        "event_processing_seconds",
        "deliveries_total",
        "consumer_lag_seconds",
        "retry_queue_depth",
        "dead_letter",
    )
    assert all(f"pavilion_{measure}" in query for measure, query in zip(measures, first, strict=True))


def test_every_alert_that_can_be_drawn_is_on_a_dashboard() -> None:
    drawn = {link["title"].removeprefix("Runbook: ") for _, panel in EVERY_PANEL for link in panel["links"]}
    seen_otherwise = {
        "PavilionWatchdog",
        "PavilionNoWorker",
        "PavilionNoGateway",
        "PavilionGatewayDown",
        "PavilionGatewayNotReading",
        "PavilionVersionsMixed",
        "PavilionBulkLag",
        "PavilionRetryStuck",
        "PavilionCertificateExpires",
        "PavilionIssuerKeysOld",
    }
    assert drawn | seen_otherwise == set(ALERTS)
    assert not drawn & seen_otherwise


def test_limits_are_drawn_where_the_rules_fire() -> None:
    assert limits("PavilionLag") == [("orange", 60.0), ("red", 600.0)]
    assert limits("PavilionErrorRate") == [("orange", 0.05)]
    assert limits("PavilionPartitionsPaused") == [("orange", 0.5)]
    with pytest.raises(ValueError, match="there is no alert PavilionNothing"):
        limits("PavilionNothing")
    with pytest.raises(ValueError, match="no number ends"):
        limits("PavilionWorkerDown")


def test_filters_stand_where_they_are_asked_for() -> None:
    assert filtered('a{@,b="c"} + d{@group} + e{@agent}') == (
        'a{namespace=~"$namespace",job=~"$job",instance=~"$instance",b="c"} + d{namespace=~"$namespace"}'
        ' + e{namespace=~"$namespace",job=~"$job",instance=~"$instance",agent=~"$agent"}'
    )
    assert graph("t", "a", Query("b")).kind == "timeseries"


def test_grafana_finds_the_dashboards_and_prometheus() -> None:
    [source] = load("grafana/provisioning/datasources/pavilion.yml")["datasources"]
    assert source["jsonData"]["timeInterval"] == load("prometheus.yml")["global"]["scrape_interval"]
    [provider] = load("grafana/provisioning/dashboards/pavilion.yml")["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
