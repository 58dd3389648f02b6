"""Ctrl-C in the first minutes, while others work for us: pip, then npm."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from dev import bootstrap
from dev.harness import wait_until
from dev.settings import ROOT, environment

WITHIN_S = 30
SLOW_PIP = """#!/bin/sh
case "$*" in *"pip --disable"*) touch begun; exec sleep 60 ;; esac
"""
"""In the place of the environment's Python: installs for a minute, and answers all else with 0."""
SLOW_NPM = "#!/bin/sh\ntouch ../../begun; exec sleep 60\n"
ALL_OF_IT = ("services", "libs", "clients/python", "clients/__init__.py")


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def interrupted(command, copy):
    """Press Ctrl-C in a copy once the command has begun; return its status and what it said."""
    process = subprocess.Popen(
        command,
        cwd=copy,
        env={**environment(), "PATH": f"{copy}/bin:{os.defpath}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(
        lambda: (copy / "begun").exists() or process.poll() is not None,
        what="its begin",
        within_s=WITHIN_S,
    )
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=WITHIN_S)
    return process.returncode, said.strip()


def test_it_is_told_in_one_line_and_installed_the_next_time(tmp_path):
    (tmp_path / "dev").mkdir()
    shutil.copy(ROOT / "dev" / "bootstrap.py", tmp_path / "dev")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "product.lock").touch()
    script(tmp_path / ".venv" / "bin" / "python", SLOW_PIP)

    ended = interrupted((sys.executable, "-m", "dev.bootstrap", "product"), tmp_path)

    assert ended == (
        bootstrap.INTERRUPTED,
        "parley: interrupted; the next time it goes on from here",
    )
    assert not (tmp_path / ".venv" / ".installed-product").exists()


def test_so_it_is_while_the_page_is_made(tmp_path):
    shutil.copytree(ROOT / "dev", tmp_path / "dev")
    (tmp_path / "clients" / "web").mkdir(parents=True)
    for name in ALL_OF_IT:
        (tmp_path / name).symlink_to(ROOT / name)
    # An environment of its own: npm beside its Python is found before any other.
    python = tmp_path / "bin" / "python"
    script(python.parent / "npm", SLOW_NPM)
    python.symlink_to(sys.executable)
    (tmp_path / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", tmp_path)

    ended = interrupted((python, "-m", "dev", "web"), tmp_path)

    assert ended == (bootstrap.INTERRUPTED, "parley: interrupted")
