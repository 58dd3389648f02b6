"""A report as one page that needs nothing else: diagrams over time, latencies, and the table."""

from collections.abc import Sequence
from html import escape

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from benchmarks.load.outcome import Outcome
from benchmarks.load.tally import QUANTILES
from benchmarks.report import Report, busy_percent, rates

KIB_PER_MIB = 1024
HEIGHT_PX = 360
PER_S = ("sent", "acked", "received", "receipts", "opened", "handshakes", "begun", "changes")
"""What is shown a second, as far as it happened."""
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font-family: sans-serif; max-width: 72rem; margin: 2rem auto; }}</style>
<script>{plotly}</script>
<h1>{title}</h1>
<pre>{table}</pre>
{diagrams}
</html>
"""


def page(report: Report) -> str:
    """Return the page."""
    outcome = report.outcome
    at_s = [each.at_s for each in outcome.samples[1:]]
    diagrams = [
        _over_time("A second", "per s", at_s, _rates(outcome)),
        _over_time("CPU", "% of a core", at_s, _busy(outcome)),
        _over_time("Resident memory", "MiB", at_s, _resident(outcome)),
        _latencies(outcome),
    ]
    return PAGE.format(
        title=escape(f"{report.name}, {report.target}"),
        plotly=get_plotlyjs(),
        table=escape(report.table()),
        diagrams="\n".join(
            each.to_html(full_html=False, include_plotlyjs=False) for each in diagrams if each.data
        ),
    )


def _rates(outcome: Outcome) -> dict[str, Sequence[float]]:
    last = outcome.samples[-1].counts if outcome.samples else {}
    return {name: rates(outcome.samples, name) for name in PER_S if last.get(name)}


def _busy(outcome: Outcome) -> dict[str, Sequence[float]]:
    return {name: busy_percent(outcome.samples, name) for name in outcome.cpu_s}


def _resident(outcome: Outcome) -> dict[str, Sequence[float]]:
    return {
        name: [each.resident_kib[name] / KIB_PER_MIB for each in outcome.samples[1:]]
        for name in outcome.at_rest_kib
    }


def _over_time(
    title: str, unit: str, at_s: Sequence[float], lines: dict[str, Sequence[float]]
) -> go.Figure:
    figure = go.Figure([go.Scatter(x=at_s, y=line, name=name) for name, line in lines.items()])
    figure.update_layout(
        title=title, xaxis_title="s since the start", yaxis_title=unit, height=HEIGHT_PX
    )
    return figure


def _latencies(outcome: Outcome) -> go.Figure:
    names = list(QUANTILES)
    stages = {name: each for name, each in outcome.stages().items() if each["count"]}
    figure = go.Figure(
        [
            go.Bar(x=names, y=[each[name] for name in names], name=stage)
            for stage, each in stages.items()
        ]
    )
    figure.update_layout(
        title="Latency", yaxis_title="ms", yaxis_type="log", barmode="group", height=HEIGHT_PX
    )
    return figure
