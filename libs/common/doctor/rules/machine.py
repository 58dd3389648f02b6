"""The machine, or container, that we are on, and the processes of the suite."""

import resource
from collections.abc import Sequence

from libs.common import open_files
from libs.common.doctor import checks
from libs.common.doctor.checks import Finding
from libs.common.open_files import KEPT_FOR_OTHERS

READY = 200


def judge_files(*, connections: int, files: int) -> Finding:
    """Judge whether each connection of chat may have a file.

    Args:
        connections: ``CONNECTIONS``.
        files: how many one process may open, ``resource.RLIM_INFINITY`` for any number.
    """
    if open_files.most_connections(connections, files=files) < connections:
        return checks.OPEN_FILES.wrong(
            "",
            f"A process may open {files} files, and CONNECTIONS is {connections}.",
            f"Raise the limit (ulimit -n) to {connections + KEPT_FOR_OTHERS}, or lower CONNECTIONS.",
        )
    some = "any number of" if files == resource.RLIM_INFINITY else str(files)
    return checks.OPEN_FILES.ok(
        "", f"A process may open {some} files, enough for {connections} connections."
    )


def judge_process(about: str, *, status: int | None, reasons: Sequence[str], told: bool) -> Finding:
    """Judge what ``/readyz`` of an internal port said.

    Args:
        about: the service.
        status: None where nobody answered.
        reasons: checks that fail in it.
        told: whether somebody said that it is there.
    """
    if status == READY:
        return checks.PROCESSES.ok(about, "It is ready.")
    if status is None and not told:
        return checks.PROCESSES.look(
            about,
            "No service listens at INTERNAL_PORT of this container.",
            "Run the doctor beside one (`exec`), or say where they are: --internal.",
        )
    if status is None:
        return checks.PROCESSES.wrong(
            about, "Nobody answers at its internal port.", "See whether it runs, and its log."
        )
    return checks.PROCESSES.wrong(
        about,
        f"It is not ready: {', '.join(reasons) or f'status {status}'}.",
        "Its log says why; mend what it names first.",
    )
