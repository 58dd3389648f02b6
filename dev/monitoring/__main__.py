"""``python -m dev.monitoring``: a configuration of Prometheus for the suite that runs in ``RUN_DIR``.

JSON is YAML. It holds the ports of now: who starts the suite anew writes another one.
"""

import json
import sys

from dev import settings
from dev.monitoring.scraping import Alertmanager, scraping
from dev.services import SERVICES
from dev.state import read_state

EVERY_S = 15
"""As ``monitoring/prometheus/prometheus.yml`` has it."""
NOTHING_RUNS = 1


def main(alertmanager: str | None) -> int:
    """Write it to standard output; return the exit status."""
    names = tuple(service.name for service in SERVICES)
    run_dir = settings.from_environment(settings.environment(), names).run_dir
    state = read_state(run_dir)
    if state is None:
        sys.stderr.write(f"Nothing runs in {run_dir}: start it with `make up` first.\n")
        return NOTHING_RUNS
    told = Alertmanager(alertmanager) if alertmanager else None
    text = json.dumps(scraping(state, every_s=EVERY_S, alertmanager=told), indent=2)
    sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
