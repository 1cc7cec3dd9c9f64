"""The dashboards, a module each."""

from infra.monitoring.grafana import Dashboard
from infra.monitoring.panels import delivery, dependencies, gateway, overview, streams

DASHBOARDS: tuple[Dashboard, ...] = (
    overview.DASHBOARD,
    streams.DASHBOARD,
    delivery.DASHBOARD,
    gateway.DASHBOARD,
    dependencies.DASHBOARD,
)
