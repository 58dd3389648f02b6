"""Docker's own client, as a program: what is asked of it, and what it answered.

Podman's takes the same commands.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev.settings import ROOT, environment

USUAL = Path("/usr/bin/docker")
"""Asked before PATH: Debian's client builds with BuildKit by itself, a newer one needs a plugin."""


class Failed(Exception):
    """A command did not succeed; the message ends with what it wrote last."""


@dataclass(frozen=True, kw_only=True)
class Docker:
    """The client.

    Attributes:
        extra: variables beside the inherited ones.
    """

    program: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return Path(self.program).name

    def run(self, *arguments: str, text: str | None = None, within_s: float = 600) -> str:
        """Run a command and return what it wrote to its output.

        Args:
            arguments: behind ``docker``.
            text: goes to its input.
            within_s: it is ended after so long.

        Raises:
            Failed: its status was not 0, or it took too long.
        """
        command = [self.program, *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**environment(), "DOCKER_BUILDKIT": "1", **self.extra},
                input=text,
                capture_output=True,
                text=True,
                check=False,
                timeout=within_s,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(
                f"{self.name} {' '.join(arguments[:6])} took above {within_s:g} s"
            ) from error
        if done.returncode != 0:
            raise Failed(f"{self.name} {' '.join(arguments[:6])} …:\n{last_lines(done.stderr)}")
        return done.stdout

    def works(self, *arguments: str) -> bool:
        """Say whether a command succeeds."""
        try:
            self.run(*arguments, within_s=30)
        except (Failed, OSError):
            return False
        return True

    def inspect(self, name: str) -> Any:
        """Return all that is known of a container or an image.

        Raises:
            Failed: there is none.
        """
        return json.loads(self.run("inspect", name))[0]

    def image_bytes(self, tag: str) -> int:
        """Return the size of an image with all that it stands on."""
        return int(self.inspect(tag)["Size"])


def client(extra: Mapping[str, str] | None = None) -> Docker | None:
    """Return the client of this machine, or None where it has none."""
    program = str(USUAL) if os.access(USUAL, os.X_OK) else shutil.which("docker")
    return Docker(program=program, extra=extra or {}) if program else None


def last_lines(text: str, *, count: int = 15) -> str:
    """Return the end of what a program wrote."""
    return "\n".join(text.strip().splitlines()[-count:])


def megabytes(count: float) -> str:
    """Say a size as Docker does, in millions of bytes."""
    return f"{count / 1e6:.0f} MB"


def listed(text: str) -> Sequence[str]:
    """Return the lines that are not empty."""
    return [line for line in text.splitlines() if line.strip()]
