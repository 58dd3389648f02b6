"""`make manage`: a Django management command of a service, in the surroundings of a running suite."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from dev.keys import load_secrets
from dev.services import Service, Surroundings, origins_of, service_environment
from dev.settings import ROOT, environment
from dev.state import SuiteState, running_state

UNUSED_PORT = 1
"""A command serves nothing, but its settings want a port."""


def manage(run_dir: Path, service: Service, arguments: Sequence[str]) -> int:
    """Run a command with what `make up` gives the service; return its exit status.

    Raises:
        CannotStart: no suite runs in that folder.
    """
    state = running_state(run_dir)
    given = service_environment(
        service,
        surroundings_of(run_dir, state),
        port=UNUSED_PORT,
        internal_port=UNUSED_PORT,
    )
    command = service.command(*arguments) if arguments else service.command("help")
    return subprocess.run(command, cwd=ROOT, env=given, check=False).returncode


def surroundings_of(run_dir: Path, state: SuiteState) -> Surroundings:
    """Return what the processes of a running suite share."""
    return Surroundings(
        secrets=load_secrets(run_dir),
        redis_url=state.redis_services_url,
        database_urls=state.database_urls,
        origins=origins_of(int(state.gateway_url.rsplit(":", 1)[1])),
        inherited=environment(),
    )
