"""`make check`, `fix` and `test`: lists of commands, each timed, all of them run.

A part that fails does not hide the next one; the status at the end is that of the whole. Of tests,
some parts run at the same time, because most of them wait: whoever has ended one takes the next. The
output of one is shown as it comes, that of the others is kept, and shown behind it.
"""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

from dev import web
from dev.services import SERVICES, UNUSED_SURROUNDINGS
from dev.settings import ROOT, environment

FOLDERS: Mapping[str, Sequence[str]] = {
    "chat": ("tests/integration/chat",),
    "integration": ("tests/integration", "--ignore=tests/integration/chat"),
    "e2e": ("tests/e2e",),
    "properties": ("tests/properties",),
    "faults": ("tests/faults",),
    "unit": ("tests/unit",),
    "fuzz": ("tests/fuzz",),
}
"""What is tested in one part, the longest first: so none of those is left alone at the end."""
AT_ONCE = 2
"""Parts of the tests that run at the same time: on two cores three take as long."""
DAPHNE = {"daphne": ("tests/integration", "tests/faults"), "daphne e2e": ("tests/e2e",)}
"""Where tests are that also run with daphne. The browser's by themselves, because its driver keeps
an event loop running in the test's thread."""
TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
"""Those under which everything can be imported."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One named command of a verb.

    Attributes:
        extra: variables beside the inherited ones.
    """

    name: str
    command: Sequence[str]
    folder: Path = ROOT
    extra: Mapping[str, str] = field(default_factory=dict)


def check() -> int:
    """Judge the code without running it; return the exit status."""
    return run_all(list(checks()))


def fix() -> int:
    """Mend and format what the tools can mend; return the exit status."""
    return run_all(list(fixes()))


def test() -> int:
    """Run every test there is; return the exit status."""
    return run_all(list(tests()), at_once=AT_ONCE)


def docs() -> int:
    """Make a site of the documents; return the exit status."""
    return run_all([documents()])


def checks() -> Iterator[Part]:
    """Yield the parts of ``check``."""
    yield python("ruff", "-m", "ruff", "check", "--quiet")
    yield python("format", "-m", "ruff", "format", "--check", "--quiet")
    yield python("mypy", "-m", "mypy", "--no-error-summary")
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    yield python("imports", "-c", lint_imports, "--no-logo")
    for service in SERVICES:
        # Django warns that there is no database to compare with: there need not be one.
        quiet = ("-W", "ignore::RuntimeWarning", "-m", service.module)
        command = (*quiet, "makemigrations", "--check", "--dry-run")
        yield python(f"{service.name}'s migrations", *command, extra=UNUSED_SURROUNDINGS)
    yield npm("web", "run", "--silent", "check")
    yield prettier("--check")


def fixes() -> Iterator[Part]:
    """Yield the parts of ``fix``."""
    yield python("ruff", "-m", "ruff", "check", "--quiet", "--fix-only")
    yield python("format", "-m", "ruff", "format", "--quiet")
    yield python("version", "-m", "dev.version")
    yield python("correctness", "-m", "dev.correctness")
    yield python("metrics", "-m", "dev.metrics_page", extra=TEST_SETTINGS)
    yield python("dashboards", "-m", "dev.monitoring.dashboards")
    yield python("rules", "-m", "dev.k8s.rules")
    yield npm("web", "run", "--silent", "fix")
    yield prettier("--write")


