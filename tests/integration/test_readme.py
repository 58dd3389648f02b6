"""What the README tells a stranger to type, typed, and what they see compared with what it shows."""

import os
import re
import signal
import subprocess
import urllib.request
from contextlib import contextmanager

import pytest

from dev.harness import wait_until
from dev.leftovers import start_time
from dev.ports import free_port
from dev.settings import ROOT, environment
from dev.state import read_state

pytestmark = pytest.mark.timeout(300)
README = (ROOT / "README.md").read_text()
WITHIN_S = 120

RUN_HERE = {"make up", "make up DEMO=1", "make doctor", "make talk"}
TOO_LONG = {"make test", "make bench", "make chaos", "make docs"}
"""Of these only what they would run is asked for: CI runs the first, CI_FULL=1 the last."""
SECRETS = {"make secrets", "make secrets SECRETS=k8s/overlays/dev/secrets"}
OTHERS = {
    "docker compose up --build --detach": "docker-compose.yml",
    "kubectl apply -k k8s/overlays/dev": "k8s/overlays/dev/kustomization.yaml",
}
"""What needs Docker or a cluster, and the file that it reads. `tests.containers` and
`tests.kubernetes` run these, with CI_FULL=1; `dev.k8s` renders the manifests always."""


def blocks():
    """Return each command of the README's consoles with what is shown below it."""
    shown: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                command = line.removeprefix("$ ").partition("#")[0]
                shown += [(part.strip(), []) for part in command.split("&&")]
            elif line and line != "…":
                shown[-1][1].append(line)
    return shown


def said_in_passing():
    prose = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    return {words for words in re.findall(r"`([^`]+)`", prose) if words.startswith("make ")}


def as_seen(line, port):
    """Return a pattern of a line that is shown: times and seconds are what they are."""
    here = line.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    return r"[\d:.]+".join(map(re.escape, re.split(r"\d\d:\d\d:\d\d|\d+\.\d+(?= s)", here)))


@contextmanager
def typed(command, tmp_path):
    """Type a command that stays; yield its port, its log and its folder, and type Ctrl-C."""
    port, run_dir, log = free_port(), tmp_path / "run", tmp_path / "log.txt"
    env = {**environment(), "PORT": str(port), "RUN_DIR": str(run_dir)}
    with log.open("w") as output:
        process = subprocess.Popen(
            command.split(),
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: "Parley is ready" in log.read_text() or process.poll() is not None,
            what=f"the end of {command}",
            within_s=WITHIN_S,
        )
        assert process.poll() is None, log.read_text()
        yield port, log, env
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=WITHIN_S)


def run(command, env, *arguments):
    return subprocess.run(
        [*command.split(), *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def page(url):
    with urllib.request.build_opener().open(url, timeout=WITHIN_S) as answer:
        return answer.read().decode()


def test_every_command_of_the_readme_is_tried_here_or_known_to_be_elsewhere():
    shown = {command for command, _ in blocks()} | said_in_passing()

    assert shown == RUN_HERE | TOO_LONG | SECRETS | set(OTHERS)
    assert [path for path in OTHERS.values() if not (ROOT / path).exists()] == []


def test_make_up_shows_what_the_readme_shows_and_ctrl_c_leaves_nothing(tmp_path):
    (shown,) = [lines for command, lines in blocks() if command == "make up"]

    with typed("make up", tmp_path) as (port, log, env):
        seen = log.read_text()
        state = read_state(tmp_path / "run")
        first_page = page(f"http://127.0.0.1:{port}/")
        docs = page(f"http://127.0.0.1:{port}/api/chat/docs")
        doctor = run("make doctor", env)
        talk = run("make talk", env, f"PORT={port}")

    in_order = ".*".join(as_seen(line, port) for line in shown)
    assert re.search(in_order, seen, re.DOTALL), seen
    assert "<title>Parley" in first_page
    assert "swagger-ui" in docs
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "Traceback" not in talk.stdout + talk.stderr
    assert state is not None
    assert [each.service for each in state.processes if start_time(each.pid)] == []
    assert "Traceback" not in log.read_text()


@pytest.mark.full
def test_the_demo_says_whom_to_sign_in_as(tmp_path):
    with typed("make up DEMO=1", tmp_path) as (_, log, _):
        wait_until(lambda: "password" in log.read_text(), what="the invitation", within_s=WITHIN_S)

    assert re.search(r"Sign in as \w+", log.read_text())


@pytest.mark.parametrize("command", sorted(TOO_LONG))
def test_what_takes_long_is_a_verb(command):
    planned = run(command, environment(), "--dry-run")

    assert planned.returncode == 0, planned.stderr


def test_secrets_are_made_where_they_are_wanted_and_never_anew(tmp_path):
    first = run("make secrets", environment(), f"SECRETS={tmp_path}")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    again = run("make secrets", environment(), f"SECRETS={tmp_path}")

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert made
    assert {name: (tmp_path / name).read_bytes() for name in made} == made
