"""Watching the suite: the dashboards' source, and a Prometheus and an Alertmanager to try all with."""
