"""What an author's own messages do to their watermarks is told in passing, and never in the way."""

import asyncio
from typing import Any, cast

import msgspec

from libs.common.clock import ManualClock
from libs.common.events import Advance
from services.chat.hub import Hub, Outbound, Session
from services.chat.hub.status_pusher import OWN_AFTER_S, StatusPusher
from services.chat.selectors.marks import MarksRead, MemberMarks
from tests.properties.quick_time import QuickLoop
from tests.properties.slow_database import Dice, SlowDatabase
from tests.unit.chat.hub.fake_wire import FakeWire

ROOM, AUTHOR, READER = "room", "ann", "bob"


class Rows(SlowDatabase):
    """Members' rows in which nobody has received anything."""

    def marks_of(self, rooms: list[str]) -> list[MarksRead]:
        members = [
            MemberMarks(user=user, delivered_seq=0, read_seq=0, shown_read_seq=0)
            for user in (AUTHOR, READER)
        ]
        return [
            MarksRead(room=room, is_direct=False, version=1, marks_version=0, members=members)
            for room in rooms
        ]


class Scene:
    """An author who has just written, with one open socket."""

    def __init__(self) -> None:
        rows = Rows(Dice(1))
        rows.add_room(ROOM, AUTHOR, READER, head=1)
        self.hub = Hub(database=cast(Any, rows))
        self.pusher = StatusPusher(
            room_of=self.hub.local_room, database=cast(Any, rows), clock=ManualClock()
        )
        self.wire = FakeWire()
        self.session = Session("session", AUTHOR, "sid", Outbound(self.wire))

    async def begin(self) -> "asyncio.Task[None]":
        await self.hub.open(self.session)
        self.hub.go_live(self.session)
        return asyncio.create_task(self.pusher.run())

    def own(self) -> Advance:
        return Advance(ROOM, AUTHOR, 1, 1, 1, at_ms=1, is_own=True)

    def received(self) -> Advance:
        return Advance(ROOM, READER, 1, 0, 0, at_ms=2)

    def told(self) -> list[list[str]]:
        """Return who is named in each status so far."""
        frames = [msgspec.json.decode(text) for text in self.wire.written]
        return [[mark["user"] for mark in frame["members"]] for frame in frames]


def play(deeds: Any) -> None:
    async def perform() -> None:
        scene = Scene()
        pushing = await scene.begin()
        await deeds(scene)
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(perform())


def test_the_ticks_of_a_message_do_not_wait_for_what_its_author_has_of_it() -> None:
    async def deeds(scene: Scene) -> None:
        scene.pusher.hear([scene.own()])
        await asyncio.sleep(OWN_AFTER_S / 5)
        scene.pusher.hear([scene.received()])
        await asyncio.sleep(OWN_AFTER_S / 2)

        assert scene.told() == [[AUTHOR, READER]]

    play(deeds)


def test_an_authors_own_watermark_is_told_without_company_too() -> None:
    async def deeds(scene: Scene) -> None:
        scene.pusher.hear([scene.own()])
        await asyncio.sleep(OWN_AFTER_S / 2)
        early = scene.told()
        await asyncio.sleep(OWN_AFTER_S)

        assert (early, scene.told()) == ([], [[AUTHOR]])

    play(deeds)
