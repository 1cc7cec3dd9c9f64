"""Grafana dashboards from short declarations: panels with their queries, in rows, with the variables that all share.

In a query ``@`` stands for the filter by the dashboard's variables, ``@group`` for the one by ``$namespace`` alone,
which figures of the whole group need: every worker tells those alike. The JSON is that of Grafana 11; 12 reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

RULES = Path(__file__).with_name("rules.yml")

SCHEMA_VERSION = 39
"""Of Grafana 11.0: a newer one migrates what it reads, an older one refuses nothing but may show less."""

FILTERS = {
    "@group": 'namespace=~"$namespace"',
    "@agent": 'namespace=~"$namespace",job=~"$job",instance=~"$instance",agent=~"$agent"',
    "@": 'namespace=~"$namespace",job=~"$job",instance=~"$instance"',
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, ORANGE, RED, GREY = "green", "orange", "red", "text"


def page(alert: str) -> str:
    """The runbook page of an alert: ``PavilionNoWorker`` has ``no-worker.md``."""
    return "-".join(re.findall(r"[A-Z][a-z]*", alert.removeprefix("Pavilion"))).lower() + ".md"


def limits(alert: str) -> list[tuple[str, float]]:
    """Where the rules of ``alert`` begin to fire, each with its colour: the number that ends their first comparison.

    Grafana paints from a limit on, and rules fire above it: more than none begins at a half.
    """
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found = []
    for rule in (rule for group in groups for rule in group["rules"] if rule["alert"] == alert):
        first = re.split(r"\sand\s|\sunless\s", rule["expr"])[0]
        number = re.search(r">=?\s*([\d.]+)\)?\s*$", first)
        if number is None:
            raise ValueError(f"{alert}: no number ends the comparison in {first!r}")
        found.append((RED if rule["labels"]["severity"] == "critical" else ORANGE, float(number[1]) or 0.5))
    if not found:
        raise ValueError(f"there is no alert {alert}")
    return found


@dataclass(frozen=True)
class Query:
    """``legend`` names each series, as in ``{{agent}}``. ``exemplar`` also asks for traces of single events."""

    expression: str
    legend: str = ""
    exemplar: bool = False


@dataclass(frozen=True)
class Panel:
    """``width`` is of 24. ``alert`` links its runbook page, and draws its limits.

    ``states`` are values with a text and a colour; ``colours`` begin at a value where no alert draws them.
    """

    kind: Literal["timeseries", "stat", "heatmap", "state-timeline", "table", "bargauge"]
    title: str
    about: str
    queries: Sequence[Query]
    width: int = 8
    height: int = 8
    unit: str = "short"
    alert: str | None = None
    stacked: bool = False
    states: dict[int, tuple[str, str]] = field(default_factory=dict)
    colours: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Row:
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Dashboard:
    """``name`` is the file's and the end of the uid. ``by_agent`` gives it the variable ``$agent``."""

    name: str
    title: str
    about: str
    rows: Sequence[Row]
    by_agent: bool = False


def graph(title: str, about: str, *queries: Query, **more: Any) -> Panel:
    """Lines over time."""
    return Panel("timeseries", title, about, queries, **more)


def stat(title: str, about: str, query: str, **more: Any) -> Panel:
    """The last value, large."""
    return Panel("stat", title, about, [Query(query, title)], **{"width": 4, "height": 5, **more})


def as_json(dashboard: Dashboard, *, runbook: str, console: str) -> dict[str, Any]:
    """What Grafana imports; ``runbook`` and ``console`` are where its links begin."""
    panels, y = list[dict[str, Any]](), 0
    number = iter(range(1, 1000)).__next__
    for row in dashboard.rows:
        panels.append(_row(row.title, number(), y))
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > 24:
                x, y, height = 0, y + height, 0
            panels.append(_panel(panel, number(), {"h": panel.height, "w": panel.width, "x": x, "y": y}))
            x, height = x + panel.width, max(height, panel.height)
        y += height
    return {
        "uid": f"pavilion-{dashboard.name}",
        "title": f"Pavilion · {dashboard.title}",
        "description": dashboard.about,
        "tags": ["pavilion"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "weekStart": "",
        "liveNow": False,
        "annotations": {"list": [_alerts_annotation()]},
        "templating": {"list": _variables(dashboard.by_agent, runbook, console)},
        "links": [
            _link("Runbook", "${runbook}/README.md", "doc"),
            _link("Console", "${console}", "external link"),
            {**_link("Dashboards", "", "external link"), "type": "dashboards", "tags": ["pavilion"], "asDropdown": True}
            | {"keepTime": True, "includeVars": True, "targetBlank": False},
        ],
        "panels": panels,
    }


def _row(title: str, number: int, y: int) -> dict[str, Any]:
    place = {"h": 1, "w": 24, "x": 0, "y": y}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    drawn = limits(panel.alert) if panel.alert and not panel.states else panel.colours
    colours = [(GREEN, None), *drawn]
    steps = [{"color": colour, "value": value} for colour, value in colours]
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "color": {"mode": "thresholds" if panel.kind in ("stat", "state-timeline", "bargauge") else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": steps},
        "mappings": _mappings(panel.states),
        "custom": _CUSTOM[panel.kind](panel) if panel.kind in _CUSTOM else {},
    }
    shown: dict[str, Any] = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "gridPos": place,
        "datasource": SOURCE,
        "targets": [_target(panel, query, "ABCDEFGH"[index]) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.kind](panel),
        "links": [_runbook(panel.alert)] if panel.alert else [],
    }
    if panel.kind == "table":
        hidden = dict.fromkeys(("Time", "Value", "__name__", "alertstate", "job"), True)
        shown["transformations"] = [{"id": "organize", "options": {"excludeByName": hidden}}]
    return shown


