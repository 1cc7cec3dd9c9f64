"""How what the chart renders starts, stops, grows, and is reached."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.gateway import NOTICE_MS
from gateway.server import SHUTDOWN_SECONDS
from infra.kubernetes.values import CHART
from pavilion.processes import STOP_SECONDS
from schemas.durations import parse_duration
from schemas.settings import Settings
from streams.transport.driver import DRAIN_SECONDS as DRIVER_SECONDS
from streams.transport.ownership import DRAIN_SECONDS
from tests.chart import (
    EVERYTHING,
    SCALED,
    SETS,
    Object,
    Refused,
    Values,
    environment,
    merged,
    one_of,
    pods,
    render,
)

ROOT = Path(__file__).parents[2]
RULES: Object = yaml.safe_load((ROOT / "infra/monitoring/rules.yml").read_text())


def seconds(text: str) -> float:
    return parse_duration(text).total_seconds()


# -- times


@pytest.mark.parametrize(("drain", "pre_stop"), [(10, 5), (1, 0), (600, 30)])
def test_a_gateway_has_the_time_to_drain_and_to_close(drain: int, pre_stop: int, tmp_path: Path) -> None:
    values = {"gateway": {"drainSeconds": drain, "preStopSeconds": pre_stop}}
    pod = pods(render(tmp_path, values))["gateway"]
    (container,) = pod["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", str(pre_stop)]
    told = seconds(environment(pod)["PAVILION_GATEWAY__DRAIN"]["value"])
    assert told == drain
    close = NOTICE_MS / 1000 + SHUTDOWN_SECONDS
    assert pod["spec"]["terminationGracePeriodSeconds"] >= pre_stop + told + close + 5


def test_a_worker_has_the_time_to_hand_over(tmp_path: Path) -> None:
    grace = pods(render(tmp_path))["worker"]["spec"]["terminationGracePeriodSeconds"]
    broker = Settings.model_fields["broker"].default.operation_timeout.total_seconds()
    assert grace >= 2 * DRAIN_SECONDS + DRIVER_SECONDS + broker
    assert grace >= STOP_SECONDS


@pytest.mark.parametrize("deadline", [1, 90, 300, 3600])
def test_a_blocked_worker_ends_by_itself_before_the_kubelet_ends_it(deadline: int, tmp_path: Path) -> None:
    pod = pods(render(tmp_path, {"worker": {"processingDeadlineSeconds": deadline}}))["worker"]
    (container,) = pod["spec"]["containers"]
    assert seconds(environment(pod)["PAVILION_WORKER__PROCESSING_DEADLINE"]["value"]) == deadline
    probe = container["livenessProbe"]
    # The first of the probes that fail may come at once.
    assert (probe["failureThreshold"] - 1) * probe["periodSeconds"] > deadline


def test_probes_ask_for_what_is_answered(tmp_path: Path) -> None:
    for values, scheme in (({}, "HTTP"), ({"tls": {"gateway": {"secret": "s"}}}, "HTTPS")):
        found = pods(render(tmp_path, values))
        for part, port in (("gateway", 8000), ("worker", 6066)):
            (container,) = found[part]["spec"]["containers"]
            assert container["ports"] == [{"name": "http", "containerPort": port}]
            for probe, path in (
                ("startupProbe", "/healthz"),
                ("livenessProbe", "/healthz"),
                ("readinessProbe", "/readyz"),
            ):
                asked = container[probe]["httpGet"]
                assert (asked["path"], asked["port"]) == (path, "http")
                assert asked.get("scheme", "HTTP") == (scheme if part == "gateway" else "HTTP")


# -- order


def test_migrations_run_before_everything_and_use_nothing_that_the_release_makes(tmp_path: Path) -> None:
    objects = render(tmp_path, EVERYTHING)
    job = one_of(objects, "Job", "pavilion-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]["spec"]
    assert "serviceAccountName" not in pod
    made = {one["metadata"]["name"] for one in objects}
    assert not [name for name in made if f'"name": "{name}"' in json.dumps(pod)]


def test_one_part_may_run_another_release_during_an_upgrade(tmp_path: Path) -> None:
    objects = render(tmp_path, {"image": {"tag": "2.0.0"}, "gateway": {"tag": "1.9.0"}})
    images = {part: pod["spec"]["containers"][0]["image"].rpartition(":")[2] for part, pod in pods(objects).items()}
    assert images == {"migrate": "2.0.0", "worker": "2.0.0", "gateway": "1.9.0", "cleanup": "2.0.0"}


def test_commands_exist() -> None:
    from typer.main import get_command

    from pavilion.cli import cli

    group: Any = get_command(cli)
    assert {"worker", "gateway", "migrate"} <= set(group.commands)
    assert {"cleanup", "backup"} <= set(group.commands["maintain"].commands)


# -- scaling


def test_what_is_scaled_has_no_second_number_of_replicas(tmp_path: Path) -> None:
    objects = render(tmp_path, SCALED)
    assert "HorizontalPodAutoscaler" not in {one["kind"] for one in objects}, "KEDA makes them"
    for part in ("worker", "gateway"):
        scaled = one_of(objects, "ScaledObject", f"pavilion-{part}")
        target = one_of(objects, "Deployment", scaled["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in target["spec"]


@pytest.mark.parametrize("partitions", [None, 4, 64])
def test_there_are_never_more_workers_than_partitions(partitions: int | None, tmp_path: Path) -> None:
    number = partitions or Settings.model_fields["topics"].default.partitions
    values: Values = {"settings": {"PAVILION_TOPICS__PARTITIONS": number} if partitions else {}}
    most: Values = {"worker": {"autoscaling": {"enabled": True, "maxReplicas": number}}}
    scaled = one_of(render(tmp_path, values, most), "ScaledObject", "pavilion-worker")
    assert scaled["spec"]["maxReplicaCount"] == number
    with pytest.raises(Refused):
        render(tmp_path, values, {"worker": {"autoscaling": {"enabled": True, "maxReplicas": number + 1}}})


def test_scaling_asks_for_figures_that_are_measured(tmp_path: Path) -> None:
    from prometheus_client import Gauge

    import gateway.metrics
    import streams.stats

    gauges = {
        one._name
        for module in (gateway.metrics, streams.stats)
        for one in vars(module).values()
        if isinstance(one, Gauge)
    }
    for part in ("worker", "gateway"):
        scaled = one_of(render(tmp_path, SCALED), "ScaledObject", f"pavilion-{part}")
        for trigger in scaled["spec"]["triggers"]:
            query = trigger["metadata"]["query"]
            assert set(re.findall(r"pavilion_\w+", query)) <= gauges, query
            assert f'namespace="notify", job="pavilion-{part}"' in query
            assert query.count("(") == query.count(")")
            if "_lag_" in query:  # which every worker tells for the whole group
                highest = r"(sum\()?max( by \(agent, topic\) )?\(pavilion_consumer_lag_\w+\{[^}]*\}\)+"
                assert re.fullmatch(highest, query), query


def test_gateways_are_added_before_one_is_full(tmp_path: Path) -> None:
    values = merged(SCALED, {"gateway": {"connections": 1000, "autoscaling": {"targetPercent": 50}}})
    objects = render(tmp_path, values)
    (trigger,) = one_of(objects, "ScaledObject", "pavilion-gateway")["spec"]["triggers"]
    assert trigger["metadata"]["threshold"] == "500"
    assert environment(pods(objects)["gateway"])["PAVILION_GATEWAY__CONNECTIONS"]["value"] == "1000"


def test_memory_is_asked_for_by_what_a_connection_and_a_key_cost(tmp_path: Path) -> None:
    def mebibytes(values: Values, part: str) -> int:
        (container,) = pods(render(tmp_path, values))[part]["spec"]["containers"]
        assert "cpu" not in container["resources"]["limits"], "the event loop would stand still"
        return int(container["resources"]["requests"]["memory"].removesuffix("Mi"))

    gateways = mebibytes({"gateway": {"connections": 50_000}}, "gateway") - mebibytes(
        {"gateway": {"connections": 1}}, "gateway"
    )
    assert gateways == math.floor(50_000 * 31 / 1024)
    workers = mebibytes({"worker": {"windowKeys": 10_000_000}}, "worker") - mebibytes(
        {"worker": {"windowKeys": 0}}, "worker"
    )
    assert workers == math.floor(10_000_000 * 80 / 2**20)


# -- who reaches what


def peers(policy: Object) -> list[Any]:
    return [peer for rule in policy["spec"].get("ingress", []) for peer in rule["from"]]


def selects(policy: Object, pod: Object) -> bool:
    return policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize("values", [{}, SETS["everything"], SETS["closed"]], ids=["least", "everything", "closed"])
def test_every_pod_is_closed_but_for_what_is_named(values: Values, tmp_path: Path) -> None:
    network = merged(yaml.safe_load((CHART / "values.yaml").read_text()), values)["networkPolicy"]
    entry, metrics = network["gatewayFrom"], network["monitoringFrom"]
    objects = render(tmp_path, values)
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    for part, pod in pods(objects).items():
        mine = [one for one in policies if selects(one, pod)]
        assert any("ingress" not in one["spec"] for one in mine), f"{part} is not closed"
        assert all("Ingress" in one["spec"]["policyTypes"] for one in mine)
        let_in = [peer for one in mine for peer in peers(one)]
        assert let_in == {"gateway": [*entry, *metrics], "worker": metrics}.get(part, []), part
        ports = {port["port"] for one in mine for rule in one["spec"].get("ingress", []) for port in rule["ports"]}
        (container,) = pod["spec"]["containers"]
        assert ports <= {port["containerPort"] for port in container.get("ports", [])}
    for one in policies:
        # An empty rule, or an empty list of peers, is everybody.
        assert all(rule.get("from") for rule in one["spec"].get("ingress", []))


def test_pods_reach_only_what_is_named_once_anything_is(tmp_path: Path) -> None:
    closed = one_of(render(tmp_path, EVERYTHING), "NetworkPolicy", "pavilion-closed")["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    dns, *rest = closed["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert rest == EVERYTHING["networkPolicy"]["egress"]


def test_services_budgets_and_monitors_select_the_pods_of_their_part(tmp_path: Path) -> None:
    objects = render(tmp_path, EVERYTHING)
    found = pods(objects)
    counted = 0
    for one in objects:
        selector = one["spec"].get("selector", {}) if "spec" in one else {}
        wanted = selector.get("matchLabels", selector)
        if one["kind"] in ("Service", "PodDisruptionBudget", "PodMonitor", "Deployment"):
            chosen = [part for part, pod in found.items() if wanted.items() <= pod["metadata"]["labels"].items()]
            assert chosen == [one["metadata"]["labels"]["app.kubernetes.io/component"]], one["metadata"]["name"]
            counted += 1
    assert counted == 7


def test_a_node_may_always_be_drained_and_takes_one_pod_at_a_time(tmp_path: Path) -> None:
    for one in render(tmp_path):
        if one["kind"] == "PodDisruptionBudget":
            assert one["spec"]["maxUnavailable"] == 1
            assert "minAvailable" not in one["spec"], "a single replica would hold its node for ever"


def test_what_comes_in_from_outside_reaches_no_health_metrics_or_statistics(tmp_path: Path) -> None:
    ingress = one_of(render(tmp_path, EVERYTHING), "Ingress", "pavilion")
    rest: Values = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}
    route = one_of(render(tmp_path, rest), "HTTPRoute", "pavilion")
    (rule,) = ingress["spec"]["rules"]
    through_ingress = {(one["path"], one["pathType"] == "Prefix") for one in rule["http"]["paths"]}
    (matches,) = route["spec"]["rules"]
    through_route = {(one["path"]["value"], one["path"]["type"] == "PathPrefix") for one in matches["matches"]}
    assert through_ingress == through_route

    def outside(path: str) -> bool:
        return any(path == to or (prefix and path.startswith(f"{to}/")) for to, prefix in through_ingress)

    for path in ("/metrics", "/healthz", "/readyz", "/stats/streams", "/stats/tables", "/stats/topology", "/"):
        assert not outside(path), path
    for path in ("/v1/stream", "/v1/notifications", "/v1/sessions/refresh", "/client/x", "/.well-known/jwks.json"):
        assert outside(path), path


# -- monitoring


def test_the_alerts_are_those_of_the_repository_with_links_of_this_installation(tmp_path: Path) -> None:
    values = merged(EVERYTHING, {"monitoring": {"runbookUrl": "https://wiki/run", "grafanaUrl": "https://graphs"}})
    rendered = one_of(render(tmp_path, values), "PrometheusRule", "pavilion")["spec"]["groups"]
    links = {"{{ $externalLabels.runbook }}": "https://wiki/run", "{{ $externalLabels.grafana }}": "https://graphs"}
    expected = json.dumps(RULES["groups"])
    for label, link in links.items():
        assert label in expected
        expected = expected.replace(label, link)
    assert rendered == json.loads(expected)
    assert "externalLabels" not in json.dumps(rendered), "the Prometheus of others has no such labels"


def test_jobs_are_called_what_the_alerts_call_them(tmp_path: Path) -> None:
    objects = render(tmp_path, EVERYTHING)
    called = set()
    for part in ("worker", "gateway"):
        monitor = one_of(objects, "PodMonitor", f"pavilion-{part}")
        assert monitor["metadata"]["labels"]["release"] == "monitoring"
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
        called |= {one["replacement"] for one in endpoint["relabelings"] if one["targetLabel"] == "job"}
    asked = set(re.findall(r'job="([^"]+)"', json.dumps(RULES).replace('\\"', '"')))
    assert asked <= called


def test_the_dashboards_are_those_of_the_repository_and_fit_into_one_object(tmp_path: Path) -> None:
    config = one_of(render(tmp_path, EVERYTHING), "ConfigMap", "pavilion-dashboards")
    files = {file.name: file.read_text() for file in (ROOT / "infra/monitoring/grafana/dashboards").glob("*.json")}
    assert files
    assert {name: json.loads(text) for name, text in config["data"].items()} == {
        name: json.loads(text) for name, text in files.items()
    }
    assert sum(map(len, config["data"].values())) < 1_000_000, "Kubernetes takes 1 MiB"
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"


# -- the pods themselves


def test_no_pod_may_do_more_than_it_has_to(tmp_path: Path) -> None:
    for part, pod in pods(render(tmp_path, EVERYTHING)).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, part
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_the_user_of_the_pods_is_the_images(tmp_path: Path) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user
    for pod in pods(render(tmp_path, EVERYTHING)).values():
        context = pod["spec"]["securityContext"]
        assert (context["runAsUser"], context["runAsGroup"]) == (int(user[1]), int(user[2]))


def test_chores_end(tmp_path: Path) -> None:
    for one in render(tmp_path, EVERYTHING):
        if one["kind"] in ("Job", "CronJob"):
            job = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
            assert job["activeDeadlineSeconds"] > 0
            assert job["template"]["spec"]["restartPolicy"] == "Never"
        if one["kind"] == "CronJob":
            assert one["spec"]["concurrencyPolicy"] == "Forbid"


def test_a_backup_goes_where_the_values_say_with_what_opens_it(tmp_path: Path) -> None:
    (container,) = pods(render(tmp_path, EVERYTHING))["backup"]["spec"]["containers"]
    assert container["args"] == ["maintain", "backup", "s3://backups/pavilion"]
    assert container["envFrom"] == [{"secretRef": {"name": "backup"}}]
    assert {"name": "backup", "mountPath": "/backup"} in container["volumeMounts"]
    assert one_of(render(tmp_path, EVERYTHING), "CronJob", "pavilion-backup")["spec"]["schedule"].endswith(" 0")
