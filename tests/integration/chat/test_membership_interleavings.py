"""Members come and go through one process while others write through the other.

What happened is known from the database: a trigger keeps every stay of every member. What people
saw is known from their sockets, two each, one at either process.
"""

import asyncio
import contextlib
import random
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from clients.python.parley import Closed, Socket
from dev.settings import environment
from tests.integration.chat.world import WITHIN_S, Frame, Person, World, message_frame

SEED = 20_261_123
INTERLEAVINGS = 1000 if "CI_FULL" in environment() else 250
ROOMS = INTERLEAVINGS // 25
ROOMS_AT_ONCE = 8
PEOPLE = 7
AT_ONCE = 4
"""Changes and messages of one interleaving: all of them begin at the same time."""

KEEP_STAYS = """
create table stay (id bigserial, room_id uuid, user_id uuid, joined_seq bigint, left_seq bigint);
create function keep_stay() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.left_seq is null and new.left_seq is not null then
        update stay set left_seq = new.left_seq
         where room_id = new.room_id and user_id = new.user_id and left_seq is null;
    elsif tg_op = 'INSERT' or (old.left_seq is not null and new.left_seq is null) then
        insert into stay (room_id, user_id, joined_seq, left_seq)
        values (new.room_id, new.user_id, new.joined_seq, null);
    end if;
    return null;
end $$;
create trigger keep_stay after insert or update on member
   for each row execute function keep_stay();
"""
FORGET_STAYS = """
drop trigger keep_stay on member;
drop function keep_stay;
drop table stay;
"""


@dataclass(frozen=True)
class Stay:
    """A member saw ``joined`` < seq <= ``left``; None while present."""

    joined: int
    left: int | None

    def holds(self, seq: int) -> bool:
        return self.joined < seq and (self.left is None or seq <= self.left)


Stays = dict[str, dict[str, list[Stay]]]
"""The stays by room and user, in order."""


@dataclass
class View:
    """What one socket was told of one room."""

    told: list[Frame] = field(default_factory=list)
    acked: set[int] = field(default_factory=set)

    @property
    def reaches(self) -> int:
        """The highest seq that it knows of."""
        heads = [frame["last_seq"] for frame in self.told if frame["type"] == "room"]
        seqs = [frame["seq"] for frame in self.told if frame["type"] == "message"]
        return int(max([0, *heads, *seqs, *self.acked]))

    @property
    def is_out(self) -> bool:
        """Whether it was never in the room, or was told to be out of it."""
        rooms = [frame for frame in self.told if frame["type"] == "room"]
        return not rooms or bool(rooms[-1].get("removed"))


class Visitor:
    """One socket of one person."""

    def __init__(self, person: Person, socket: Socket) -> None:
        self.person = person
        self.socket = socket
        self.views: dict[str, View] = defaultdict(View)
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._reader = asyncio.create_task(self._read())

    async def ask(self, frame: Frame) -> Frame:
        ref = str(uuid.uuid4())
        self._answers[ref] = asyncio.get_running_loop().create_future()
        await self.socket.send({**frame, "ref": ref})
        return await asyncio.wait_for(self._answers[ref], WITHIN_S)

    async def say(self, room: str) -> None:
        frame = message_frame(room, "hello")
        while (answer := await self.ask(frame)).get("code") == "unavailable":
            await asyncio.sleep(answer["retry_after"])
        if answer["type"] == "ack":
            self.views[room].acked.add(answer["seq"])
        else:
            assert answer["code"] == "permission_denied", answer

    async def close(self) -> None:
        await self.socket.close()
        await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(Closed):
            while True:
                frame = await self.socket.receive(timeout_s=3600)
                if "ref" in frame:
                    self._answers[frame["ref"]].set_result(frame)
                elif frame["type"] == "message":
                    self.views[frame["room"]].told.append(frame)
                elif frame["type"] == "room":
                    self.views[frame["id"]].told.append(frame)


