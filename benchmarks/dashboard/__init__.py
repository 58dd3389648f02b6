"""``python -m benchmarks.dashboard``: what a dashboard shows under load, as a picture, without Grafana."""
