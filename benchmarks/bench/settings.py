"""How much is measured, as the environment says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RATES = {
    "parley": (1000, 1500, 2000, 2500, 3000, 3500, 4000, 5000),
    "tutorial": (50, 100, 150, 200, 300, 400),
    "socketio": (250, 500, 750, 1000, 1500),
}
ON_ALL_CORES = (2000, 3000, 4000, 5000, 6000)
PARTS = ("rounds", "gateway", "soak", "growth")
LONG = frozenset({"soak", "growth"})
"""Parts that are left out unless ``FULL`` is given, or they are named."""
QUICK_RATES = {"parley": (1000, 2000, 3000), "tutorial": (50, 100, 200), "socketio": (250, 500)}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is measured.

    Attributes:
        rounds: in each of which everybody has a turn.
        seconds: for how long each scenario counts.
        connections: of the ladders.
        rates: of messages, to be tried with all servers on one core, by stack.
        on_all_cores: likewise of Parley, where client and servers share all of them.
        is_quick: whether rows with thousands of people are left out.
        parts: of ``PARTS``, in that order.
    """

    rounds: int
    seconds: float
    connections: int
    rates: Mapping[str, Sequence[float]]
    on_all_cores: Sequence[float]
    is_quick: bool = False
    parts: Sequence[str] = PARTS


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read ``QUICK``, ``FULL`` and ``ONLY``.

    Raises:
        ValueError: ``ONLY`` names a part that there is not.
    """
    parts = parts_of(given)
    if given.get("QUICK"):
        return Wanted(
            rounds=1,
            seconds=5.0,
            connections=1000,
            rates=QUICK_RATES,
            on_all_cores=(3000,),
            is_quick=True,
            parts=parts,
        )
    return Wanted(
        rounds=3,
        seconds=8.0,
        connections=1000,
        rates=RATES,
        on_all_cores=ON_ALL_CORES,
        parts=parts,
    )


def parts_of(given: Mapping[str, str]) -> Sequence[str]:
    """Return the parts that are asked for.

    Raises:
        ValueError: as ``wanted``.
    """
    names = [name for name in given.get("ONLY", "").replace(",", " ").split() if name]
    if unknown := set(names) - set(PARTS):
        known = ", ".join(PARTS)
        raise ValueError(f"ONLY names what is no part: {', '.join(sorted(unknown))} (of {known})")
    if names:
        return [name for name in PARTS if name in names]
    return [name for name in PARTS if given.get("FULL") or name not in LONG]
