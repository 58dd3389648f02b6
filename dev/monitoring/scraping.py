"""How a Prometheus is to watch a suite that runs: its targets, our rules, whom it tells.

A configuration is a value: JSON is YAML.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.ports import LOOPBACK
from dev.settings import ROOT
from dev.state import SuiteState

FOLDER = ROOT / "monitoring"
RULES = FOLDER / "prometheus" / "rules"
WATCHED = ("chat", "presence", "queue", "receipts")


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """One that runs; ``address`` is its host and port."""

    address: str


def scraping(
    state: SuiteState,
    *,
    every_s: int = 1,
    rules: Path = RULES,
    alertmanager: Alertmanager | None = None,
) -> dict[str, Any]:
    """Return the configuration of a Prometheus that scrapes a running suite, and judges.

    Its targets are those of now: a process that comes back keeps its port.
    """
    targets = [alertmanager.address] if alertmanager else []
    return {
        "global": {"scrape_interval": f"{every_s}s", "evaluation_interval": f"{every_s}s"},
        "rule_files": [str(rules / "*.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}]},
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": _targets(state, name)}]}
            for name in WATCHED
        ],
    }


def _targets(state: SuiteState, service: str) -> list[str]:
    return [f"{LOOPBACK}:{process.internal_port}" for process in state.of(service)]
