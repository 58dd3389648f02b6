"""What lets people in, where a test is not about it."""

from collections.abc import Callable, Collection

from libs.common.clock import ManualClock
from libs.common.rates.keyed import KeyedLimit
from services.chat.admission import Admission
from services.chat.domain.pressure import AT_EASE, Pressure, Strain


def open_door(
    sessions_of: Callable[[str], Collection[object]],
    *,
    pressure: Pressure = AT_EASE,
    handshakes: int = 1_000,
    most_of_one: int = 1_000,
    most_sockets: int = 1_000,
) -> Admission:
    """Return what lets everybody in, but for what is said otherwise."""
    return Admission(
        pressure=pressure,
        handshakes=KeyedLimit(ManualClock(), per_s=1, burst=handshakes),
        sessions_of=sessions_of,
        most_of_one=most_of_one,
        most_sockets=most_sockets,
    )


def pressed_by(strain: Strain) -> Pressure:
    """Return what is pressed so much."""
    pressure = Pressure()
    pressure.judge(strain, 0.0)
    return pressure
