import json
import signal
import subprocess
import sys

import pytest

from dev.leftovers import LEDGER_FILE, Ledger, Record, end_leftovers, is_ours, living_leftovers


@pytest.fixture
def sleeper():
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0) as process:
        yield process
        process.kill()


def record(*, started_at):
    return Record(name="chat", pid=1, started_at=started_at, stop_signal=signal.SIGTERM)


def test_only_the_same_pid_with_the_same_start_time_is_ours():
    assert is_ours(record(started_at=1000.0), 1000.2)
    assert not is_ours(record(started_at=1000.0), 1060.0)
    assert not is_ours(record(started_at=1000.0), None)


def test_a_recorded_process_that_still_runs_is_a_leftover(tmp_path, sleeper):
    Ledger(tmp_path).add("chat", sleeper.pid, signal.SIGTERM)

    assert [left.pid for left in living_leftovers(tmp_path)] == [sleeper.pid]


def test_a_process_that_was_taken_off_the_ledger_is_none(tmp_path, sleeper):
    ledger = Ledger(tmp_path)
    ledger.add("chat", sleeper.pid, signal.SIGTERM)

    ledger.remove(sleeper.pid)

    assert living_leftovers(tmp_path) == []


def test_a_leftover_is_ended_and_forgotten(tmp_path, sleeper):
    Ledger(tmp_path).add("chat", sleeper.pid, signal.SIGTERM)

    ended = end_leftovers(tmp_path)

    assert ended == ["chat"]
    assert sleeper.wait(timeout=5) == -signal.SIGTERM
    assert living_leftovers(tmp_path) == ()


def test_a_leftover_that_does_not_listen_is_killed(tmp_path):
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); input()"
    command = [sys.executable, "-c", deaf]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"deaf\n"
        Ledger(tmp_path).add("chat", process.pid, signal.SIGTERM)

        end_leftovers(tmp_path, within_s=0.2)

        assert process.wait(timeout=5) == -signal.SIGKILL


def test_a_process_that_got_the_pid_of_a_dead_one_is_left_alone(tmp_path, sleeper):
    Ledger(tmp_path).add("chat", sleeper.pid, signal.SIGTERM)
    path = tmp_path / LEDGER_FILE
    ledger = json.loads(path.read_text())
    ledger["processes"][0]["started_at"] -= 3600
    path.write_text(json.dumps(ledger))

    ended = end_leftovers(tmp_path)

    assert ended == []
    assert sleeper.poll() is None


def test_the_ledger_of_a_copied_run_folder_counts_for_nothing(tmp_path, sleeper):
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    copy.mkdir()
    Ledger(original).add("chat", sleeper.pid, signal.SIGTERM)
    (copy / LEDGER_FILE).write_bytes((original / LEDGER_FILE).read_bytes())

    ended = end_leftovers(copy)

    assert ended == []
    assert sleeper.poll() is None
