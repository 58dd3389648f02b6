import socket
import subprocess
import sys

import pytest

from dev.errors import CannotStart
from dev.ports import HIGHEST_PORT, LOWEST_PORT, check_free, claim, free_port, is_taken
from dev.settings import ROOT

CHOOSE = "from dev.ports import free_port; print(free_port(), flush=True); input()"


def first_of_two_free():
    while True:
        port = free_port()
        if not is_taken(port + 1) and claim(port + 1):
            return port


def test_a_port_is_taken_while_something_listens_on_it():
    port = free_port()

    with socket.create_server(("127.0.0.1", port)):
        assert is_taken(port)
    assert not is_taken(port)


def test_who_chose_a_taken_port_is_told_of_one_nearby_that_is_free():
    port = first_of_two_free()
    one, other = (socket.create_server(("127.0.0.1", each)) for each in (port, port + 1))
    with one, other, pytest.raises(CannotStart) as refused:
        check_free(port)

    told = int(str(refused.value).rpartition("=")[2])
    assert told > port + 1
    check_free(told)


def test_a_chosen_port_is_free_and_not_one_to_avoid():
    avoid = set(range(LOWEST_PORT, HIGHEST_PORT + 1, 2))

    port = free_port(avoid)

    assert port not in avoid
    assert not is_taken(port)


def test_a_chosen_port_is_nobody_elses_while_who_chose_it_lives():
    pipe = subprocess.PIPE
    command = (sys.executable, "-c", CHOOSE)
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        was_mine = claim(port)
        other.communicate("\n")

    assert not was_mine
    assert claim(port)
