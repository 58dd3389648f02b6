"""`make doctor`: the doctor, with what `make up` gives its services."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dev.manage import UNUSED_PORT, surroundings_of
from dev.ports import LOOPBACK
from dev.services import SERVICES, VAPID_SUBJECT, service_environment
from dev.settings import ROOT
from dev.state import SuiteState, running_state

WHOSE = "chat"
"""The service that has most of the settings; the others' databases come beside its own."""


def doctor(run_dir: Path, arguments: Sequence[str]) -> int:
    """Look at a running suite; return the doctor's exit status.

    Raises:
        CannotStart: no suite runs in that folder.
    """
    state = running_state(run_dir)
    command = (*command_for(state), *arguments)
    environment = environment_for(run_dir, state)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def command_for(state: SuiteState) -> Sequence[str]:
    """Return the command line, with where everything is."""
    ports = [
        f"--internal={process.service}=http://{LOOPBACK}:{process.internal_port}"
        for process in state.processes
        if process.internal_port is not None
    ]
    ports += [
        f"--internal={service.name}=http://{LOOPBACK}:{UNUSED_PORT}"  # it does not run now
        for service in SERVICES
        if not state.of(service.name)
    ]
    told = (f"--service={WHOSE}", f"--url={state.gateway_url}", *ports)
    return (sys.executable, "-m", "services", "doctor", *told)


def environment_for(run_dir: Path, state: SuiteState) -> dict[str, str]:
    """Return the settings of all services together."""
    around = surroundings_of(run_dir, state)
    (whose,) = (service for service in SERVICES if service.name == WHOSE)
    environment = service_environment(whose, around, port=UNUSED_PORT, internal_port=UNUSED_PORT)
    environment["VAPID_PRIVATE_KEY"] = around.secrets.vapid_private_key
    environment.setdefault("VAPID_SUBJECT", VAPID_SUBJECT)
    of_all = {f"{name.upper()}_DATABASE_URL": url for name, url in state.database_urls.items()}
    return environment | of_all
