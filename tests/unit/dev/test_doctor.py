import subprocess
import sys

from dev.doctor import command_for
from dev.settings import ROOT, environment
from dev.state import ProcessState, SuiteState


def running(*processes):
    return SuiteState(
        gateway_url="http://127.0.0.1:8000",
        redis_url="",
        redis_services_url="",
        redis_push_url="",
        database_admin_url="",
        database_urls={},
        processes=[*processes],
    )


def test_where_nothing_runs_it_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "dev", "doctor", "--json"],
        cwd=ROOT,
        env={**environment(), "RUN_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "make up" in done.stderr


def test_it_is_told_where_people_come_in_and_where_processes_answer():
    state = running(
        ProcessState(service="postgres", pid=1, port=2, internal_port=None),
        ProcessState(service="queue", pid=3, port=4, internal_port=5),
    )

    told = command_for(state)

    assert "--url=http://127.0.0.1:8000" in told
    assert "--internal=queue=http://127.0.0.1:5" in told


def test_a_service_of_which_nothing_runs_is_asked_for_where_nobody_answers():
    """It is in no list of what runs, and would be missing in what is told."""
    told = command_for(running(ProcessState(service="queue", pid=3, port=4, internal_port=5)))

    asked = [each.split("=")[1:] for each in told if "internal" in each]
    assert asked == [
        ["queue", "http://127.0.0.1:5"],
        *([name, "http://127.0.0.1:1"] for name in ("chat", "presence", "receipts")),
    ]
