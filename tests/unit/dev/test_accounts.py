import os

import pytest

from dev.accounts import can_enter, can_use
from dev.process import Account

STRANGER = Account(uid=54_321, gid=54_321)


@pytest.fixture
def house(tmp_path):
    # Pytest keeps its folders closed to others: open the way down to this one for the judgement.
    inner = tmp_path / "house" / "room"
    inner.mkdir(parents=True)
    opened = [path for path in inner.parents if path.stat().st_uid == os.geteuid()]
    modes = {path: path.stat().st_mode for path in opened if path != path.parent}
    for path, mode in modes.items():
        path.chmod(mode | 0o011)
    yield inner
    for path, mode in modes.items():
        path.chmod(mode)


def test_a_folder_below_open_ones_may_be_entered(house):
    house.chmod(0o711)

    assert can_enter(house, STRANGER)


def test_one_closed_parent_closes_everything_below(house):
    house.chmod(0o755)
    house.parent.chmod(0o700)

    assert not can_enter(house, STRANGER)


def test_entering_is_not_reading(house):
    house.chmod(0o711)

    assert not can_use(house, STRANGER)


def test_a_program_must_be_readable_and_executable(house):
    program = house / "postgres"
    program.touch()
    house.chmod(0o755)

    program.chmod(0o700)
    assert not can_use(program, STRANGER)
    program.chmod(0o755)
    assert can_use(program, STRANGER)


def test_without_another_account_everything_is_in_reach(house):
    house.chmod(0o700)

    assert can_use(house, None)
