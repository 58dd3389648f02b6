import socket

from dev.ports import HIGHEST_PORT, LOWEST_PORT, free_port, is_taken


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
