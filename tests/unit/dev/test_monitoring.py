"""A configuration of Prometheus for a suite that runs."""

import json
import subprocess
import sys

from dev.settings import ROOT, environment
from dev.state import ProcessState, SuiteState, write_state


def asked(run_dir, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "dev.monitoring", *arguments],
        cwd=ROOT,
        env={**environment(), "RUN_DIR": str(run_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_asks_the_processes_of_now_and_tells_whom_it_is_told_to(tmp_path):
    state = SuiteState(
        gateway_url="",
        redis_url="",
        redis_services_url="",
        redis_push_url="",
        database_admin_url="",
        database_urls={},
        processes=[ProcessState(service="queue", pid=3, port=4, internal_port=5)],
    )
    write_state(tmp_path, state)

    written = json.loads(asked(tmp_path, "127.0.0.1:9093").stdout)

    jobs = {each["job_name"]: each["static_configs"] for each in written["scrape_configs"]}
    assert jobs["queue"] == [{"targets": ["127.0.0.1:5"]}]
    assert jobs.keys() == {"chat", "presence", "queue", "receipts"}
    (teller,) = written["alerting"]["alertmanagers"]
    assert teller == {"static_configs": [{"targets": ["127.0.0.1:9093"]}]}


def test_where_nothing_runs_it_says_so(tmp_path):
    done = asked(tmp_path)

    assert done.returncode == 1
    assert "make up" in done.stderr
