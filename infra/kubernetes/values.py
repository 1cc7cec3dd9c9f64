"""``python -m infra.kubernetes.values`` writes the JSON Schema of the chart's values, with all settings.

Helm reads it before anything is installed: a misspelt value, or one of the wrong kind, stops it with a line that names
the value.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from schemas.settings import Settings, variable_names

CHART = Path(__file__).parent / "pavilion"
SCHEMA = CHART / "values.schema.json"

OF_THE_CHART = {
    "PAVILION_DATA_DIR",
    "PAVILION_DEMO",
    "PAVILION_GATEWAY__CONNECTIONS",
    "PAVILION_GATEWAY__DRAIN",
    "PAVILION_GATEWAY__HOST",
    "PAVILION_GATEWAY__PORT",
    "PAVILION_WORKER__HOST",
    "PAVILION_WORKER__PORT",
    "PAVILION_WORKER__PROCESSING_DEADLINE",
    "PAVILION_BACKUP__URL",
    "PAVILION_TLS__ENABLED",
    "PAVILION_SCYLLA__TLS_ENABLED",
}
"""Settings that the chart decides by other values, and every path: files are mounted where the chart says."""

REQUIRED = [
    "PAVILION_BROKER__URL",
    "PAVILION_BROKER__ADMIN_URL",
    "PAVILION_REDIS__URL",
    "PAVILION_SCYLLA__CONTACT_POINTS",
]
KEPT = ("type", "pattern", "minimum", "maximum")


@cache
def settings() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every setting by its name. A secret has ``writeOnly``."""
    whole = Settings.model_json_schema()
    found: dict[str, dict[str, Any]] = {}
    for name, field in whole["properties"].items():
        section = whole["$defs"][field["$ref"].rpartition("/")[2]]["properties"] if "$ref" in field else None
        inside = {name: field} if section is None else {f"{name}__{part}": inner for part, inner in section.items()}
        for part, schema in inside.items():
            alternatives = [schema, *schema.get("anyOf", []), schema.get("items", {})]
            found[f"PAVILION_{part}".upper()] = {
                **next((one for one in alternatives if one.get("type") not in (None, "null")), {}),
                "writeOnly": any(one.get("writeOnly", False) for one in alternatives),
                "format": next((one["format"] for one in alternatives if "format" in one), ""),
            }
    assert set(found) == set(variable_names())
    return found


def secret_names() -> list[str]:
    return [name for name, schema in settings().items() if schema["writeOnly"]]


def plain() -> dict[str, dict[str, Any]]:
    """What ``settings`` of the values may hold. A list is given as the text that the variable is."""
    found = {}
    for name, schema in settings().items():
        if schema["writeOnly"] or schema["format"] == "path" or name in OF_THE_CHART:
            continue
        if schema["type"] in ("array", "object"):
            schema = {"type": "string"}
        found[name] = {key: schema[key] for key in KEPT if key in schema}
    found["PAVILION_BROKER__URL"]["pattern"] = r"^pulsar(\+ssl)?://"  # one process has no cluster
    for name in REQUIRED:
        if "pattern" not in found[name]:
            found[name]["minLength"] = 1
    return found


# -- the other values

ANY: dict[str, Any] = {"type": "object"}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
TEXT = {"type": "string"}
GIVEN = {"type": "string", "minLength": 1}
SWITCH = {"type": "boolean"}
OBJECTS = {"type": "array", "items": {"type": "object"}}
CRON = {"type": "string", "pattern": r"^(\S+ ){4}\S+$"}
NAME = {"type": "string", "pattern": r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", "maxLength": 253}
"""Of an object of Kubernetes, or none."""


def whole(least: int, most: int = 1_000_000) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def one(**properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def optional(needs: str, **properties: Any) -> dict[str, Any]:
    """An object whose property ``needs`` may not be empty if it is ``enabled``."""
    least = "minItems" if properties[needs]["type"] == "array" else "minLength"
    on, filled = {"enabled": {"const": True}}, {needs: {least: 1}}
    return {**one(enabled=SWITCH, **properties), "if": {"properties": on}, "then": {"properties": filled}}


def scaling(**own: Any) -> dict[str, Any]:
    return one(enabled=SWITCH, minReplicas=whole(1, 1024), maxReplicas=whole(1, 1024), **own)


def part(**own: Any) -> dict[str, Any]:
    places = {"podAnnotations": TEXTS, "nodeSelector": TEXTS, "tolerations": OBJECTS, "resources": ANY}
    return one(tag=TEXT, replicas=whole(1, 1024), **places, **own)


def values_schema() -> dict[str, Any]:
    service = one(secret=NAME, clientCertificate=SWITCH)
    path = one(path={"type": "string", "pattern": "^/"}, pathType={"enum": ["Prefix", "Exact"]})
    kinds = {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}
    sections = {
        "image": one(
            repository=GIVEN,
            tag=TEXT,
            digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
            pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
            pullSecrets={"type": "array", "items": NAME},
        ),
        "settings": {**one(**plain()), "required": REQUIRED},
        "secret": one(
            name={**NAME, "minLength": 1},
            required={"type": "array", "items": {"enum": secret_names()}, "uniqueItems": True},
        ),
        "tls": one(pulsar=service, redis=service, scylla=service, gateway=one(secret=NAME)),
        "worker": part(
            processingDeadlineSeconds=whole(1, 86_400),
            windowKeys=whole(0, 1_000_000_000),
            autoscaling=scaling(lagSeconds=whole(1), lagMessages=whole(1, 1_000_000_000)),
        ),
        "gateway": part(
            connections=whole(1),
            drainSeconds=whole(1, 3600),
            preStopSeconds=whole(0, 600),
            service=one(type=kinds, port=whole(1, 65_535), annotations=TEXTS),
            autoscaling=scaling(targetPercent=whole(1, 100)),
        ),
        "prometheus": one(url={"type": "string", "pattern": "^https?://"}, triggerAuthentication=NAME),
        "ingress": optional(
            "host",
            className=NAME,
            host=TEXT,
            tlsSecret=NAME,
            paths={"type": "array", "items": path, "minItems": 1},
            annotations=TEXTS,
        ),
        "httpRoute": optional("parentRefs", parentRefs=OBJECTS, hostnames={"type": "array", "items": GIVEN}),
        "networkPolicy": one(enabled=SWITCH, gatewayFrom=OBJECTS, monitoringFrom=OBJECTS, egress=OBJECTS),
        "monitoring": one(
            enabled=SWITCH,
            labels=TEXTS,
            interval={"type": "string", "pattern": "^[0-9]+(ms|s|m)$"},
            runbookUrl=TEXT,
            grafanaUrl=TEXT,
            dashboards=SWITCH,
            dashboardLabels=TEXTS,
        ),
        "serviceAccount": one(annotations=TEXTS),
        "migrate": one(enabled=SWITCH, deadlineSeconds=whole(1)),
        "cleanup": one(enabled=SWITCH, schedule=CRON, deadlineSeconds=whole(1)),
        "backup": optional(
            "url",
            schedule=CRON,
            url=TEXT,
            credentialsSecret=NAME,
            claim=NAME,
            deadlineSeconds=whole(1),
        ),
    }
    # Of a chart that this one is a part of.
    sections["global"] = ANY
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of Pavilion's chart",
        **one(**sections),
    }


def text() -> str:
    return json.dumps(values_schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text())
