"""Which series a query in PromQL asks for, and which there are."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import yaml

from dev import metrics_page
from dev.monitoring.scraping import FOLDER

_STRING = re.compile(r'"[^"]*"|' + r"'[^']*'")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_SELECTOR = re.compile(r"\{[^}]*\}")
_NAME = re.compile(r"\b(?:ALERTS|up|[a-z]+_[a-z0-9_:]+|[a-z_]+:[a-z0-9_:]+)\b(?!\s*\()")
LIBRARY = frozenset(
    {
        *("up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"),
        *("process_open_fds", "process_max_fds", "process_start_time_seconds"),
    }
)
"""Of Prometheus itself, and of the library that serves our metrics."""


def series_in(query: str) -> set[str]:
    """Return the names of series in a query."""
    bare = _SELECTOR.sub("", _STRING.sub("", query))
    return set(_NAME.findall(_GROUPING.sub("", bare)))


def rules(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rules of a file, in their order."""
    text = (FOLDER / "prometheus" / "rules" / f"{name}.yml").read_text()
    for group in yaml.safe_load(text)["groups"]:
        yield from group["rules"]


@functools.cache
def known_series() -> set[str]:
    """Return all that can be asked for: what is declared, what is recorded, and the library's."""
    declared = {name for each in metrics_page.declared().values() for name in each.series}
    return declared | LIBRARY | {str(rule["record"]) for rule in rules("recording")}
