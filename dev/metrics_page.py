"""Writes `docs/metrics.md`: `python -m dev.metrics_page`, as `make fix` does.

Name, type and labels come from what our modules declare, so they are imported, all of them; when one
looks at a metric is told by `docs/metrics.toml`, in the order and the sections of the page. Which
Django settings the import needs, the caller says: `DJANGO_SETTINGS_MODULE=tests.settings`.
"""

import importlib
import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import django
from prometheus_client.metrics import MetricWrapperBase

import libs
import services
from dev.settings import ROOT

PAGE = ROOT / "docs" / "metrics.md"
TABLE = ROOT / "docs" / "metrics.toml"
NEEDS_ENVIRONMENT = frozenset(
    {"settings", "asgi", "process", "delivery", "protection", "__main__"},
)
"""Modules that read the environment, or set it, when they are imported. They declare no metric."""
HISTOGRAM_SUFFIXES = ("_bucket", "_sum", "_count")
HEAD = """# Metrics

Each process serves its metrics at `/metrics` on its internal port, in Prometheus' text format.
Names are `parley_<part>_<what>_<unit>` in base units. No label carries the id of a person, room or
session. Metrics of the Python process itself (`process_*`, `python_*`) come with the library.

A process that has nothing to do with a metric does not show it. What is made of them, alerts and
dashboards, [monitoring](monitoring.md) tells. `make fix` writes this page, from the code and
`docs/metrics.toml`.
"""

Meanings = Mapping[str, Mapping[str, str]]
"""By section of the page and by name of the metric: when to look at it."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric as a module declares it; its name as Prometheus shows it."""

    name: str
    type: str
    labels: tuple[str, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        if self.type != "histogram":
            return (self.name,)
        return tuple(f"{self.name}{suffix}" for suffix in HISTOGRAM_SUFFIXES)


def main() -> None:
    """Write the page."""
    django.setup()
    PAGE.write_text(page(declared(), meanings()), encoding="utf-8")


def page(known: Mapping[str, Declared], told: Meanings) -> str:
    """Return the page.

    Raises:
        LookupError: a metric is told of nowhere, or one is told of that nobody declares.
    """
    names = {name for section in told.values() for name in section}
    if odd := sorted(names ^ known.keys()):
        raise LookupError(f"declared or told of, not both: {', '.join(odd)}")
    return "\n".join([HEAD, *_sections(known, told)])


def meanings() -> Meanings:
    """Return what the table tells."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def declared() -> Mapping[str, Declared]:
    """Return what our modules declare, by name; Django has to be set up."""
    found = (
        described(value)
        for name in _modules()
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, MetricWrapperBase) and not value._labelvalues
    )
    return {metric.name: metric for metric in found}


def described(metric: MetricWrapperBase) -> Declared:
    """Describe one metric."""
    (family,) = metric.describe()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = tuple(metric._labelnames)
    return Declared(name, family.type, labels)


def _modules() -> Iterator[str]:
    for package in (libs, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in NEEDS_ENVIRONMENT:
                yield module.name


def _sections(known: Mapping[str, Declared], told: Meanings) -> Iterator[str]:
    for section, rows in told.items():
        yield f"## {section}\n"
        yield "| metric | type | labels | look at it when |"
        yield "|---|---|---|---|"
        for name, meaning in rows.items():
            yield _row(known[name], meaning)
        yield ""


def _row(metric: Declared, meaning: str) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels}{' ' if labels else ''}| {meaning} |"


if __name__ == "__main__":
    main()
