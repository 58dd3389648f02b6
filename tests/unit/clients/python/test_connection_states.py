"""A connection on a clock that the test turns, through all its states and pauses."""

import asyncio
import contextlib
import random

import pytest

from clients.python.parley.connection import Connection
from clients.python.parley.errors import Closed, Unauthenticated, Unavailable
from clients.python.parley.reconnect import BASES_S, Ladder
from clients.python.parley.states import ConnectionState
from tests.unit.clients.python.sockets import FakeSocket
from tests.waiting import until

MOMENT_S = 1e-6


class Play:
    """A connection, what it tells, and a server that answers where the test lets it."""

    def __init__(self, clock):
        self.clock = clock
        self.states = []
        self.tries_at = []
        self.answering = True
        self.socket = FakeSocket()
        self.refusal = None
        self.connection = Connection(
            self.open,
            renew=self.renew,
            handler=self,
            clock=clock,
            ladder=Ladder(random.random),
        )
        self.running = asyncio.create_task(self.connection.run())

    async def open(self):
        self.tries_at.append(self.clock.now)
        if not self.answering:
            raise Unavailable("nobody there")
        self.socket = FakeSocket()
        self.socket.welcome()
        return self.socket

    async def renew(self):
        if self.refusal is not None:
            raise self.refusal

    def on_frame(self, frame):
        pass

    def on_lost(self):
        pass

    def update_connection_status(self, state):
        self.states.append(state.value)

    async def reaches(self, state):
        await until(lambda: self.connection.state is state, what=f"{state.value} to be reached")

    async def waits(self):
        await until(lambda: self.connection.next_try_in_s, what="a pause to begin")
        return self.connection.next_try_in_s

    async def tries_after(self, pause_s):
        """Let a pause pass, at whose end, and not before, the next try comes."""
        tries = len(self.tries_at)
        self.clock.advance(pause_s - MOMENT_S)
        early = self.connection.next_try_in_s
        self.clock.advance(2 * MOMENT_S)
        await until(lambda: len(self.tries_at) > tries)
        assert early > 0


@pytest.fixture
async def play(clock):
    play = Play(clock)
    yield play
    play.running.cancel()
    with contextlib.suppress(asyncio.CancelledError, Closed, Unauthenticated):
        await play.running


async def test_a_lost_connection_climbs_all_pauses_before_it_goes_offline(play):
    await play.reaches(ConnectionState.CONNECTED)
    play.answering = False
    play.socket.end()
    pauses_s = []
    for _ in BASES_S:
        pauses_s.append(await play.waits())
        await play.tries_after(pauses_s[-1])
    await play.reaches(ConnectionState.OFFLINE_MODE)
    slow_s = await play.waits()
    play.answering = True
    await play.tries_after(slow_s)
    await play.reaches(ConnectionState.CONNECTED)

    assert list(BASES_S) == [2, 4, 8, 16, 32]
    for pause_s, base_s in zip(pauses_s, BASES_S, strict=True):
        assert base_s / 2 <= pause_s <= base_s
    assert slow_s == pytest.approx(60)
    assert play.states == [
        "Connected",
        "Disconnected",
        "Reconnecting",
        "Failed",
        "OfflineMode",
        "Reconnecting",
        "Connected",
    ]


async def test_an_offline_connection_tries_every_minute_and_fails_each_time(play):
    await play.reaches(ConnectionState.CONNECTED)
    play.answering = False
    play.socket.end()
    for _ in BASES_S:
        await play.tries_after(await play.waits())
    await play.reaches(ConnectionState.OFFLINE_MODE)
    play.states.clear()
    pauses_s = []
    for _ in range(3):
        pauses_s.append(await play.waits())
        await play.tries_after(pauses_s[-1])
    await play.reaches(ConnectionState.OFFLINE_MODE)

    assert pauses_s == pytest.approx([60, 60, 60])
    assert play.states == ["Reconnecting", "Failed", "OfflineMode"] * 3


async def test_an_offline_connection_comes_back_at_once_when_asked_to(play):
    await play.reaches(ConnectionState.CONNECTED)
    play.answering = False
    play.socket.end()
    for _ in BASES_S:
        await play.tries_after(await play.waits())
    await play.reaches(ConnectionState.OFFLINE_MODE)
    play.answering = True
    play.states.clear()

    play.connection.attempt_reconnect()
    await play.reaches(ConnectionState.CONNECTED)

    assert play.states == ["Reconnecting", "Connected"]
    assert play.tries_at[-1] == play.clock.now


async def test_to_ask_for_a_try_while_connected_changes_no_later_pause(play):
    await play.reaches(ConnectionState.CONNECTED)

    play.connection.attempt_reconnect()
    play.socket.end()

    assert await play.waits() >= 1
    assert play.states == ["Connected", "Disconnected"]


async def test_a_server_that_welcomes_and_pushes_back_each_time_leads_to_the_offline_mode(play):
    for _ in BASES_S:
        await play.reaches(ConnectionState.CONNECTED)
        play.socket.end(4503)
        await play.tries_after(await play.waits())
    await play.reaches(ConnectionState.CONNECTED)
    play.states.clear()

    play.socket.end(4503)

    assert await play.waits() == pytest.approx(60)
    assert play.states == ["Disconnected", "Reconnecting", "Failed", "OfflineMode"]


async def test_a_first_try_that_fails_is_followed_by_the_first_pauses(clock):
    play = Play(clock)
    play.answering = False
    pauses_s = []
    for _ in BASES_S:
        pauses_s.append(await play.waits())
        await play.tries_after(pauses_s[-1])
    slow_s = await play.waits()
    play.running.cancel()

    for pause_s, base_s in zip(pauses_s, BASES_S, strict=True):
        assert base_s / 2 <= pause_s <= base_s
    assert slow_s == pytest.approx(60)
    failed = ["Failed", "OfflineMode"]
    assert play.states == [*failed, "Reconnecting", *failed]


async def test_a_code_that_tells_of_a_bug_ends_the_connection_for_good(play):
    await play.reaches(ConnectionState.CONNECTED)
    play.socket.end(1009)

    with pytest.raises(Closed):
        await play.running
    assert play.states == ["Connected", "Disconnected"]


async def test_who_is_signed_out_for_good_has_failed(play):
    await play.reaches(ConnectionState.CONNECTED)
    play.refusal = Unauthenticated("signed out")
    play.socket.end(4001)
    await play.reaches(ConnectionState.DISCONNECTED)
    play.clock.advance(0)

    with pytest.raises(Unauthenticated):
        await play.running
    assert play.states == ["Connected", "Disconnected", "Reconnecting", "Failed"]
