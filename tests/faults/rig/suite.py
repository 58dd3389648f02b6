"""``make up`` whose services run in surroundings that a test chooses (``detour.py``)."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from dev.__main__ import main
from dev.services import SERVICES, Service


@dataclass(frozen=True, kw_only=True)
class Detoured(Service):
    """A service that begins with the detour."""

    def command(self, *arguments: str) -> Sequence[str]:
        """Return the command line of the detour, which becomes the service."""
        return (sys.executable, "-m", "tests.faults.rig.detour", self.name, *arguments)


DETOURED = tuple(
    Detoured(
        name=service.name,
        paths=service.paths,
        module=service.module,
        signs_tokens=service.signs_tokens,
    )
    for service in SERVICES
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], services=DETOURED))
