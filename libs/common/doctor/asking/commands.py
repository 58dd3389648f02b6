"""``migrate --check`` of a service, as a process of its own: no service is imported here."""

import asyncio
import sys
from collections.abc import Mapping

from libs.common.doctor.rules.migrations import CommandFacts

COMMAND = ("migrate", "--check", "--plan", "--no-color", "--no-input")
WITHIN_S = 20.0
"""Django needs a second to begin with, and several on a machine that is busy."""


async def check_migrations(service: str, environment: Mapping[str, str]) -> CommandFacts:
    """Ask whether all migrations are there; it reads its settings first, so those are tried, too."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service}",
        *COMMAND,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            output, errors = await process.communicate()
    except TimeoutError:
        return CommandFacts(service=service, status=None)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return CommandFacts(
        service=service,
        status=process.returncode,
        output=output.decode(errors="replace"),
        errors=errors.decode(errors="replace"),
    )
