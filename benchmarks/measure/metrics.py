"""What the processes of a service count about themselves, on their internal ports."""

import re

import httpx

from dev.state import SuiteState


def counted(state: SuiteState, service: str, series: str) -> list[float]:
    """Return a series of each process, with its labels, as it is written; 0 where it has none."""
    pattern = re.compile(rf"^{re.escape(series)} (\S+)$", re.MULTILINE)
    pages = [
        httpx.get(f"http://127.0.0.1:{each.internal_port}/metrics").text
        for each in state.of(service)
    ]
    return [sum(map(float, pattern.findall(page))) for page in pages]
