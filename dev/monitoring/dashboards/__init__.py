"""The dashboards, as they are written: `python -m dev.monitoring.dashboards` makes Grafana's JSON.

The JSON stands in git because Grafana reads it from the checkout; a test compares.
"""

from dev.monitoring.dashboards.infrastructure import INFRASTRUCTURE
from dev.monitoring.dashboards.message_path import MESSAGE_PATH
from dev.monitoring.dashboards.overview import OVERVIEW
from dev.monitoring.dashboards.parts import Dashboard, Panel, Query, Row
from dev.monitoring.dashboards.services import SERVICES

DASHBOARDS = (OVERVIEW, MESSAGE_PATH, SERVICES, INFRASTRUCTURE)

__all__ = ["DASHBOARDS", "Dashboard", "Panel", "Query", "Row"]
