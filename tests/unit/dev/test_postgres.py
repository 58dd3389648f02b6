import pytest

from dev.errors import CannotStart
from dev.postgres import MAJOR, check_major, is_routine


def test_data_of_another_major_are_refused_with_the_commands_that_help(tmp_path):
    (tmp_path / "PG_VERSION").write_text("15\n")

    with pytest.raises(CannotStart) as refused:
        check_major(tmp_path)

    message = str(refused.value)
    assert "PostgreSQL 15" in message
    assert f"PostgreSQL {MAJOR}" in message
    assert "pg_dumpall" in message
    assert "make reset" in message


def test_data_of_this_major_are_accepted(tmp_path):
    (tmp_path / "PG_VERSION").write_text(f"{MAJOR}\n")

    check_major(tmp_path)


def test_lines_about_starting_and_stopping_are_left_out_of_the_log():
    assert is_routine("LOG:  database system is ready to accept connections")
    assert is_routine("[unknown]@postgres: FATAL:  the database system is starting up")
    assert is_routine('LOG:  listening on IPv4 address "127.0.0.1", port 20001')


def test_what_goes_wrong_stays_in_the_log():
    assert not is_routine('chat@parley_chat: ERROR:  relation "room" does not exist')
    assert not is_routine("FATAL:  the database system is in recovery mode")
    assert not is_routine("LOG:  duration: 2000.1 ms  statement: SELECT pg_sleep(2)")
