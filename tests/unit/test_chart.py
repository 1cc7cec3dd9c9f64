"""The Helm chart: what it renders is valid, and the promises that its text makes hold."""

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
from infra.kubernetes.values import CHART, SCHEMA, secret_names, settings, text
from pavilion.processes import STOP_SECONDS
from schemas.durations import parse_duration
from schemas.settings import Settings, variable_names
from streams.transport.driver import DRAIN_SECONDS as DRIVER_SECONDS
from streams.transport.ownership import DRAIN_SECONDS
from tests.chart import LEAST, NEWEST, OLDEST, Object, Refused, Values, complaints, environment, helm, merged
from tests.chart import named as one_of
from tests.chart import pods, render

ROOT = Path(__file__).parents[2]
RULES: Object = yaml.safe_load((ROOT / "infra/monitoring/rules.yml").read_text())

SCALED: Values = {"worker": {"autoscaling": {"enabled": True}}, "gateway": {"autoscaling": {"enabled": True}}}
EVERYTHING: Values = {
    **SCALED,
    "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": ["registry"]},
    "prometheus": {"triggerAuthentication": "prometheus"},
    "tls": {
        "pulsar": {"secret": "pulsar-tls", "clientCertificate": True},
        "redis": {"secret": "redis-tls", "clientCertificate": True},
        "scylla": {"secret": "scylla-tls", "clientCertificate": True},
        "gateway": {"secret": "gateway-tls"},
    },
    "settings": {
        "PAVILION_BROKER__URL": "pulsar+ssl://pulsar-proxy:6651",
        "PAVILION_REDIS__URL": "rediss://redis:6379/0",
        "PAVILION_WORKER__BATCH_MAX_BYTES": 1048576,
        "PAVILION_RETRY__BACKOFF_FACTOR": 1.5,
        "PAVILION_ENABLED": False,
        "PAVILION_GATEWAY__TRUSTED_PROXIES": "10.0.0.0/8",
    },
    "ingress": {"enabled": True, "host": "notify.example.com", "className": "nginx", "tlsSecret": "notify"},
    "networkPolicy": {
        "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}}]}]
    },
    "monitoring": {"enabled": True, "labels": {"release": "monitoring"}, "dashboards": True},
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/backup"}},
    "backup": {"enabled": True, "url": "s3://backups/pavilion", "credentialsSecret": "backup", "claim": "backups"},
}
SETS: dict[str, Values] = {
    "least": {},
    "everything": EVERYTHING,
    "http-route": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public", "namespace": "gateways"}]}},
    "bare": {
        "migrate": {"enabled": False},
        "cleanup": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "gateway": {"resources": {"requests": {"cpu": "1"}}, "tolerations": [{"operator": "Exists"}]},
    },
    "closed": {"networkPolicy": {"gatewayFrom": [], "monitoringFrom": []}},
}
of_all_sets = pytest.mark.parametrize("values", SETS.values(), ids=SETS)


def seconds(text: str) -> float:
    return parse_duration(text).total_seconds()


# -- validity


@of_all_sets
def test_helm_lint_finds_nothing(values: Values, tmp_path: Path) -> None:
    helm(["lint", "--strict"], merged(LEAST, values), tmp_path)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@of_all_sets
def test_kubernetes_and_its_extensions_would_take_what_is_rendered(
    values: Values, version: str, tmp_path: Path
) -> None:
    objects = render(tmp_path, values)
    assert len(objects) >= 6
    assert [wrong for one in objects for wrong in complaints(one, version)] == []


def test_a_field_that_does_not_exist_would_be_found(tmp_path: Path) -> None:
    objects = render(tmp_path, EVERYTHING)
    for kind, name in (
        ("Deployment", "pavilion-worker"),
        ("ScaledObject", "pavilion-worker"),
        ("PodMonitor", "pavilion-gateway"),
    ):
        one = one_of(objects, kind, name)
        one["spec"]["replicaz"] = 3
        assert [wrong for wrong in complaints(one, NEWEST) if "replicaz" in wrong]


def test_the_oldest_kubernetes_is_the_one_that_the_chart_names() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={OLDEST}.0-0"
    project = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{chart["appVersion"]}"' in project


def test_two_releases_share_no_name(tmp_path: Path) -> None:
    first, second = (
        {(one["kind"], one["metadata"]["name"]) for one in render(tmp_path, EVERYTHING, release=release)}
        for release in ("pavilion", "blue")
    )
    assert not first & second


# -- values


