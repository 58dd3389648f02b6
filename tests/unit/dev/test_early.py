"""What is refused before minutes are spent on installing."""

import socket
import subprocess
import sys

import pytest

from dev.early import judge
from dev.errors import CannotStart
from dev.ports import free_port
from dev.settings import ROOT


@pytest.fixture
def taken():
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        yield port


def test_a_port_that_is_none_is_refused(tmp_path):
    with pytest.raises(CannotStart, match="PORT must be a number"):
        judge({"PORT": "abc", "RUN_DIR": str(tmp_path / "run")})


def test_a_taken_port_is_refused_where_nothing_of_ours_can_have_it(taken, tmp_path):
    with pytest.raises(CannotStart, match=f"Port {taken} is taken"):
        judge({"PORT": str(taken), "RUN_DIR": str(tmp_path / "run")})


def test_where_something_ran_it_is_left_to_who_knows_the_owner(taken, tmp_path):
    judge({"PORT": str(taken), "RUN_DIR": str(tmp_path)})


def test_a_free_port_is_let_pass(tmp_path):
    judge({"PORT": str(free_port()), "RUN_DIR": str(tmp_path / "run")})


def test_it_needs_nothing_that_is_not_there_yet():
    bare = (
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, '.'); import dev.early",
    )

    subprocess.run(bare, cwd=ROOT, check=True)
