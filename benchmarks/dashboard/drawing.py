"""A dashboard as a page: its panels where Grafana has them, its queries answered by a Prometheus."""

import re
from dataclasses import dataclass
from html import escape

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from dev.monitoring.dashboards.parts import RATE, WHOLE_WIDTH, Dashboard, Panel, Query
from dev.monitoring.servers import Labels, Prometheus

RATE_RANGE = "10s"
"""Where a scrape is a second."""
STEP_S = 1.0
HEIGHTS_PX = {"lines": 250, "figure": 104}
WIDTH_PX = 1800
COLOURS = {"green": "#3a7d44", "yellow": "#c98f00", "red": "#b3261e"}
TICKS = {"percentunit": ".2~%", "bytes": ".3s"}
UNITS = {"s": "s", "reqps": "/s"}
MORE_SERIES = 12
"""From so many on the legend would leave no room for the lines."""
NEAR = 2.0
"""Where a bound is drawn: what is far below it would be flat."""
_MISSING = re.compile(r"\{\{\w+\}\}")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 14px sans-serif; margin: 16px; width: {width}px; background: #f4f5f5 }}
h1 {{ font-size: 20px; margin: 4px 0 }} h2 {{ font-size: 15px; margin: 14px 0 4px }}
.row {{ display: grid; grid-template-columns: repeat({columns}, 1fr); gap: 8px }}
.panel {{ background: white; border: 1px solid #ddd; min-width: 0 }}
.panel b {{ display: block; padding: 6px 10px 0 }}
.figure {{ color: white; text-align: center; font-size: 26px; line-height: 60px; margin-top: 6px }}
</style>
<script>{plotly}</script>
<h1>{title}</h1>
{rows}
</html>
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is shown, in Unix seconds."""

    from_s: float
    until_s: float


def page(dashboard: Dashboard, prometheus: Prometheus, span: Span) -> str:
    """Return the page; figures are those of the middle of the time."""
    rows = [
        f"<h2>{escape(row.title)}</h2><div class='row'>"
        + "".join(_panel(panel, prometheus, span) for panel in row.panels)
        + "</div>"
        for row in dashboard.rows
    ]
    return PAGE.format(
        title=f"Parley: {escape(dashboard.title)}",
        width=WIDTH_PX,
        columns=WHOLE_WIDTH,
        plotly=get_plotlyjs(),
        rows="\n".join(rows),
    )


def _panel(panel: Panel, prometheus: Prometheus, span: Span) -> str:
    draw = _figure if panel.kind == "figure" else _lines
    drawn = draw(panel, prometheus, span)
    return (
        f"<div class='panel' style='grid-column: span {panel.width}'>"
        f"<b>{escape(panel.title)}</b>{drawn}</div>"
    )


def _figure(panel: Panel, prometheus: Prometheus, span: Span) -> str:
    middle_s = (span.from_s + span.until_s) / 2
    found = prometheus.ask_over_time(
        _concrete(panel.queries[0]), from_s=middle_s, until_s=middle_s, step_s=STEP_S
    )
    if not found or not found[0].points:
        return "<div class='figure' style='background: #888'>no data</div>"
    value = found[0].points[0][1]
    text, colour = panel.words.get(int(value), ("", "")) if panel.words else ("", "")
    shown = text or (f"{value:.3%}" if panel.unit == "percentunit" else f"{value:.4g}")
    background = COLOURS[colour or _judged(panel, value)]
    return f"<div class='figure' style='background: {background}'>{escape(shown)}</div>"


def _judged(panel: Panel, value: float) -> str:
    sign = -1 if panel.low_is_bad else 1

    def is_beyond(bound: float | None) -> bool:
        return bound is not None and (
            sign * value > sign * bound if panel.low_is_bad else value >= bound
        )

    if is_beyond(panel.bad_from):
        return "red"
    return "yellow" if is_beyond(panel.warn_from) else "green"


def _lines(panel: Panel, prometheus: Prometheus, span: Span) -> str:
    lines = [
        go.Scatter(
            x=[at_s - span.from_s for at_s, _ in each.points],
            y=[value for _, value in each.points],
            name=_legend(query.legend, each.labels),
            line={"width": 1.3},
        )
        for query in panel.queries
        for each in prometheus.ask_over_time(
            _concrete(query), from_s=span.from_s, until_s=span.until_s, step_s=STEP_S
        )
        if each.points
    ]
    figure = go.Figure(lines)
    figure.update_layout(
        height=HEIGHTS_PX["lines"],
        margin={"l": 60, "r": 10, "t": 8, "b": 30},
        plot_bgcolor="white",
        showlegend=len(lines) <= MORE_SERIES,
        legend={"orientation": "h", "font": {"size": 10}},
        yaxis={
            "rangemode": "tozero",
            "gridcolor": "#eee",
            "tickformat": TICKS.get(panel.unit, ""),
            "ticksuffix": UNITS.get(panel.unit, ""),
        },
        xaxis={
            "gridcolor": "#eee",
            "ticksuffix": " s",
            "range": [0, span.until_s - span.from_s],
        },
    )
    highest = max((max(line.y) for line in lines), default=0.0)
    if panel.bad_from is not None and panel.bad_from <= NEAR * highest:
        figure.add_hline(y=panel.bad_from, line={"color": "red", "dash": "dot", "width": 1})
    return str(figure.to_html(full_html=False, include_plotlyjs=False))


def _concrete(query: Query) -> str:
    return query.expr.replace(RATE, RATE_RANGE).replace("$job", ".+")


def _legend(text: str, labels: Labels) -> str:
    for name, value in labels.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return _MISSING.sub("none", text)
