"""What checks the chart and the compose file: their own tools, and the schemas of what may extend a cluster."""

from infra.local.cache import Download
from infra.local.golang import GoFiles, GoProgram

HELM = GoProgram("helm", "3.19.5", "helm.sh/helm/v3/cmd/helm")
"""Helm 3 takes two thirds of the processor time that Helm 4 takes to build; both read the chart alike."""
COMPOSE = GoProgram("compose", "2.9.1", "github.com/compose-spec/compose-go/v2/cmd")
"""The loader inside `docker compose`, as a command that prints the project it read."""

EXTENSIONS = (
    GoFiles("keda-crds", "2.20.2", "github.com/kedacore/keda/v2", "config/crd/bases/*.yaml"),
    GoFiles(
        "prometheus-operator-crds",
        "0.85.0",
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd/*.yaml",
    ),
    GoFiles("gateway-api-crds", "1.3.0", "sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
)
"""Custom resource definitions."""

DOWNLOADS: tuple[Download, ...] = (HELM, COMPOSE, *EXTENSIONS)
