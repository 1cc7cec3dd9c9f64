"""Grafana, Prometheus and Alertmanager as code; docs/monitoring.md says how the files fit together."""