def test_the_schema_of_the_values_is_what_the_settings_say() -> None:
    assert SCHEMA.read_text() == text(), "run: python -m infra.kubernetes.values"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"gatway": {}}, "gatway"),
        ({"gateway": {"drainSecond": 5}}, "drainSecond"),
        ({"gateway": {"drainSeconds": "10s"}}, "/gateway/drainSeconds"),
        ({"gateway": {"replicas": 0}}, "/gateway/replicas"),
        ({"settings": {"PAVILION_BROKER__URI": "pulsar://x"}}, "PAVILION_BROKER__URI"),
        ({"settings": {"PAVILION_BROKER__URL": "embedded://"}}, "/settings/PAVILION_BROKER__URL"),
        ({"settings": {"PAVILION_TOPICS__PARTITIONS": 0}}, "/settings/PAVILION_TOPICS__PARTITIONS"),
        ({"settings": {"PAVILION_DEDUPLICATION__WINDOW": "ten"}}, "/settings/PAVILION_DEDUPLICATION__WINDOW"),
        ({"settings": {"PAVILION_SERVICE_KEY": "in the clear"}}, "PAVILION_SERVICE_KEY"),
        ({"secret": {"name": ""}}, "/secret/name"),
        ({"secret": {"required": ["PAVILION_SERVICE_KEY", "PAVILION_KEY"]}}, "/secret/required/1"),
        ({"ingress": {"enabled": True}}, "/ingress/host"),
        ({"backup": {"enabled": True}}, "/backup/url"),
        ({"cleanup": {"schedule": "daily"}}, "/cleanup/schedule"),
        ({"worker": {"replicas": 17}}, "worker.replicas: 17 workers would share 16 partitions"),
        ({"worker": {"autoscaling": {"enabled": True, "maxReplicas": 17}}}, "worker.autoscaling.maxReplicas: 17"),
        ({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 20}}}, "gateway.autoscaling.minReplicas: 20"),
        (
            {"ingress": {"enabled": True, "host": "h"}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "p"}]}},
            "httpRoute.enabled",
        ),
    ],
)
def test_a_wrong_value_stops_the_installation_with_a_line_that_names_it(
    values: Values, named: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        render(tmp_path, values)
    lines = [line for line in str(refused.value).splitlines() if named in line]
    assert len(lines) == 1, str(refused.value)


def test_nothing_is_installed_without_what_has_no_default(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        helm(["template", "pavilion"], {}, tmp_path)
    for name in ("/image/repository", "/secret/name", *(f"/settings/{name}" for name in LEAST["settings"])):
        assert name in str(refused.value)


# -- settings and secrets


@of_all_sets
def test_processes_are_given_settings_that_exist(values: Values, tmp_path: Path) -> None:
    for part, pod in pods(render(tmp_path, values)).items():
        given = set(environment(pod))
        assert given <= set(variable_names()), part
        # Kubernetes adds variables of each Service of the namespace, and one named pavilion would stop the start.
        assert pod["spec"]["enableServiceLinks"] is False, part


@of_all_sets
def test_every_secret_is_given_by_reference(values: Values, tmp_path: Path) -> None:
    objects = render(tmp_path, values)
    assert "Secret" not in {one["kind"] for one in objects}
    for part, pod in pods(objects).items():
        for name, one in environment(pod).items():
            if name in secret_names():
                assert one["valueFrom"]["secretKeyRef"]["name"] == LEAST["secret"]["name"], (part, name)
                assert one["valueFrom"]["secretKeyRef"]["key"] == name
            else:
                assert set(one) == {"name", "value"}, (part, name)


def test_a_process_is_given_the_secrets_that_it_needs_and_no_others(tmp_path: Path) -> None:
    given = {
        part: {name for name in environment(pod) if name in secret_names()}
        for part, pod in pods(render(tmp_path, EVERYTHING)).items()
    }
    assert given["gateway"] == set(secret_names())
    keys = {name for name in secret_names() if name.endswith("_KEY")}
    assert given["worker"] & keys == {"PAVILION_OPERATOR_KEY"}
    for part in ("migrate", "cleanup", "backup"):
        assert not given[part] & keys


def test_without_a_required_key_no_pod_starts_and_the_others_are_optional(tmp_path: Path) -> None:
    needed = {
        name
        for name, one in environment(pods(render(tmp_path))["gateway"]).items()
        if "valueFrom" in one and not one["valueFrom"]["secretKeyRef"]["optional"]
    }
    assert needed == {"PAVILION_SERVICE_KEY", "PAVILION_OPERATOR_KEY", "PAVILION_ENCRYPTION__KEYS"}
    more = render(tmp_path, {"secret": {"required": ["PAVILION_REDIS__PASSWORD"]}})
    found = environment(pods(more)["worker"])["PAVILION_REDIS__PASSWORD"]
    assert found["valueFrom"]["secretKeyRef"]["optional"] is False


@of_all_sets
def test_the_processes_would_read_their_settings(
    values: Values, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pod in pods(render(tmp_path, values)).values():
        with monkeypatch.context() as patch:
            for name, one in environment(pod).items():
                if "value" in one:
                    patch.setenv(name, one["value"])
            Settings()


def test_numbers_and_switches_arrive_as_they_were_written(tmp_path: Path) -> None:
    given = environment(pods(render(tmp_path, EVERYTHING))["worker"])
    assert given["PAVILION_WORKER__BATCH_MAX_BYTES"]["value"] == "1048576"
    assert given["PAVILION_RETRY__BACKOFF_FACTOR"]["value"] == "1.5"
    assert given["PAVILION_ENABLED"]["value"] == "false"


def test_every_path_in_the_environment_is_mounted(tmp_path: Path) -> None:
    for part, pod in pods(render(tmp_path, EVERYTHING)).items():
        (container,) = pod["spec"]["containers"]
        volumes = {one["name"] for one in pod["spec"]["volumes"]}
        mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
        assert set(mounts.values()) == volumes, part
        paths = [one["value"] for name, one in environment(pod).items() if name.endswith("_PATH")]
        assert len(paths) == (11 if part == "gateway" else 9)
        for path in paths:
            assert str(Path(path).parent) in mounts, (part, path)


def test_settings_are_either_values_or_the_charts_own_or_secrets() -> None:
    from infra.kubernetes.values import OF_THE_CHART, plain

    paths = {name for name, schema in settings().items() if schema["format"] == "path"}
    assert OF_THE_CHART | paths | set(secret_names()) | set(plain()) == set(variable_names())


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
    assert "cleanup" in group.commands["maintain"].commands


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
    import gateway.metrics
    import streams.stats
    from prometheus_client import Gauge

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
    assert workers == math.floor(10_000_000 * 180 / 2**20)
