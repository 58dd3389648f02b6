import importlib
import pkgutil
from collections.abc import Iterator

from prometheus_client.metrics import MetricWrapperBase

import libs
import services
from tests.unit.docs import pages


def modules() -> Iterator[str]:
    for package in (libs, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in pages.NEEDS_ENVIRONMENT:
                yield module.name


def declared() -> set[tuple[str, str, str]]:
    """Return name, type and labels of what our modules declare, whatever tests have declared."""
    metrics = {
        value
        for name in modules()
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, MetricWrapperBase)
    }
    return {described(metric) for metric in metrics}


def described(metric: MetricWrapperBase) -> tuple[str, str, str]:
    (family,) = metric.describe()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = metric._labelnames  # private, and told nowhere else
    return name, family.type, ", ".join(f"`{label}`" for label in labels)


def test_every_metric_is_documented_and_every_documented_one_exists():
    rows = pages.rows("metrics.md")

    documented = [(row.first, row["type"], row["labels"]) for row in rows]

    assert sorted(documented) == sorted(declared())
