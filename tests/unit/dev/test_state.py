import pytest

from dev.errors import CannotStart
from dev.state import (
    ProcessState,
    SuiteState,
    forget_state,
    read_state,
    running_state,
    write_state,
)

STATE = SuiteState(
    gateway_url="http://127.0.0.1:8000",
    redis_url="redis://127.0.0.1:1/0",
    redis_services_url="redis://parley@127.0.0.1:1/0",
    redis_push_url="redis://parley-push@127.0.0.1:1/0",
    database_admin_url="postgresql://admin",
    database_urls={"chat": "postgresql://chat"},
    processes=[
        ProcessState(service="postgres", pid=1, port=2, internal_port=None),
        ProcessState(service="chat", pid=3, port=4, internal_port=5),
    ],
)


def test_what_is_written_is_read(tmp_path):
    write_state(tmp_path, STATE)

    assert read_state(tmp_path) == STATE
    assert [process.pid for process in STATE.of("chat")] == [3]


def test_only_the_owner_reads_it(tmp_path):
    write_state(tmp_path, STATE)

    assert (tmp_path / "suite.json").stat().st_mode & 0o777 == 0o600


def test_without_a_suite_there_is_no_state(tmp_path):
    write_state(tmp_path, STATE)

    forget_state(tmp_path)
    forget_state(tmp_path)

    assert read_state(tmp_path) is None


def test_who_needs_a_suite_is_told_where_none_is_and_how_to_name_another_folder(tmp_path):
    with pytest.raises(CannotStart, match=rf"{tmp_path}\. .*`make up`.*RUN_DIR="):
        running_state(tmp_path)
