"""The chart as Helm renders it, and what Kubernetes and its extensions would say of that."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from infra.kubernetes.values import CHART
from infra.local.validators import EXTENSIONS, HELM

OLDEST, NEWEST = "1.29", "1.37"
"""Kubernetes, of which the chart names the oldest that it is for."""

Object = dict[str, Any]
Values = dict[str, Any]

LEAST: Values = {
    "image": {"repository": "registry.example.com/pavilion"},
    "settings": {
        "PAVILION_BROKER__URL": "pulsar://pulsar-proxy:6650",
        "PAVILION_BROKER__ADMIN_URL": "http://pulsar-proxy:8080",
        "PAVILION_REDIS__URL": "redis://redis:6379/0",
        "PAVILION_SCYLLA__CONTACT_POINTS": "scylla-client:9042",
    },
    "secret": {"name": "pavilion-keys"},
}
"""What has no default."""

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
"""Values of different kinds of installations."""


def merged(*values: Values) -> Values:
    """As Helm merges files of values: objects by their keys, everything else replaced."""
    whole: Values = {}
    for one in values:
        for name, value in one.items():
            inside = isinstance(value, dict) and isinstance(whole.get(name), dict)
            whole[name] = merged(whole[name], value) if inside else copy.deepcopy(value)
    return whole


class Refused(Exception):
    """Helm would install nothing; the message is what it says."""


def helm(command: list[str], values: Values, directory: Path, chart: Path = CHART) -> str:
    """What Helm prints; raises Refused."""
    file = directory / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    done = subprocess.run(
        [HELM.executable(), *command, str(chart), "--values", str(file), "--kube-version", f"{NEWEST}.0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"HOME": str(directory)},
    )
    if done.returncode != 0:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def render(directory: Path, *values: Values, namespace: str = "notify", release: str = "pavilion") -> list[Object]:
    """The objects of a release, hooks among them, from :data:`LEAST` and these values."""
    out = helm(["template", "--namespace", namespace, release], merged(LEAST, *values), directory)
    return [one for one in yaml.load_all(out, yaml.CSafeLoader) if one is not None]


def one_of(objects: list[Object], kind: str, name: str) -> Object:
    found = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name]
    assert len(found) == 1, [(one["kind"], one["metadata"]["name"]) for one in objects]
    return found[0]


def pods(objects: list[Object]) -> dict[str, Object]:
    """The pod template of each part by its name, of Deployments, Jobs and CronJobs."""
    found = {}
    for one in objects:
        spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one.get("spec", {})
        if one["kind"] in ("Deployment", "Job", "CronJob"):
            found[spec["template"]["metadata"]["labels"]["app.kubernetes.io/component"]] = spec["template"]
    return found


def environment(pod: Object) -> dict[str, Object]:
    (container,) = pod["spec"]["containers"]
    names = [one["name"] for one in container["env"]]
    assert sorted(set(names)) == sorted(names), "the last of two would win"
    return {one["name"]: one for one in container["env"]}


# -- validation


def complaints(one: Object, version: str) -> Iterator[str]:
    """What is wrong with an object, as the API server would refuse it; a field that does not exist is wrong too."""
    what = f"{one['kind']} {one['metadata']['name']}"
    schema = extension(one["apiVersion"], one["kind"])
    if schema is None:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.ValidationError as refused:
            yield f"{what}: {'.'.join(map(str, refused.path))}: {refused.message}"
        except kubernetes_validate.SchemaNotFoundError as unknown:
            yield f"{what}: {unknown.message}"
        return
    for error in jsonschema.Draft7Validator(schema).iter_errors(one):
        yield f"{what}: {'.'.join(map(str, error.path))}: {error.message}"


@cache
def extension(api_version: str, kind: str) -> Object | None:
    """The schema of a custom resource; None if it is none."""
    group, _, version = api_version.partition("/")
    name = f"{group}_{kind.lower()}s.yaml"
    for file in (file for files in EXTENSIONS for file in files.files() if file.name == name):
        spec = yaml.load(file.read_text(), yaml.CSafeLoader)["spec"]
        (schema,) = (one["schema"]["openAPIV3Schema"] for one in spec["versions"] if one["name"] == version)
        schema["properties"]["metadata"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        closed: Object = _closed(schema)
        return closed
    return None


def _closed(schema: Any) -> Any:
    """As the API server reads it strictly: what is not among the properties is refused."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items() if name not in ("format", "nullable")}
    if schema.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("type"), str) and schema["type"] == "object" and "properties" in schema and not open_ended:
        closed["additionalProperties"] = False
    return closed
