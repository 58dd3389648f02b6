"""What a dashboard is made of, without a word of Grafana's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["short", "s", "reqps", "percentunit", "bytes", "none"]
"""Grafana's names of them; ``reqps`` is anything a second."""
Kind = Literal["lines", "figure"]

RATE = "$__rate_interval"
"""The range of a rate: Grafana puts one in that fits the scrape interval and the zoom."""
WHOLE_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Query:
    """A query in PromQL; ``legend`` names its series, with ``{{label}}`` where a value stands."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One diagram, or one figure.

    Attributes:
        tells: what one sees, and what is wrong where it looks wrong.
        bad_from: where it turns red; ``warn_from`` where yellow. Below them, where ``low_is_bad``.
        words: what a value is called, and in which colour, instead of the value.
        empty_unless: what has to happen before there is anything to be seen; empty where there
            always is.
    """

    title: str
    tells: str
    queries: Sequence[Query]
    kind: Kind = "lines"
    unit: Unit = "short"
    width: int = 8
    warn_from: float | None = None
    bad_from: float | None = None
    low_is_bad: bool = False
    words: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    empty_unless: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """One page.

    Attributes:
        uid: names its file and its address.
        picks_job: whether one chooses the services; its queries say ``job=~"$job"`` then.
    """

    uid: str
    title: str
    tells: str
    rows: Sequence[Row]
    picks_job: bool = False

    @property
    def panels(self) -> list[Panel]:
        """All of its panels, from the top."""
        return [panel for row in self.rows for panel in row.panels]


def quantile(share: float, histogram: str, *, by: str = "", where: str = "") -> str:
    """Return the query of a quantile of a histogram, by some labels."""
    labels = ", ".join(["le", *([by] if by else [])])
    rate = f"rate({histogram}_bucket{where}[{RATE}])"
    return f"histogram_quantile({share}, sum by ({labels}) ({rate}))"


def quantiles(histogram: str, *, where: str = "") -> list[Query]:
    """Return the queries of half, of 95 and of 99 of 100."""
    return [
        Query(quantile(share, histogram, where=where), name)
        for share, name in ((0.5, "half"), (0.95, "95 %"), (0.99, "99 %"))
    ]


def rate_of(counter: str, *, by: str = "", where: str = "") -> str:
    """Return the query of what is added to a counter in a second, by some labels."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({counter}{where}[{RATE}]))"


def or_none(query: str) -> str:
    """Return a query that gives 0 where there is nothing: of what shows only once it happened."""
    return f"({query}) or on() vector(0)"
