"""The scenarios, by their names on the command line."""

from collections.abc import Mapping

from benchmarks.load.stage import Scenario
from benchmarks.scenarios.connect import Connect
from benchmarks.scenarios.idle import Idle
from benchmarks.scenarios.mixed import Mixed
from benchmarks.scenarios.offline import Offline
from benchmarks.scenarios.overload import Overload
from benchmarks.scenarios.pairs import Pairs
from benchmarks.scenarios.presence import Presence
from benchmarks.scenarios.receipts import Receipts
from benchmarks.scenarios.rooms import Rooms
from benchmarks.scenarios.soak import Soak
from benchmarks.scenarios.storm import Storm
from benchmarks.scenarios.typing import Typing

SCENARIOS: Mapping[str, type[Scenario]] = {
    "pairs": Pairs,
    "rooms": Rooms,
    "idle": Idle,
    "connect": Connect,
    "storm": Storm,
    "offline": Offline,
    "typing": Typing,
    "presence": Presence,
    "receipts": Receipts,
    "mixed": Mixed,
    "soak": Soak,
    "overload": Overload,
}
FOR_ALL_STACKS = {"pairs", "rooms", "connect"}
"""What the others can do as well; the rest of Parley's protocol they do not speak."""
IN_ONE_PROCESS = {"offline", "overload"}
"""What decides by what it has seen: one load process has to see all of it."""
