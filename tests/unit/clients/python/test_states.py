"""The states of a connection: the arrows of the diagram, and no other."""

import itertools

import pytest

from clients.python.parley.states import (
    ARROWS,
    INITIAL,
    ConnectionEvent,
    ConnectionState,
    NoArrow,
    next_state,
)

DIAGRAM = """
    [*] --> Connecting
    Connecting --> Connected : WebSocket open
    Connecting --> Failed : connection error
    Connected --> Disconnected : connection lost
    Connected --> Typing : user typing
    Typing --> Connected : stop typing
    Disconnected --> Reconnecting : auto retry
    Reconnecting --> Connected : success
    Reconnecting --> Failed : max retries
    Failed --> OfflineMode : fallback
    OfflineMode --> Reconnecting : network available
"""
FIRST, *LINES = [line.strip() for line in DIAGRAM.strip().splitlines()]

LEAVES_WITH_THE_WHOLE = (ConnectionState.TYPING, ConnectionEvent.CONNECTION_LOST)


def arrow_of(line: str) -> tuple[tuple[ConnectionState, ConnectionEvent], ConnectionState]:
    path, event = line.split(" : ")
    begin, end = path.split(" --> ")
    return (ConnectionState(begin), ConnectionEvent(event)), ConnectionState(end)


DRAWN = dict(arrow_of(line) for line in LINES)
EVERYTHING = list(itertools.product(ConnectionState, ConnectionEvent))
REFUSED = [pair for pair in EVERYTHING if pair not in {*DRAWN, LEAVES_WITH_THE_WHOLE}]


def test_a_connection_begins_where_the_diagram_does():
    assert f"[*] --> {INITIAL.value}" == FIRST


def test_the_table_is_the_diagram():
    assert ARROWS == DRAWN
    assert len(DRAWN) == len(LINES) == 10


@pytest.mark.parametrize("line", LINES)
def test_every_arrow_of_the_diagram_is_followed(line):
    (state, event), end = arrow_of(line)

    assert next_state(state, event) is end


@pytest.mark.parametrize(("state", "event"), REFUSED, ids=lambda one: one.value)
def test_whatever_else_happens_is_a_bug_and_said_to_be(state, event):
    with pytest.raises(NoArrow, match=state.value):
        next_state(state, event)


def test_who_loses_the_connection_while_typing_leaves_with_it():
    assert next_state(*LEAVES_WITH_THE_WHOLE) is ConnectionState.DISCONNECTED


def test_who_types_is_connected():
    connected = {state for state in ConnectionState if state.is_connected}

    assert connected == {ConnectionState.CONNECTED, ConnectionState.TYPING}
