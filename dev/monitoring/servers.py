"""A Prometheus and an Alertmanager of one's own, on free ports of loopback, for as long as a block.

They are the system's programs; where they are not installed nothing here works. Configurations are
values: JSON is YAML.
"""

import json
import math
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dev import ports
from dev.gateway import http_status
from dev.harness import wait_until
from dev.monitoring.scraping import Alertmanager
from dev.ports import LOOPBACK

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
PROMTOOL = shutil.which("promtool")
"""None where it is not installed."""
READY = 200
STOP_WITHIN_S = 20.0

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Series:
    """What a query over time gives of one series: (Unix seconds, value), those that are numbers."""

    labels: Labels
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str

    def ask(self, query: str) -> list[tuple[Labels, float]]:
        """Return what a query gives now.

        Raises:
            ValueError: Prometheus refuses it; the message says why.
        """
        found = self._get("query", query=query)
        return [(each["metric"], float(each["value"][1])) for each in found]

    def ask_over_time(
        self, query: str, *, from_s: float, until_s: float, step_s: float
    ) -> list[Series]:
        """Return what a query gives over time, in Unix seconds.

        Raises:
            ValueError: Prometheus refuses it; the message says why.
        """
        found = self._get(
            "query_range",
            query=query,
            start=str(from_s),
            end=str(until_s),
            step=str(step_s),
        )
        return [Series(each["metric"], _numbers(each["values"])) for each in found]

    @property
    def now_s(self) -> float:
        """Its time, in Unix seconds."""
        return self.ask("time()")[0][1]

    def _get(self, what: str, **parameters: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=parameters).json()
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        result = answer["data"]["result"]
        is_scalar = answer["data"]["resultType"] == "scalar"
        return [{"metric": {}, "value": result}] if is_scalar else result


@contextmanager
def running_prometheus(folder: Path, configuration: Mapping[str, Any]) -> Iterator[Prometheus]:
    """Have one run in a folder of its own.

    Raises:
        TimeoutError: it does not answer; its log in the folder says why.
    """
    address = f"{LOOPBACK}:{ports.free_port()}"
    with _running(
        folder,
        configuration,
        str(PROMETHEUS),
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ):
        _wait_until_ready(address)
        yield Prometheus(f"http://{address}")


@contextmanager
def running_alertmanager(folder: Path, configuration: Mapping[str, Any]) -> Iterator[Alertmanager]:
    """Have one run in a folder of its own, alone: it looks for no others.

    Raises:
        TimeoutError: it does not answer; its log in the folder says why.
    """
    address = f"{LOOPBACK}:{ports.free_port()}"
    with _running(
        folder,
        configuration,
        str(ALERTMANAGER),
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ):
        _wait_until_ready(address)
        yield Alertmanager(address)


@contextmanager
def _running(folder: Path, configuration: Mapping[str, Any], *command: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "configuration.yml"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, f"--config.file={file}"], stdout=log, stderr=log, cwd=folder
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=STOP_WITHIN_S)


def _wait_until_ready(address: str) -> None:
    port = int(address.rpartition(":")[2])
    wait_until(lambda: http_status(port, "/-/ready") == READY, what=f"{address} to be ready")


def _numbers(values: Sequence[tuple[float, str]]) -> list[tuple[float, float]]:
    points = [(at_s, float(value)) for at_s, value in values]
    return [(at_s, value) for at_s, value in points if math.isfinite(value)]
