"""Whether a client that has been there all along knows what one knows that comes now.

Two are asked that come now: *paper*, a store made of what HTTP answers, and a client that connects
afresh. Both must agree with the old one, and so must the messages that it gave out with the history.

Many scenes are compared at the same time: after each comparison one rests.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

from clients.python import parley
from clients.python.parley.api import Api
from clients.python.parley.core import Core
from clients.python.parley.frames import Drained, Presence, Status, Typing
from tests.integration.state.anatomy import Picture, differences, picture
from tests.integration.state.device import Device, aside
from tests.integration.waiting import WITHIN_S
from tests.waiting import RESTS

SETTLING_S = 2.0
"""How long somebody who comes now may take to hear everything: then another one is asked."""
LOOK_S = 0.05
PAGE = 100

Differences = dict[str, tuple[Any, Any]]


async def agreed(device: Device, api: Api) -> Picture:
    """Wait until everybody agrees; return what the client that came last knows.

    Args:
        device: was there all along.
        api: the HTTP interface as the same person.

    Raises:
        AssertionError: they do not; it says where not.
    """
    found: Differences = {}
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                began_s = time.monotonic()
                with contextlib.suppress(parley.PermissionDenied):  # where a room is not known yet
                    afresh, found = await _compared(device, api)
                    if not found:
                        return afresh
                await _rest(began_s)
    except TimeoutError:
        lines = [f"{where}: {mine!r}, afresh {other!r}" for where, (mine, other) in found.items()]
        raise AssertionError("\n".join(["who was there all along differs", *lines])) from None


async def _compared(device: Device, api: Api) -> tuple[Picture, Differences]:
    """Return what a newcomer knows, and where anything differs; without one where HTTP does."""
    paper = await drawn_on_paper(device, api)
    found = differences(picture(device.core), paper, knows_all=True)
    found |= await _told_otherwise_over_http(device, api)
    if found:
        return paper, found
    async with newcomer(device) as core:
        found = await _differs_in_the_end(device, core, paper)
        return picture(core), found


@contextlib.asynccontextmanager
async def newcomer(device: Device) -> AsyncIterator[Core]:
    """Connect afresh as the same person; it reports nothing, and so changes nothing."""
    async with await parley.with_token(device.url, device.person.token, aside()) as chat:
        yield chat._engine.core


async def drawn_on_paper(device: Device, api: Api) -> Picture:
    """Draw a store made of what HTTP answers; of who types it says what the device says."""
    rooms = [room async for room in api.rooms()]
    others = {one.user for room in rooms async for one in api.members(room.id)} - {device.person.id}
    core = Core(random=lambda: 0.0, automatic_receipts=False)
    welcome = parley.Welcome(
        protocol=1,
        session="",
        user=parley.User(id=device.person.id),
        rooms=rooms,
        limits=device.chat.welcome.limits,
        server_time=dt.datetime.min.replace(tzinfo=dt.UTC),
    )
    core.receive(welcome, 0)
    core.receive(Drained(), 0)
    for room in rooms:
        marks = [mark async for mark in api.receipts(room.id)]
        core.receive(Status(room=room.id, members=marks), 0)
        core.receive(Typing(room=room.id, users=device.chat.typists(room.id)), 0)
    if others:
        core.receive(Presence(users=await api.presence(sorted(others))), 0)
    core.take_output()
    return picture(core)


async def _told_otherwise_over_http(device: Device, api: Api) -> Differences:
    """Return where HTTP tells otherwise of what is no part of the store: members and messages."""
    found: dict[str, tuple[Any, Any]] = {}
    for room in list(device.chat.rooms.values()):
        joined = {one.user: one.joined_seq async for one in api.members(room.id)}
        if len(joined) != room.member_count:
            found[f"members of {room.id}"] = (room.member_count, len(joined))
        found |= await _given_otherwise(device, api, room.id, joined.get(device.person.id, 0))
    return found


async def _given_otherwise(device: Device, api: Api, room: str, joined_seq: int) -> Differences:
    """Return whether the messages given out are others than those of the history."""
    first, last = max(joined_seq, device.begun.get(room, 0)), device.chat.cursor(room)
    skipped = {
        seq
        for gap in device.chat.gaps
        if gap.room == room
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    history, after = [], first
    while after < last:
        page = await api.history(room, after=after, limit=PAGE)
        history += [one for one in page.messages if one.seq <= last and one.seq not in skipped]
        after = page.messages[-1].seq if page.messages else last
    given = [one for one in device.given if one.room == room and one.seq > first]
    if given == history:
        return {}
    pairs = itertools.zip_longest(given, history)
    return {f"messages of {room}": next(pair for pair in pairs if pair[0] != pair[1])}


async def _differs_in_the_end(device: Device, core: Core, paper: Picture) -> Differences:
    """Return where it matters once a newcomer has had time to hear everything."""

    def found() -> Differences:
        mine, afresh = picture(device.core), picture(core)
        return differences(mine, afresh) | differences(afresh, paper, knows_all=True)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLING_S):
            began_s = time.monotonic()
            while found():
                await _rest(began_s)
                began_s = time.monotonic()
    return found()


async def _rest(began_s: float) -> None:
    """Rest for some times as long as a look took; what waited for others is not that long a look."""
    took_s = time.monotonic() - began_s
    await asyncio.sleep(min(max(LOOK_S, RESTS * took_s), SETTLING_S))
