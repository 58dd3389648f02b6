"""`make up` with a stand-in service: tests of the suite itself do not wait for a real one."""

import sys

from dev.__main__ import main
from dev.services import Service

STAND_IN = Service(name="chat", paths=("/*",), module="tests.integration.dev.stand_in_service")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], services=(STAND_IN,)))
