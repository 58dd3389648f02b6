"""Measures how hard the process is pressed, and says so."""

from collections.abc import Callable

import structlog

from libs.common import metrics
from libs.common.clock import Clock
from services.chat.domain.pressure import Pressure, Strain

LEVEL = metrics.gauge("parley_pressure_level", "0 calm, 1 busy, 2 overloaded.")
MEMORY = metrics.gauge("parley_memory_share", "Memory of the process, of what it may have.")

log = structlog.get_logger(__name__)


class PressureGauge:
    """Judges the strain each time that somebody lets it look.

    Args:
        pressure: what is told.
        loop_s, writer_s, memory_share: measure; see ``Strain``.
        clock: its monotonic side measures how long a level lasts.
    """

    def __init__(
        self,
        pressure: Pressure,
        *,
        loop_s: Callable[[], float],
        writer_s: Callable[[], float],
        memory_share: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._pressure = pressure
        self._loop_s = loop_s
        self._writer_s = writer_s
        self._memory_share = memory_share
        self._clock = clock

    def look(self) -> None:
        """Judge the strain of this moment."""
        strain = Strain(
            loop_s=self._loop_s(), writer_s=self._writer_s(), memory_share=self._memory_share()
        )
        before = self._pressure.level
        level = self._pressure.judge(strain, self._clock.monotonic())
        LEVEL.set(level)
        MEMORY.set(strain.memory_share)
        if level is not before:
            log.warning("pressure_changed", level=level.name.lower(), strain=strain)