class Crowd:
    """People with a socket at each process, their owner's hands at each, and the dice."""

    def __init__(
        self, world: World, visitors: list[list[Visitor]], doors: list[httpx.AsyncClient]
    ) -> None:
        self.world = world
        self.visitors = visitors
        self.doors = doors
        self.dice = random.Random(SEED)  # noqa: S311 - dice, and the same ones each time

    @property
    def everybody(self) -> list[Visitor]:
        return [visitor for sockets in self.visitors for visitor in sockets]

    async def open_room(self, number: int) -> str:
        people = self.dice.sample(self.visitors, 3)
        names = [sockets[0].person.username for sockets in people]
        answer = await self.doors[0].post(
            "/rooms", json={"kind": "group", "name": f"Room {number}", "members": names}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def interleave(self, room: str) -> None:
        """Let some people write through one process, and change members through the other."""
        changing = self.dice.randrange(2)
        deeds = []
        for _ in range(AT_ONCE):
            person = self.dice.choice(self.visitors)
            match self.dice.choice(("say", "say", "say", "add", "remove", "leave")):
                case "say":
                    deeds.append(person[1 - changing].say(room))
                case "add":
                    deeds.append(self.add(changing, room, person[0].person))
                case "remove":
                    deeds.append(self.remove(changing, room, person[0].person))
                case "leave":
                    deeds.append(self.leave(changing, room, person[0].person))
        await asyncio.gather(*deeds)

    async def add(self, process: int, room: str, person: Person) -> None:
        body = {"members": [person.id]}
        assert await self.ask(process, "POST", f"/rooms/{room}/members", json=body) == 200

    async def remove(self, process: int, room: str, person: Person) -> None:
        assert await self.ask(process, "DELETE", f"/rooms/{room}/members/{person.id}") == 204

    async def leave(self, process: int, room: str, person: Person) -> None:
        own = {"Authorization": f"Bearer {person.token}"}
        path = f"/rooms/{room}/members/{person.id}"
        assert await self.ask(process, "DELETE", path, headers=own) in {204, 403}

    async def ask(self, process: int, method: str, path: str, **more: Any) -> int:
        """Ask until the process is not too busy to do it; return the status."""
        while True:
            answer = await self.doors[process].request(method, path, **more)
            if answer.status_code != 503:
                return answer.status_code
            await asyncio.sleep(answer.json()["retry_after"])

    async def play(self, number: int, turns: asyncio.Semaphore) -> str:
        async with turns:
            room = await self.open_room(number)
            for _ in range(INTERLEAVINGS // ROOMS):
                await self.interleave(room)
        return room


@contextlib.asynccontextmanager
async def crowd_in(world: World) -> AsyncIterator[Crowd]:
    owner, people = world.person("Owner"), world.people(PEOPLE)
    async with contextlib.AsyncExitStack() as stack:
        doors = [await stack.enter_async_context(world.http(owner, url=u)) for u in world.chats]
        visitors = []
        for person in people:
            sockets = []
            for url in world.chats:
                socket = await Socket.open(url, token=person.token)
                await socket.receive_type("welcome", WITHIN_S)
                sockets.append(Visitor(person, socket))
                stack.push_async_callback(sockets[-1].close)
            visitors.append(sockets)
        yield Crowd(world, visitors, doors)


def stays_in(world: World, room: str) -> dict[str, list[Stay]]:
    stays: dict[str, list[Stay]] = defaultdict(list)
    rows = world.rows(
        "select user_id::text, joined_seq, left_seq from stay where room_id = %s order by id",
        room,
    )
    for user, joined, left in rows:
        stays[user].append(Stay(joined, left))
    return stays


def missed(view: View, stay: Stay, last_seq: int) -> Iterator[int]:
    """Yield what a socket did not get live of its last stay, above the head it was told at first.

    A stay of which it was told begins behind the last `removed` before it.
    """
    began = 0
    for index, frame in enumerate(view.told[:-1]):
        if frame.get("removed"):
            began = index + 1
    first = next((frame for frame in view.told[began:] if frame["type"] == "room"), None)
    if first is None or first.get("removed"):
        return  # the stay was over before this process heard of it
    if view.is_out and view.told[-1]["last_seq"] != stay.left:
        return  # likewise, and what it was told last is of an earlier one
    got = {frame["seq"] for frame in view.told if frame["type"] == "message"} | view.acked
    known = max(stay.joined, first["last_seq"])
    end = last_seq if stay.left is None else stay.left
    for seq in range(known + 1, end + 1):
        if seq not in got:
            yield seq


@pytest.mark.promise(number=4)
@pytest.mark.timeout(300)
async def test_nobody_sees_what_is_not_theirs_and_members_see_everything(world: World) -> None:
    # Nobody acknowledges here: the queue would offer everything again, and hide a hole.
    with world.changed(do=KEEP_STAYS, undo=FORGET_STAYS), world.suite.paused("queue"):
        async with crowd_in(world) as crowd:
            turns = asyncio.Semaphore(ROOMS_AT_ONCE)
            rooms = await asyncio.gather(*(crowd.play(each, turns) for each in range(ROOMS)))
            stays = {room: stays_in(world, room) for room in rooms}
            heads = dict(
                world.rows(
                    "select id::text, last_seq from room where id = any(%s::uuid[])", list(rooms)
                )
            )

            await until_told(crowd, stays, heads)

            for room in rooms:
                assert heads[room] > 0
                check_order(world, crowd, room)
                for visitor in crowd.everybody:
                    check_view(visitor, room, stays[room][visitor.person.id], heads[room])
            await check_sync(crowd, stays, heads)


async def until_told(crowd: Crowd, stays: Stays, heads: dict[str, int]) -> None:
    """Wait until every socket has heard how it ended, and everything that was sent before."""

    def unheard() -> list[tuple[View, list[Stay], int]]:
        return [
            (visitor.views[room], stays[room][visitor.person.id], heads[room])
            for room in heads
            for visitor in crowd.everybody
            if not heard(visitor.views[room], stays[room][visitor.person.id], heads[room])
        ]

    deadline_s = asyncio.get_running_loop().time() + WITHIN_S
    while waiting := unheard():
        await asyncio.gather(*(visitor.ask({"type": "ping"}) for visitor in crowd.everybody))
        assert asyncio.get_running_loop().time() < deadline_s, waiting[0]


def heard(view: View, stays: list[Stay], last_seq: int) -> bool:
    if not stays or stays[-1].left is not None:
        return view.is_out
    return not view.is_out and view.reaches >= last_seq


def check_view(visitor: Visitor, room: str, stays: list[Stay], last_seq: int) -> None:
    view = visitor.views[room]
    seqs = [frame["seq"] for frame in view.told if frame["type"] == "message"]
    assert seqs == sorted(set(seqs))
    for seq in (*seqs, *view.acked):
        assert any(stay.holds(seq) for stay in stays), (seq, stays)
    if stays:
        assert list(missed(view, stays[-1], last_seq)) == [], (view, stays, last_seq)


def check_order(world: World, crowd: Crowd, room: str) -> None:
    stored = {seq: client_id for seq, client_id, *_ in world.stored(room)}
    assert list(stored) == list(range(1, len(stored) + 1))
    for visitor in crowd.everybody:
        for frame in visitor.views[room].told:
            if frame["type"] == "message":
                assert stored[frame["seq"]] == frame["client_id"]


async def check_sync(crowd: Crowd, stays: Stays, heads: dict[str, int]) -> None:
    """Whoever is present at the end can fetch everything since they joined, and nothing else."""
    for room, last_seq in heads.items():
        for sockets in crowd.visitors:
            visitor = crowd.dice.choice(sockets)
            its = stays[room][visitor.person.id]
            before = len(visitor.views[room].told)
            answer = await visitor.ask({"type": "sync", "cursors": {room: 0}})
            told = visitor.views[room].told[before:]
            brought = [frame["seq"] for frame in told if frame["type"] == "message"]
            if its and its[-1].left is None:
                assert brought == list(range(its[-1].joined + 1, last_seq + 1))
            else:
                assert (brought, answer["rooms"]) == ([], [])
