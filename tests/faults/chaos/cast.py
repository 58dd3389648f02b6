"""The people of one round: what they do all the time, and how it is seen that all are well."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
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

TalkingPlace = tuple[parley.Chat, str]
"""Who, and where."""
QuietPlace = tuple[parley.Chat, parley.Chat, str]
"""Who says one thing, who hears it, and where."""


@dataclass(kw_only=True)
class Cast:
    """Five people in a row of direct rooms and one group, and others with a part of their own.

    Attributes:
        people: who talks over sockets, comes back by themselves, and reads what they get.
        talking_places: who of them talks where.
        reading_places: who of them reads where.
        guest: is in and out of a group.
        absentee: comes and goes.
        poller: has no socket.
        piper: sends in bursts.
        listeners: raw sessions of one of the people, one after the other.
        quiet_rooms: where one thing was said while something broke, and nothing since.
    """

    stage: Stage
    people: Sequence[parley.Chat]
    talking_places: Sequence[TalkingPlace]
    reading_places: Sequence[TalkingPlace]
    guest: Guest
    absentee: Absentee
    poller: Poller
    piper: Piper
    listeners: list[Listener] = field(default_factory=list)
    quiet_rooms: list[str] = field(default_factory=list)

    @classmethod
    async def gather(cls, stage: Stage) -> "Cast":
        """Let all come, and open their rooms."""
        people = [await stage.join() for _ in range(PEOPLE)]
        first, second, *_, last = people
        places = [
            (person, await stage.room_of(one, other))
            for one, other in pairwise(people)
            for person in (one, other)
        ]
        group = await stage.group_of(first, people[1:])
        return cls(
            stage=stage,
            people=people,
            talking_places=[*places, (first, group), (last, group)],
            reading_places=[*places, *((person, group) for person in people)],
            guest=await Guest.invite(stage, host=first, members=[second]),
            absentee=await Absentee.invite(stage, friend=second),
            poller=await stage.poller(first),
            piper=Piper(stage, *places[-1]),
        )

    @property
    def steady_rooms(self) -> list[str]:
        """Rooms whose members stay the same and all report what they have."""
        return sorted({*self.quiet_rooms, *(room for _, room in self.reading_places)})

    @property
    def present(self) -> Mapping[str, bool]:
        """Who is there in the end."""
        return {each.user_id: True for each in self.people} | {self.absentee.user: False}

    @property
    def deeds(self) -> Mapping[str, int]:
        """How often those did their part who have one of their own."""
        return {
            "polled": self.poller.answers,
            "sent a burst": self.piper.bursts,
            "was in a group and out again": self.guest.stays,
            "came and went": self.absentee.visits,
        }

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
        async with contextlib.AsyncExitStack() as stack:
            for work in (
                keep_listening(self.stage, self.people[1], self.listeners),
                keep_paging(self.stage, self.people[3], self.steady_rooms),
                keep_sampling(self.stage, self.steady_rooms),
            ):
                await stack.enter_async_context(in_background(work))
            await stack.enter_async_context(reading(self.reading_places))
            yield

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Let all talk, come and go inside the block; it ends when every send has its outcome."""
        async with (
            self.stage.traffic(*self.talking_places, workers=1, pace_s=PACE_S),
            self.poller.talking(),
            self.piper.talking(),
            self.guest.coming_and_going(),
            self.absentee.coming_and_going(),
        ):
            yield

    async def quiet_places(self) -> Sequence[QuietPlace]:
        """Open a room for each two neighbours, in which nobody has said anything yet."""
        places = [
            (one, other, await self.stage.group_of(one, [other]))
            for one, other in pairwise(self.people)
        ]
        self.quiet_rooms += [room for *_, room in places]
        return places

    async def say_one_thing(self, place: QuietPlace) -> None:
        """Let one say something in a quiet room, and the other read it.

        Nothing follows that would show to anybody that this got lost.
        """
        one, other, room = place
        seq = await self.stage.say(one, room)
        assert seq is not None, f"nothing can be said in {room}"
        await self._until_heard([other], room, seq)
        other.read(room)

    async def heals(self) -> float:
        """Wait until all is well again; return the seconds.

        What each says from now on reaches all others and is shown to be read, and people are shown
        to be there.

        Raises:
            AssertionError: not within two minutes.
        """
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for chat, room in self.talking_places:
                group.create_task(self._is_heard(chat, room))
            group.create_task(self._is_seen())
        return time.monotonic() - began_s

    async def settle(self) -> None:
        """Wait until everybody has everything."""
        sessions = (*self.listeners, *self.guest.listeners)
        await self.stage.until_settled(*(each for each in sessions if each.closed is None))
        heads = await asyncio.to_thread(self.stage.heads)
        await until(lambda: self.poller.cursor >= heads[self.poller.room], what="the poller")
        await self.absentee.catch_up(heads[self.absentee.room])

    async def _is_heard(self, chat: parley.Chat, room: str) -> None:
        seq = await self.stage.say(chat, room)
        assert seq is not None, f"nothing can be said in {room}"
        await self._until_heard([each for each in self.people if room in each.rooms], room, seq)
        await until(
            lambda: chat.progress(room, seq) == "read",
            what=lambda: f"{seq} of {room} to be shown as read: {chat.marks(room)}",
            within_s=HEALS_WITHIN_S,
        )

    async def _until_heard(self, people: Sequence[parley.Chat], room: str, seq: int) -> None:
        await until(
            lambda: all(each.cursor(room) >= seq for each in people),
            what=lambda: f"{seq} of {room}; got {[each.cursor(room) for each in people]}",
            within_s=HEALS_WITHIN_S,
        )

    async def _is_seen(self) -> None:
        one, *others = self.people
        neighbour = others[0].user_id
        await until(
            lambda: one.presence(neighbour).status == "online",
            what=lambda: f"{neighbour} to be there: {one.presence(neighbour)}",
            within_s=HEALS_WITHIN_S,
        )
