"""The people of one round: what they do all the time, and how it is seen that all are well."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise

from clients.python import parley
from tests.background import in_background
from tests.faults.chaos.absentee import Absentee
from tests.faults.chaos.guest import Guest
from tests.faults.chaos.onlookers import keep_listening, keep_paging, keep_sampling
from tests.faults.chaos.piper import Piper
from tests.faults.listener import Listener
from tests.faults.poller import Poller
from tests.faults.stage import Stage
from tests.faults.ticks import reading
from tests.faults.waiting import until

PEOPLE = 5
PACE_S = 0.15
HEALS_WITHIN_S = 120.0

Place = tuple[parley.Chat, str]


class Cast:
    """Five people in a row of direct rooms and one group, and others with a part of their own.

    Attributes:
        people: who talks over sockets.
        places: who of them talks where.
        listeners: raw sessions of one of them, one after the other.
    """

    def __init__(self, stage: Stage, people: Sequence[parley.Chat]) -> None:
        self.people = people
        self.places: list[Place] = []
        self.listeners: list[Listener] = []
        self._stage = stage
        self._readers: list[Place] = []
        self._group = ""
        self._poller: Poller | None = None
        self._guest: Guest | None = None
        self._absentee: Absentee | None = None

    @classmethod
    async def gather(cls, stage: Stage) -> "Cast":
        """Let all come, and open their rooms."""
        cast = cls(stage, [await stage.join() for _ in range(PEOPLE)])
        first, *others = cast.people
        for one, other in pairwise(cast.people):
            room = await stage.room_of(one, other)
            cast.places += [(one, room), (other, room)]
        cast._group = await stage.group_of(first, others)
        cast.places += [(first, cast._group), (cast.people[-1], cast._group)]
        cast._readers = [*cast.places, *((each, cast._group) for each in cast.people[1:-1])]
        cast._guest = await Guest.invite(stage, host=first, members=others[:1])
        cast._absentee = await Absentee.invite(stage, friend=cast.people[1])
        cast._poller = await stage.poller(first)
        return cast

    @property
    def steady_rooms(self) -> list[str]:
        """Rooms whose members stay the same and all report what they have."""
        return sorted({room for _, room in self.places})

    @property
    def present(self) -> Mapping[str, bool]:
        """Who is there in the end."""
        assert self._absentee is not None
        return {each.user_id: True for each in self.people} | {self._absentee.user: False}

    @property
    def unseen(self) -> int:
        """How many messages some of the people have, and others in the room do not."""
        cursors = [
            [each.cursor(room) for each in self.people if room in each.rooms]
            for room in self.steady_rooms
        ]
        return sum(max(of_room) - min(of_room) for of_room in cursors if of_room)

    async def said(self) -> Mapping[str, str]:
        """Return what presence says of them all; nothing while it does not answer."""
        try:
            people = await self.people[1].api.presence(list(self.present))
        except parley.ParleyError:
            return {}
        return {person.id: person.status for person in people}

    @contextlib.asynccontextmanager
    async def attending(self) -> AsyncIterator[None]:
        """Let all read what they get inside the block, and some look on."""
        stage = self._stage
        async with contextlib.AsyncExitStack() as stack:
            for work in (
                keep_listening(stage, self.people[1], self.listeners),
                keep_paging(stage, self.people[3], self.steady_rooms),
                keep_sampling(stage, self.steady_rooms),
            ):
                await stack.enter_async_context(in_background(work))
            await stack.enter_async_context(reading(self._readers))
            yield

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Let all talk, come and go inside the block; it ends when every send has its outcome."""
        assert self._guest is not None
        assert self._absentee is not None
        assert self._poller is not None
        piper = Piper(self._stage, self.people[2], self.places[4][1])
        async with (
            self._stage.traffic(*self.places, workers=1, pace_s=PACE_S),
            self._poller.talking(),
            piper.talking(),
            self._guest.coming_and_going(),
            self._absentee.coming_and_going(),
        ):
            yield

    async def heals(self) -> float:
        """Wait until what each says from now on has reached all others; return the seconds.

        Raises:
            AssertionError: not within two minutes.
        """
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for chat, room in self.places:
                group.create_task(self._is_heard(chat, room))
        return time.monotonic() - began_s

    async def settle(self) -> None:
        """Wait until everybody has everything."""
        assert self._absentee is not None
        assert self._guest is not None
        await self._stage.until_settled(
            *(each for each in (*self.listeners, *self._guest.listeners) if each.closed is None)
        )
        await self._absentee.catch_up(self._stage.heads()[self._absentee.room])

    async def _is_heard(self, chat: parley.Chat, room: str) -> None:
        seq = await self._stage.say(chat, room)
        assert seq is not None, f"nothing can be said in {room}"
        others = [each for each in self.people if room in each.rooms]
        await until(
            lambda: all(each.cursor(room) >= seq for each in others),
            what=lambda: f"{seq} of {room}; got {[each.cursor(room) for each in others]}",
            within_s=HEALS_WITHIN_S,
        )
