"""Writes the dashboards where Grafana looks for them, as `make fix` does."""

from dev.monitoring.dashboards import DASHBOARDS
from dev.monitoring.dashboards.grafana import FOLDER, text_of

for dashboard in DASHBOARDS:
    (FOLDER / f"{dashboard.uid}.json").write_text(text_of(dashboard), encoding="utf-8")
