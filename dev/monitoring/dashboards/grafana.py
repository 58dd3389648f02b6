"""Makes Grafana's JSON of a dashboard. Source: Grafana 11, dashboard JSON model, schema 39."""

import json
from collections.abc import Iterator
from typing import Any

from dev.monitoring.dashboards.parts import WHOLE_WIDTH, Dashboard, Panel
from dev.settings import ROOT

FOLDER = ROOT / "monitoring" / "grafana" / "dashboards"
SCHEMA = 39
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
TYPES = {"lines": "timeseries", "figure": "stat"}
HEIGHTS = {"lines": 8, "figure": 4}
HEADING_HEIGHT = 1
OFF = {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": False}


def text_of(dashboard: Dashboard) -> str:
    """Return what stands in its file."""
    return json.dumps(json_of(dashboard), indent=1, ensure_ascii=False) + "\n"


def json_of(dashboard: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana has it."""
    return {
        "uid": dashboard.uid,
        "title": f"Parley: {dashboard.title}",
        "description": dashboard.tells,
        "tags": ["parley"],
        "schemaVersion": SCHEMA,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": [{**OFF, "name": "Annotations", "type": "dashboard"}]},
        "templating": {"list": list(_variables(dashboard))},
        "links": [
            {"title": "Parley", "type": "dashboards", "tags": ["parley"], "keepTime": True},
        ],
        "panels": list(_placed(dashboard)),
    }


def _variables(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    if dashboard.picks_job:
        yield {
            "name": "job",
            "label": "Service",
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": "label_values(parley_breaker_state, job)", "refId": "job"},
            "refresh": 2,
            "multi": True,
            "includeAll": True,
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _placed(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """Yield headings and panels, from left to right and from the top."""
    number, y = 0, 0
    for row in dashboard.rows:
        number += 1
        place = {"x": 0, "y": y, "w": WHOLE_WIDTH, "h": HEADING_HEIGHT}
        yield {"id": number, "type": "row", "title": row.title, "gridPos": place, "panels": []}
        x, y, height = 0, y + HEADING_HEIGHT, 0
        for panel in row.panels:
            if x + panel.width > WHOLE_WIDTH:
                x, y, height = 0, y + height, 0
            number += 1
            height = max(height, HEIGHTS[panel.kind])
            place = {"x": x, "y": y, "w": panel.width, "h": HEIGHTS[panel.kind]}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            x += panel.width
        y += height


def _panel(panel: Panel) -> dict[str, Any]:
    seldom = f" Empty unless {panel.empty_unless}." if panel.empty_unless else ""
    return {
        "type": TYPES[panel.kind],
        "title": panel.title,
        "description": panel.tells + seldom,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _figure_options() if panel.kind == "figure" else _lines_options(),
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "range": panel.kind == "lines",
                "instant": panel.kind == "figure",
            }
            for number, query in enumerate(panel.queries)
        ],
    }


def _field(panel: Panel) -> dict[str, Any]:
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 8,
        "showPoints": "never",
        "spanNulls": False,
        "thresholdsStyle": {"mode": "line" if panel.bad_from is not None else "off"},
    }
    return {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": _steps(panel)},
        "mappings": [
            {
                "type": "value",
                "options": {
                    str(value): {"text": text, "color": colour, "index": index}
                    for index, (value, (text, colour)) in enumerate(panel.words.items())
                },
            }
        ]
        if panel.words
        else [],
        **({"custom": custom} if panel.kind == "lines" else {}),
    }


def _steps(panel: Panel) -> list[dict[str, Any]]:
    colours = ("red", "yellow", "green") if panel.low_is_bad else ("green", "yellow", "red")
    first, second = panel.warn_from, panel.bad_from
    if panel.low_is_bad:
        first, second = panel.bad_from, panel.warn_from
    steps: list[dict[str, Any]] = [{"color": colours[0], "value": None}]
    if first is not None:
        steps.append({"color": colours[1], "value": first})
    if second is not None:
        steps.append({"color": colours[2], "value": second})
    return steps


def _figure_options() -> dict[str, Any]:
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
        "textMode": "auto",
        "justifyMode": "center",
    }


def _lines_options() -> dict[str, Any]:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
