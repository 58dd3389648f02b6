"""The registry of this process, and how a metric is declared.

Declare metrics at module level, once; several instances of a thing share a metric by a label.
Names are ``parley_<part>_<what>_<unit>`` in base units (seconds, bytes); a label never carries an
id of a user, room or session: each value is a time series for ever.
"""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Classic buckets, from a call to Redis to a call that is about to be given up."""

SIZE_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""For sizes of batches, in items."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it untyped

REGISTRY = CollectorRegistry(auto_describe=True)
"""Every metric of this process. Not prometheus_client's own, so tests can make others."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def counter(name: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
    """Declare something that is only ever added to; its series ends in ``_total``."""
    return Counter(name, help_text, labels, registry=REGISTRY)


def gauge(name: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
    """Declare a value that goes up and down."""
    return Gauge(name, help_text, labels, registry=REGISTRY)


def histogram(
    name: str,
    help_text: str,
    labels: Sequence[str] = (),
    *,
    buckets: Sequence[float] = LATENCY_BUCKETS_S,
) -> Histogram:
    """Declare a distribution with fixed buckets."""
    return Histogram(name, help_text, labels, buckets=buckets, registry=REGISTRY)


def render(registry: CollectorRegistry = REGISTRY) -> bytes:
    """Write all metrics in Prometheus' text format."""
    return generate_latest(registry)
