"""Random histories of people who are now and then away: the real processes, through the protocol.

What is played by the rules alone in ``tests/properties/test_offline_histories.py`` is played here a
few times with everything that is real, at the same time, and the queue is killed in between. The
seed is printed; ``SEED`` plays the same steps again.
"""

import asyncio
import random
import uuid
from typing import Any

from tests.integration.waiting import WITHIN_S, until
from tests.waiting import LOOK_S

OK = 200
HISTORIES, STEPS = 8, 12
SEED: int | None = None
ROOMS = 2


class History:
    """Somebody who writes and somebody who comes and goes, and what that one's device holds."""

    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.ann, self.bob = world.people(2)
        self.rooms = [world.room(self.ann, self.bob) for _ in range(ROOMS)]
        world.tell(*self.rooms)
        self.heads = dict.fromkeys(self.rooms, 0)
        self.held: dict[str, set[int]] = {room: set() for room in self.rooms}
        self.reported = dict.fromkeys(self.rooms, 0)
        self.client: Any = None

    async def play(self, *, kills):
        """Take some steps, and see how it ends; in the middle the queue may be killed."""
        steps = [self.write, self.write, self.connect, self.disconnect, self.acknowledge]
        try:
            for number in range(STEPS):
                if kills and number == STEPS // 2:
                    await asyncio.to_thread(self.world.suite.kill, "queue")
                await self.dice.choice(steps)()
            await self.disconnect()
            await self.end()
        finally:
            await self.disconnect()

    async def write(self):
        """Let ann write some messages."""
        room = self.dice.choice(self.rooms)
        async with self.world.http(self.ann) as http:
            for _ in range(self.dice.randint(1, 4)):
                body = {"client_id": str(uuid.uuid4()), "content": "hello"}
                answer = await http.post(f"/rooms/{room}/messages", json=body)
                assert answer.status_code == 201, answer.text
                self.heads[room] += 1

    async def connect(self):
        if self.client is None:
            self.opened = self.world.client(self.bob)
            self.client = await self.opened.__aenter__()

    async def disconnect(self):
        """The device goes; what it received and has stored it keeps."""
        if self.client is None:
            return
        client, self.client = self.client, None
        await self.opened.__aexit__(None, None, None)
        for room in self.rooms:
            seqs = client.seqs(room)
            self.held[room].update(seqs[: self.dice.randint(0, len(seqs))])

    async def acknowledge(self):
        """Report what is held of each room without a hole."""
        if self.client is None:
            return
        for room in self.rooms:
            held = self.held[room] | set(self.client.seqs(room))
            if cursor := contiguous(held):
                self.held[room] = held
                self.reported[room] = max(self.reported[room], cursor)
                await self.client.socket.send({"type": "delivered", "room": room, "seq": cursor})

    # -- what has to hold -------------------------------------------------------------------------

    async def end(self):
        """Once all news are in, the next session is sent what is owed, in order and once."""
        await until(lambda: self.marks() == self.reported, what="receipts, and the projection")
        behind = {
            room: (self.reported[room], head)
            for room, head in self.heads.items()
            if self.reported[room] < head
        }
        await until(lambda: self.behind() == behind, what="the queue to know who is behind")
        owed = {room: list(range(mark + 1, head + 1)) for room, (mark, head) in behind.items()}
        assert (await self.status())["incoming"] == sum(map(len, owed.values()))

        await self.connect()
        if owed:
            drained = await self.client.until_type("drained")
            replayed = self.client.everything[: self.client.everything.index(drained)]
            assert drained["count"] == sum(map(len, owed.values()))
            for room, seqs in owed.items():
                assert [f["seq"] for f in replayed if f.get("room") == room and "id" in f] == seqs
        for room, head in self.heads.items():
            assert contiguous(self.held[room] | set(self.client.seqs(room))) == head
        await self.acknowledge()
        await until(lambda: self.behind() == {}, what="the queue to be empty")

    async def status(self):
        """Return what the queue says of bob; where it was killed it may not be back yet."""
        async with asyncio.timeout(WITHIN_S), self.world.http(self.bob, service="queue") as http:
            while (answer := await http.get("/status")).status_code != OK:
                await asyncio.sleep(LOOK_S)
        return answer.json()

    def marks(self):
        """Return how far bob is, as the service knows it that knows it last."""
        found = dict(
            self.world.rows(
                "select room_id::text, delivered_seq from member where user_id = %s", self.bob.id
            )
        )
        return {room: found[room] for room in self.rooms}

    def behind(self):
        """Return what waits for bob: from where to where, by room."""
        found = self.world.rows_of(
            "queue",
            "select room_id::text, from_seq, head from queued_message row"
            " join room on room.id = room_id where recipient_id = %s and not is_processed",
            self.bob.id,
        )
        return {room: (from_seq, head) for room, from_seq, head in found}


def contiguous(seqs):
    """Return up to which seq there is no hole."""
    cursor = 0
    while cursor + 1 in seqs:
        cursor += 1
    return cursor


async def test_nothing_is_lost_and_nothing_comes_twice_through_the_real_processes(world, capsys):
    seed = random.SystemRandom().randrange(2**32) if SEED is None else SEED
    histories = [
        History(world, random.Random(f"{seed} {number}"))  # noqa: S311 - to be repeated
        for number in range(HISTORIES)
    ]

    with capsys.disabled():
        print(f"\n{HISTORIES} histories of {STEPS} steps each, by the seed {seed}")  # noqa: T201 - to play them again
    await asyncio.gather(
        *(history.play(kills=number == 0) for number, history in enumerate(histories))
    )
