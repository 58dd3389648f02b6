"""What a run has shown, as a page for people and a table for documents."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from tests.faults.chaos.result import Happening, Result

HEIGHT_PX = 360
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 80rem; margin: 2rem auto; }}
td, th {{ padding: .2rem .6rem; text-align: left; }} td.number {{ text-align: right; }}
.broken {{ color: #b00; }}
</style>
<script>{plotly}</script>
<h1>{title}</h1>
<p>{summary}</p>
{broken}
{timeline}
{waiting}
<table>
<tr><th>fault</th><th>runs</th><th>acknowledged until healed</th><th>violations</th>
<th>healed after, median</th><th>at most</th></tr>
{rows}
</table>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault over all rounds.

    Attributes:
        acked: messages acknowledged from its beginning until all was healed.
        violations: in the rounds in which it struck.
        heal_s: of each time that it struck, how long until everybody heard everybody.
    """

    fault: str
    runs: int
    acked: int
    violations: int
    heal_s: Sequence[float]

    @property
    def cells(self) -> tuple[str, ...]:
        """Return what stands in the table."""
        healed = [f"{median(self.heal_s):.1f} s", f"{max(self.heal_s):.1f} s"]
        numbers = (f"{self.runs}", f"{self.acked}", f"{self.violations}")
        return (self.fault, *numbers, *(healed if self.heal_s else ["never", "never"]))


def rows_of(results: Sequence[Result]) -> list[Row]:
    """Sum up, fault by fault, in the order of their names; what is invalid shows nothing."""
    struck: dict[str, list[tuple[Result, Happening]]] = defaultdict(list)
    for result in _valid(results):
        for happening in result.happenings:
            struck[happening.fault].append((result, happening))
    return [
        Row(
            fault=fault,
            runs=len(times),
            acked=sum(one.acked for _, one in times),
            violations=sum(len(result.broken) for result, _ in times),
            heal_s=[one.heal_s for _, one in times if one.heal_s is not None],
        )
        for fault, times in sorted(struck.items())
    ]


def summary(results: Sequence[Result]) -> str:
    """Say in a line what was done and how it ended."""
    valid = _valid(results)
    sums = {
        "faults": sum(len(result.happenings) for result in valid),
        "messages sent": sum(result.sent for result in valid),
        "acknowledged": sum(result.acked for result in valid),
        "received": sum(result.received for result in valid),
        "of unknown outcome": sum(result.unknown for result in valid),
        "violations": sum(len(result.broken) for result in valid),
        "invalid rounds": len(results) - len(valid),
    }
    said = ", ".join(f"{count} {what}" for what, count in sums.items())
    return f"{len(valid)} rounds: {said}."


def _valid(results: Sequence[Result]) -> Sequence[Result]:
    return [result for result in results if result.broken or not result.invalid]


def markdown(results: Sequence[Result]) -> str:
    """Return the table for a document."""
    head = (
        "| fault | runs | acknowledged until healed | violations | healed after, median | at most |",
        "|---|---|---|---|---|---|",
    )
    lines = (f"| {' | '.join(row.cells)} |" for row in rows_of(results))
    return "\n".join((*head, *lines))


def page(results: Sequence[Result], *, seed: int) -> str:
    """Return the whole page; it needs nothing else."""
    return PAGE.format(
        title=f"Faults of seed {seed}, and what became of them",
        summary=escape(summary(results)),
        broken="\n".join(_broken(results)),
        plotly=get_plotlyjs(),
        timeline=_html(_timeline(results)),
        waiting=_html(_waiting(results)),
        rows="\n".join(_table(rows_of(results))),
    )


def _broken(results: Iterable[Result]) -> Iterator[str]:
    for number, result in enumerate(results, start=1):
        for sentence in result.broken:
            yield f'<p class="broken">round {number}: {escape(sentence)}</p>'
        if result.invalid:
            yield f"<p>round {number} shows nothing: {escape(result.invalid)}</p>"


def _table(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        name, *numbers = row.cells
        cells = "".join(f'<td class="number">{escape(number)}</td>' for number in numbers)
        yield f"<tr><td>{escape(name)}</td>{cells}</tr>"


def _timeline(results: Sequence[Result]) -> go.Figure:
    """Draw when each fault lasted, and how long it took to heal behind it."""
    happenings = [one for result in results for one in result.happenings]
    figure = go.Figure()
    for name, begins, lasts in (
        ("broken", [one.began_s for one in happenings], [_lasted(one) for one in happenings]),
        ("healing", [one.ended_s for one in happenings], [one.heal_s or 0 for one in happenings]),
    ):
        figure.add_bar(
            name=name, orientation="h", base=begins, x=lasts, y=[one.fault for one in happenings]
        )
    rows = len({one.fault for one in happenings})
    figure.update_layout(title="Faults", barmode="overlay", height=HEIGHT_PX / 2 + 22 * rows)
    return figure


def _lasted(one: Happening) -> float:
    return one.ended_s - one.began_s


def _waiting(results: Sequence[Result]) -> go.Figure:
    """Draw how many messages were begun and not acknowledged, and the longest wait."""
    samples = [sample for result in results for sample in result.samples]
    at_s = [sample.at_s for sample in samples]
    figure = go.Figure()
    figure.add_scatter(name="not acknowledged", x=at_s, y=[one.unacked for one in samples])
    figure.add_scatter(name="not seen by all", x=at_s, y=[one.unseen for one in samples])
    figure.add_scatter(
        name="median time to the ack, ms", x=at_s, y=[one.ack_ms for one in samples], yaxis="y2"
    )
    figure.update_layout(
        title="Messages under way, and how long they took",
        height=HEIGHT_PX,
        yaxis={"title": "messages"},
        yaxis2={"title": "ms", "overlaying": "y", "side": "right", "type": "log"},
        xaxis={"title": "s"},
    )
    return figure


def _html(figure: go.Figure) -> str:
    return str(figure.to_html(full_html=False, include_plotlyjs=False))
