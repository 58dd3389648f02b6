"""Which signal leads to what, with functions in the place of a server and its process."""

import asyncio
import os
import signal
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from libs.common.serving import Stopping
from tests.waiting import until


class Server:
    """Notes what is asked of it; a drain lasts until somebody ends it."""

    def __init__(self, *, drains=True, bug=None):
        self.bug = bug
        self.said: list[str] = []
        self.drained = asyncio.Event()
        self.flushed = asyncio.Event()
        self.flushed.set()
        self.way_out = Stopping(
            drain=self.drain if drains else None,
            before_stop=self.before_stop,
            close=lambda: self.said.append("close"),
            hurry=lambda: self.said.append("hurry"),
        )

    async def drain(self):
        self.said.append("drain")
        if self.bug is not None:
            raise self.bug
        await self.drained.wait()
        self.said.append("drained")

    async def before_stop(self):
        self.said.append("before stop")
        await self.flushed.wait()

    @contextmanager
    def signals(self):
        with self.way_out.signals():
            yield lambda number: os.kill(os.getpid(), number)

    async def until_said(self, what):
        await until(lambda: self.said[-1:] == [what], what=lambda: f"{what} after {self.said}")


async def test_sigterm_drains_first():
    server = Server()
    with server.signals() as send:
        send(signal.SIGTERM)
        await server.until_said("drain")
        server.drained.set()
        await server.until_said("close")

    assert server.said == ["drain", "drained", "before stop", "close"]


async def test_sigint_does_not():
    server = Server()
    with server.signals() as send:
        send(signal.SIGINT)
        await server.until_said("close")

    assert server.said == ["before stop", "close"]


async def test_what_has_nobody_to_lead_elsewhere_stops_alike():
    server = Server(drains=False)
    with server.signals() as send:
        send(signal.SIGTERM)
        await server.until_said("close")

    assert server.said == ["before stop", "close"]


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_drain_and_a_third_hurries(second):
    server = Server()
    server.flushed.clear()
    with server.signals() as send:
        send(signal.SIGTERM)
        await server.until_said("drain")
        send(second)
        await server.until_said("before stop")
        send(second)
        await server.until_said("hurry")
        server.flushed.set()
        await server.until_said("close")

    assert server.said == ["drain", "before stop", "hurry", "close"]


async def test_a_process_that_fails_does_not_drain():
    server = Server()

    server.way_out.stop()
    await server.until_said("close")

    assert server.said == ["before stop", "close"]


async def test_a_drain_that_fails_is_told_and_ends_in_order():
    server = Server(bug=ValueError("a bug"))

    with capture_logs() as logs:
        server.way_out.terminate()
        await server.until_said("close")

    assert server.said == ["drain", "before stop", "close"]
    assert [(each["event"], each["exc_info"]) for each in logs] == [("drain_bug", server.bug)]