def filtered(expression: str) -> str:
    """The expression with the filters that its ``@`` stand for."""
    return re.sub(r"@(group|agent)?\b|@", lambda found: FILTERS[found[0]], expression)


def _target(panel: Panel, query: Query, reference: str) -> dict[str, Any]:
    now = panel.kind in ("table", "bargauge")
    return {
        "refId": reference,
        "datasource": SOURCE,
        "expr": filtered(query.expression),
        "legendFormat": query.legend or "__auto",
        "editorMode": "code",
        "range": not now,
        "instant": now,
        "exemplar": query.exemplar,
        "format": {"heatmap": "heatmap", "table": "table"}.get(panel.kind, "time_series"),
    }


def _mappings(states: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    options = {str(value): {"text": text, "color": colour, "index": value} for value, (text, colour) in states.items()}
    return [{"type": "value", "options": options}] if options else []


def _runbook(alert: str) -> dict[str, Any]:
    return {"title": f"Runbook: {alert}", "url": f"${{runbook}}/{page(alert)}", "targetBlank": True}


def _link(title: str, url: str, icon: str) -> dict[str, Any]:
    return {
        "title": title,
        "url": url,
        "type": "link",
        "icon": icon,
        "tags": [],
        "tooltip": "",
        "asDropdown": False,
        "keepTime": False,
        "includeVars": False,
        "targetBlank": True,
    }


def _lines(panel: Panel) -> dict[str, Any]:
    return {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 30 if panel.stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "axisPlacement": "auto",
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if panel.alert else "off"},
    }


_CUSTOM: dict[str, Callable[[Panel], dict[str, Any]]] = {
    "timeseries": _lines,
    "state-timeline": lambda _: {"fillOpacity": 80, "lineWidth": 0},
    "table": lambda _: {"align": "auto", "cellOptions": {"type": "auto"}},
}

_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}

_OPTIONS: dict[str, Callable[[Panel], dict[str, Any]]] = {
    "timeseries": lambda _: {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": lambda panel: {
        "reduceOptions": _LAST,
        "colorMode": "value",
        "graphMode": "none" if panel.states else "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value",
        "wideLayout": True,
        "showPercentChange": False,
    },
    "bargauge": lambda _: {
        "reduceOptions": _LAST,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "namePlacement": "auto",
        "sizing": "auto",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
    },
    "heatmap": lambda panel: {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "mode": "scheme",
            "scheme": "Oranges",
            "steps": 64,
            "reverse": False,
            "exponent": 0.5,
            "fill": "orange",
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": panel.unit},
    },
    "state-timeline": lambda _: {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    },
    "table": lambda _: {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": [], "fields": ""}},
}


def _variables(by_agent: bool, runbook: str, console: str) -> list[dict[str, Any]]:
    instances = 'pavilion_build_info{namespace=~"$namespace"'
    found: list[dict[str, Any]] = [
        {
            "name": "datasource",
            "label": "Prometheus",
            "type": "datasource",
            "query": "prometheus",
            "regex": "",
            "hide": 0,
            "current": {},
            "options": [],
            "refresh": 1,
        },
        _choice("namespace", "Namespace", "label_values(pavilion_build_info, namespace)"),
        _choice("job", "Job", f"label_values({instances}}}, job)"),
        _choice("instance", "Instance", f'label_values({instances},job=~"$job"}}, instance)'),
    ]
    if by_agent:
        query = 'label_values(pavilion_events_total{namespace=~"$namespace"}, agent)'
        found.append(_choice("agent", "Agent", query))
    return [*found, _constant("runbook", runbook), _constant("console", console)]


def _choice(name: str, label: str, query: str) -> dict[str, Any]:
    """Some or all values of a label. All takes series without the label too: namespaces are Kubernetes' alone."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}", "qryType": 1},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
        "regex": "",
        "hide": 0,
    }


def _constant(name: str, value: str) -> dict[str, Any]:
    option = {"selected": True, "text": value, "value": value}
    return {"name": name, "type": "constant", "query": value, "current": option, "options": [option], "hide": 2}


def _alerts_annotation() -> dict[str, Any]:
    expression = filtered('ALERTS{@group,alertname=~"Pavilion.*",alertstate="firing",severity=~"critical|warning"}')
    return {
        "name": "Alerts",
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": expression,
        "titleFormat": "{{alertname}}",
        "textFormat": "{{agent}} {{dependency}} {{instance}}",
        "tagKeys": "severity",
        "step": "60s",
        "useValueForTime": False,
    }
