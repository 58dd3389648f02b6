"""Starting and stopping: what a person at a terminal meets."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from dev.databases import beside
from dev.harness import wait_until
from dev.leftovers import start_time
from dev.settings import ROOT, environment
from dev.state import read_state

pytestmark = pytest.mark.timeout(240)
WITHIN_S = 120
SUITE = (sys.executable, "-m", "tests.integration.dev.stand_in_suite")


def run_verb(verb, run_dir, **variables):
    env = {**environment(), "RUN_DIR": str(run_dir), "PORT": "0", **variables}
    command = (*SUITE, verb)
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def pids_of(run_dir):
    state = read_state(run_dir)
    return [process.pid for process in state.processes] if state else []


def write_row(url, value):
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        cursor.execute("INSERT INTO kept VALUES (%s)", [value])


def rows(url):
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept")
        return [value for (value,) in cursor.fetchall()]


def test_a_suite_tells_in_one_line_where_it_is(stand_in_suite):
    url = stand_in_suite.state.gateway_url

    assert f"Parley is ready: {url}" in stand_in_suite.log
    with urllib.request.build_opener().open(f"{url}/healthz", timeout=WITHIN_S) as answer:
        assert json.load(answer)["path"] == "/healthz"


def test_suite_json_names_every_process_that_runs(stand_in_suite):
    processes = stand_in_suite.state.processes

    names = sorted(process.service for process in processes)
    assert names == ["chat", "chat", "gateway", "postgres", "redis"]
    assert all(start_time(process.pid) for process in processes)


def test_postgres_keeps_its_promises_about_commits(stand_in_suite):
    url = stand_in_suite.state.database_urls["chat"]

    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute("SELECT current_setting(%s)", [setting])
            assert cursor.fetchone() == ("on",)


def test_postgres_refuses_a_wrong_password(stand_in_suite):
    url = stand_in_suite.state.database_urls["chat"]
    wrong = url.replace(url.split(":")[2].split("@")[0], "wrong")

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_redis_refuses_strangers(stand_in_suite):
    port = stand_in_suite.process("redis").port

    with closing(redis.Redis(port=port)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_second_start_in_the_same_folder_is_refused(stand_in_suite):
    second = run_verb("up", stand_in_suite.run_dir)

    assert second.returncode == 1
    assert f"pid {stand_in_suite.pid}" in second.stderr
    assert stand_in_suite.state.gateway_url in second.stderr


def test_a_running_suite_is_not_reset(stand_in_suite):
    refused = run_verb("reset", stand_in_suite.run_dir)

    assert refused.returncode == 1
    assert f"pid {stand_in_suite.pid}" in refused.stderr
    assert rows_can_be_written(stand_in_suite)


def rows_can_be_written(suite):
    write_row(suite.state.database_urls["chat"], "alive")
    return "alive" in rows(suite.state.database_urls["chat"])


def test_a_taken_port_is_told_before_anything_starts(stand_in_suite, tmp_path):
    port = stand_in_suite.process("gateway").port

    refused = run_verb("up", tmp_path / "run", PORT=str(port))

    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "postgres" not in refused.stdout


def test_two_suites_run_side_by_side(stand_in_suite, start_again):
    other = start_again()

    ours = {process.port for process in stand_in_suite.state.processes}
    theirs = {process.port for process in other.state.processes}
    assert ours.isdisjoint(theirs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_cleanly(start_again, number):
    suite = start_again()
    written = len(suite.log)
    pids = [process.pid for process in suite.state.processes]

    status = suite.stop(with_signal=number, forget=False)

    assert status == 0
    assert [pid for pid in pids if start_time(pid)] == []
    assert read_state(suite.run_dir) is None
    assert "everything is stopped" in suite.log[written:]


def chat_pids(suite):
    return {process.pid for process in suite.state.of("chat")}


def test_a_hang_up_that_is_not_the_terminals_restarts_chat_one_by_one(stand_in_suite):
    suite = stand_in_suite
    written = len(suite.log)
    old = chat_pids(suite)
    counts = set()

    def is_restarted():
        counts.add(len(chat_pids(suite)))
        return "everything is restarted" in suite.log[written:]

    suite.restart_chat()
    wait_until(is_restarted, what="the rolling restart")

    assert chat_pids(suite).isdisjoint(old)
    assert len(chat_pids(suite)) == 2
    assert 0 not in counts
    assert suite.log[written:].count("is back") == 2


def test_a_stop_wins_over_a_restart(start_again):
    suite = start_again()
    written = len(suite.log)

    suite.restart_chat()
    wait_until(lambda: "chat restarts" in suite.log[written:], what="the restart to begin")
    status = suite.stop(forget=False)

    assert status == 0
    assert "everything is stopped" in suite.log[written:]
    assert "everything is restarted" not in suite.log[written:]


def test_data_survive_a_restart(start_again):
    first = start_again()
    write_row(first.state.database_urls["chat"], "stopped")
    with closing(redis.Redis.from_url(first.state.redis_url)) as client:
        client.set("kept", "too")
    first.stop(forget=False)

    second = start_again()

    assert "stopped" in rows(second.state.database_urls["chat"])
    with closing(redis.Redis.from_url(second.state.redis_url)) as client:
        assert client.get("kept") == b"too"


def test_programs_that_push_find_redis_where_it_was_unless_its_port_is_taken(start_again):
    def push_url_of_another_start():
        suite = start_again()
        url = suite.state.redis_push_url
        suite.stop(forget=False)
        return url

    before = push_url_of_another_start()
    again = push_url_of_another_start()
    with socket.create_server(("127.0.0.1", urlsplit(before).port)):
        elsewhere = push_url_of_another_start()

    assert again == before
    assert elsewhere != before


def test_reset_forgets_the_data(start_suite):
    suite = start_suite()
    write_row(suite.state.database_urls["chat"], "gone")
    suite.stop(forget=False)

    done = run_verb("reset", suite.run_dir)

    assert done.returncode == 0
    assert {path.name for path in suite.run_dir.iterdir()} == {"suite.log"}
    with pytest.raises(psycopg2.errors.UndefinedTable):
        rows(start_suite().state.database_urls["chat"])


def test_after_kill_9_the_next_start_ends_the_leftovers(start_again):
    first = start_again()
    write_row(first.state.database_urls["chat"], "killed")
    pids = [process.pid for process in first.state.processes]
    first.kill_itself()
    assert all(start_time(pid) for pid in pids)

    second = start_again()

    assert [pid for pid in pids if start_time(pid)] == []
    assert "killed" in rows(second.state.database_urls["chat"])


def test_a_suite_ends_with_its_parent(tmp_path):
    env = {**environment(), "RUN_DIR": str(tmp_path / "run"), "PORT": "0"}
    # A shell in the place of make: it waits for its child, and is killed without a word to it.
    shell = ["/bin/sh", "-c", '"$@"; :', "sh", *SUITE, "up", "--with-parent"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(shell, cwd=ROOT, env=env, stdout=quiet, stderr=quiet) as parent:
        wait_until(
            lambda: read_state(tmp_path / "run") is not None, within_s=WITHIN_S, what="the suite"
        )
        pids = pids_of(tmp_path / "run")
        parent.kill()

    wait_until(lambda: not any(start_time(pid) for pid in pids), what="everything to end")
    wait_until(lambda: run_verb("reset", tmp_path / "run").returncode == 0, what="the reset")


@pytest.mark.parametrize("told", [False, True], ids=["untold", "told by SIGHUP"])
def test_a_suite_ends_with_its_terminal(tmp_path, told):
    env = {**environment(), "RUN_DIR": str(tmp_path / "run"), "PORT": "0"}
    terminal, stdin = pty.openpty()
    quiet = subprocess.DEVNULL
    leader = ["setsid", "--ctty"] if told else ["setsid"]
    command = [*leader, *SUITE, "up"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=stdin, stdout=quiet, stderr=quiet
    ) as process:
        os.close(stdin)
        wait_until(
            lambda: read_state(tmp_path / "run") is not None, within_s=WITHIN_S, what="the suite"
        )
        os.close(terminal)

        assert process.wait(timeout=WITHIN_S) == 0
    assert run_verb("reset", tmp_path / "run").returncode == 0


def test_servers_of_ones_own_replace_the_embedded_ones(stand_in_suite, start_suite):
    admin_url = stand_in_suite.state.database_admin_url
    redis_url = stand_in_suite.state.redis_url

    suite = start_suite(env={"DATABASE_URL": admin_url, "REDIS_URL": redis_url})

    assert suite.state.redis_url == redis_url
    assert suite.state.database_urls["chat"] == beside(admin_url, "parley_chat")
    assert sorted(process.service for process in suite.state.processes) == ["chat", "gateway"]


def test_a_redis_that_does_not_answer_is_named(tmp_path):
    refused = run_verb("up", tmp_path / "run", REDIS_URL="redis://127.0.0.1:1/0")

    assert refused.returncode == 1
    assert "REDIS_URL" in refused.stderr


def test_a_service_that_cannot_start_takes_everything_down(tmp_path):
    refused = run_verb("up", tmp_path / "run", STAND_IN_FAILS="78")

    assert refused.returncode == 1
    assert "chat ended at its start" in refused.stderr
    assert read_state(tmp_path / "run") is None
    assert run_verb("reset", tmp_path / "run").returncode == 0