def tests() -> Iterator[Part]:
    """Yield the parts of ``test``: one a folder, the other server, the web client's own.

    With ``CI_FULL`` also what takes long: whether mistakes in the product would be noticed, the suite
    in containers, by compose and from the manifests of Kubernetes, the browser through nginx, as an
    Ingress has it, and the documents as a site.
    """
    if "CI_FULL" in environment():
        yield python("containers", "-m", "tests.containers")
        yield python("mutants", "-m", "tests.faults.mutants")
        yield python("kubernetes", "-m", "tests.kubernetes")
        yield python("nginx", "-m", "pytest", "--quiet", "tests/e2e", extra={"GATEWAY": "nginx"})
        yield documents()
    for name, folders in FOLDERS.items():
        yield python(name, "-m", "pytest", "--quiet", *folders)
    yield python("k8s", "-m", "dev.k8s")
    for name, folders in DAPHNE.items():
        marked = ("-m", "pytest", "--quiet", "-m", "both_servers", *folders)
        yield python(name, *marked, extra={"SERVER": "daphne"})
    yield npm("web", "test", "--silent")


def documents() -> Part:
    """Return the part that makes the site; it imports what reads settings, and connects to nothing."""
    return python("documents", "-m", "dev.docs", extra={**TEST_SETTINGS, **UNUSED_SURROUNDINGS})


def python(name: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Part:
    """Return a part that runs this environment's Python."""
    return Part(name=name, command=(sys.executable, *arguments), extra=extra or {})


def npm(name: str, *arguments: str) -> Part:
    """Return a part that runs npm in the web client's folder."""
    return Part(name=name, command=("npm", *arguments), folder=web.WEB, extra=web.npm_environment())


def prettier(mode: str) -> Part:
    """Return a part that has the web client's Prettier look at the JavaScript elsewhere."""
    elsewhere = (str(web.SOCKETIO), str(web.MODELS), str(web.DIAGRAMS), str(web.EXAMPLE))
    return npm("javascript", "exec", "--", "prettier", "--log-level=warn", mode, *elsewhere)


def run_all(parts: Sequence[Part], *, at_once: int = 1) -> int:
    """Run the parts in their order and print a table of what each took.

    Args:
        parts: are shown as they run.
        at_once: how many at the same time; all but one are shown when all are through.

    Returns:
        0 if all of them succeeded, 1 otherwise.
    """
    stop = threading.Event()
    left = iter(parts)
    with ExitStack() as ends:
        threads = ends.enter_context(ThreadPoolExecutor())
        outputs = [ends.enter_context(TemporaryFile("w+")) for _ in range(at_once - 1)]
        others = [threads.submit(run_each, left, output, stop) for output in outputs]
        try:
            ended = run_each(left, sys.stdout, stop)
        except BaseException:  # Ctrl-C, above all: it ends the part that runs, not those behind it
            stop.set()
            raise
        for other, output in zip(others, outputs, strict=True):
            ended += other.result()
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout)
    say("")
    for part, status, took_s in sorted(ended, key=lambda row: parts.index(row[0])):
        say(f"{'ok    ' if status == 0 else 'FAILED'} {took_s:7.1f} s  {part.name}")
    return int(any(status != 0 for _, status, _ in ended))


def run_each(
    left: Iterator[Part], output: TextIO, stop: threading.Event
) -> list[tuple[Part, int, float]]:
    """Run what is left, one after the other, until ``stop``; return of each its status and seconds.

    Args:
        left: shared with whoever runs some of the parts at the same time.
        output: where theirs goes.
        stop: is looked at before each part.
    """
    ended = []
    for part in left:
        if stop.is_set():
            break
        say(f"── {part.name}", output)
        began_s = time.monotonic()
        status = run(part, output)
        ended.append((part, status, time.monotonic() - began_s))
    return ended


def run(part: Part, output: TextIO) -> int:
    """Run one part with its output on the terminal, or in a file; return its status."""
    whole = {**environment(), **part.extra}
    errors = None if output is sys.stdout else subprocess.STDOUT
    ran = subprocess.run(
        part.command, cwd=part.folder, env=whole, check=False, stdout=output, stderr=errors
    )
    return ran.returncode


def say(text: str, output: TextIO | None = None) -> None:
    """Write a line, in order with what the parts write."""
    written = output or sys.stdout
    written.write(f"{text}\n")
    written.flush()
