"""The code as it was before the newest migration: what runs on a new schema while a deployment rolls."""

import subprocess
from pathlib import Path

from dev.settings import ROOT

MIGRATIONS = ":(glob)services/*/migrations/*.py"


def git(*arguments: str) -> bytes:
    """Ask git about this project.

    Raises:
        subprocess.CalledProcessError: this is no working copy, or one without its history.
    """
    command = ("git", *arguments)
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def commit_before_the_newest_migration() -> str:
    """Return the commit on which the newest change of a migration stands, committed or not yet.

    Raises:
        subprocess.CalledProcessError: as ``git`` does.
    """
    if git("status", "--porcelain", "--", MIGRATIONS):
        return git("rev-parse", "HEAD").decode().strip()
    newest = git("log", "-1", "--format=%H", "--", MIGRATIONS).decode().strip()
    return git("rev-parse", f"{newest}^").decode().strip()


def take_out(commit: str, folder: Path) -> None:
    """Write the project's files of a commit into an empty folder.

    Raises:
        subprocess.CalledProcessError: as ``git`` does.
    """
    unpack = ("tar", "-x")
    subprocess.run(unpack, cwd=folder, check=True, input=git("archive", commit))
