"""The site of the tutorial as a reader has it: a copy, set up and run by the tutorial's commands."""

import shutil
import subprocess
from pathlib import Path
from typing import Self

from dev import web
from dev.gateway import http_status
from dev.harness import RunningSuite, wait_until
from dev.settings import ROOT
from tests import tutorial

PASSWORD = "quite a long password"
NOT_COPIED = ("db.sqlite3", "parley.key", "parley_push.py", "parley", "__pycache__")
"""What somebody's own try has left in the example."""
WITHIN_S = 60
ENDS_WITHIN_S = 10
OK = 200


class DjangoSite:
    """A copy of the example beside a suite, as its own process. ``start`` one, and ``stop`` it."""

    def __init__(self, folder: Path, suite: RunningSuite, *, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._suite = suite
        self._port = port
        self._server: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, folder: Path, suite: RunningSuite, *, port: int) -> Self:
        """Copy the example, follow the tutorial, and return when the site answers.

        Args:
            folder: is made.
            suite: was started with ``tutorial.variables_of_parley`` of this port.
            port: of the site.
        """
        shutil.copytree(tutorial.SITE, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
        site = cls(folder, suite, port=port)
        for step in ("openssl", "parley_push.py", "migrate", "create_user"):
            site.run(tutorial.commands(step))
        site.serve()
        return site

    def serve(self) -> None:
        """Start its server, and wait until it answers."""
        command = tutorial.commands("runserver").strip().replace("8100", str(self._port))
        with (self.folder / "site.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {command} --noreload"],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: http_status(self._port, "/.well-known/jwks.json") == OK, what="the site")

    def stop(self) -> None:
        """End its server."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(ENDS_WITHIN_S)

    @property
    def log(self) -> str:
        """What its server has written."""
        return (self.folder / "site.log").read_text(encoding="utf-8")

    @property
    def parley_url(self) -> str:
        """Where Parley is."""
        return self._suite.state.gateway_url

    def shell(self, code: str) -> str:
        """Run some Python there; return what it wrote."""
        return self.run(f'python manage.py shell --verbosity 0 -c "{code}"')

    def run(self, commands: str) -> str:
        """Run commands of the tutorial there; return what they wrote.

        Raises:
            AssertionError: one of them failed.
        """
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", commands.replace("$PARLEY/.run", "$RUN_DIR")],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """Return what a terminal of the reader has: nothing of these tests but where things are."""
        return {
            "PATH": web.npm_environment()["PATH"],
            "HOME": str(self.folder),
            "PARLEY": str(ROOT),
            "SITE": str(self.folder),
            "RUN_DIR": str(self._suite.run_dir),
            "SITE_URL": self.url,
            "PARLEY_URL": self.parley_url,
        }
