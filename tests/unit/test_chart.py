"""The Helm chart: what it renders is valid, and the promises that its text makes hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.kubernetes.values import CHART, SCHEMA, secret_names, settings, text
from schemas.settings import Settings, variable_names
from tests.chart import (
    EVERYTHING,
    LEAST,
    NEWEST,
    OLDEST,
    SETS,
    Refused,
    Values,
    complaints,
    environment,
    helm,
    merged,
    one_of,
    pods,
    render,
)

ROOT = Path(__file__).parents[2]

of_all_sets = pytest.mark.parametrize("values", SETS.values(), ids=SETS)


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
