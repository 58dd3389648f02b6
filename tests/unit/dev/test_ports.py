import socket
import subprocess
import sys

from dev.ports import HIGHEST_PORT, LOWEST_PORT, claim, free_port, is_taken
from dev.settings import ROOT

CHOOSE = "from dev.ports import free_port; print(free_port(), flush=True); input()"


def test_a_port_is_taken_while_something_listens_on_it():
    port = free_port()

    with socket.create_server(("127.0.0.1", port)):
        assert is_taken(port)
    assert not is_taken(port)


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
