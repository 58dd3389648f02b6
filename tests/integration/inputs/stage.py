"""The people and rooms that bad inputs are tried on, and how it is seen that nothing came of them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.integration.chat.world import WITHIN_S, Person, World
from tests.integration.waiting import until

TOO_SLOW = {503, 504}
TRIES = 5
"""How often in a row a machine may be too slow for one request."""
GROUP, DIRECT = "group", "direct"
KEPT = {
    "chat": (
        "select id, username, display_name, send_read_receipts, last_seen, is_staff, avatar_version"
        " from chat_user",
        "select user_id, version from avatar",
        "select id, kind, name, open_history, last_seq from room where last_seq is not null",
        "select room_id, user_id, role, left_seq from member",
        "select id, user_id, revoked_at from sign_in",
        "select room_id, seq, sender_id, client_id, content, reply_to from message",
    ),
    "queue": (
        "select room_id, sender_id, client_id, content from queued_message"
        " where queue_type <> 'incoming'",
    ),
}
"""What people make, and nothing else changes, by the service whose database it is in. Watermarks rise
by what is only too much; see ``check_marks``."""
READERS = {"eve", "boss"}
"""Those whom the canary is for."""
MARKS = {
    "chat": "select room_id, delivered_seq, read_seq, coalesce(shown_read_seq, 0) from member",
    "receipts": "select room_id, delivered_seq, read_seq, shown_read_seq from watermark",
}
BEYOND = 2**53 - 1
"""A seq that no room reaches."""


@dataclass(frozen=True)
class Stage:
    """Some people with what they have.

    Attributes:
        people: by the name that the corpus has for them.
        names: what the corpus' other names stand for.
        canary: what is written in rooms that only ``READERS`` may read.
    """

    world: World
    people: Mapping[str, Person]
    names: Mapping[str, str]
    canary: str

    @property
    def room(self) -> str:
        """The room of ann and bob, in which good messages are written too."""
        return self.names["room"]

    def http(self, who: str) -> contextlib.AbstractAsyncContextManager[httpx.AsyncClient]:
        """Make requests to the gateway as somebody; ``nobody`` has no token."""
        person = self.people.get(who)
        headers = {} if person is None else {"Authorization": f"Bearer {person.token}"}
        return httpx.AsyncClient(base_url=self.world.url, headers=headers, timeout=60)

    def kept(self) -> dict[str, set[tuple[Any, ...]]]:
        """Return everything that people have made, in all databases."""
        return {
            statement: set(self.world.rows_of(service, statement))
            for service, statements in KEPT.items()
            for statement in statements
        }


async def ask(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> httpx.Response:
    """Make a request, and make it again where the machine was too slow for it: that judges nothing.

    Raises:
        AssertionError: it is so each time; then it is the request that is too much.
    """
    said = ""
    async with asyncio.timeout(WITHIN_S):
        for _ in range(TRIES):
            answer = await http.request(method, path, **request)
            if answer.status_code not in TOO_SLOW:
                return answer
            said = f"{answer.status_code}: {method} {path}: {answer.text}"
    raise AssertionError(f"{TRIES} times {said}")


def good(content: str) -> dict[str, str]:
    """Return the body of a message that has nothing wrong with it."""
    return {"client_id": str(uuid.uuid4()), "content": content}


async def set_up(world: World) -> Stage:
    """Make four people, and the rooms in which they are, were or are not."""
    ann, bob, eve = world.people(3)
    boss = world.staff()
    async with world.http(ann) as anns, world.http(eve) as eves:
        room = await _open(anns, GROUP, bob)
        direct = await _open(anns, DIRECT, bob)
        foreign, left = [await _open(eves, GROUP, each) for each in (boss, ann)]
        assert (await anns.delete(f"/rooms/{left}/members/{ann.id}")).status_code == 204
        first = good("first")
        assert (await anns.post(f"/rooms/{room}/messages", json=first)).status_code == 201
        canary = f"canary {uuid.uuid4()}"
        for secret in (foreign, left):
            assert (await eves.post(f"/rooms/{secret}/messages", json=good(canary))).is_success
            assert canary in (await eves.get(f"/rooms/{secret}/messages")).text
        ticket = (await anns.post("/auth/ticket")).json()["ticket"]
    for service, table in (("queue", "member"), ("receipts", "watermark")):
        await _until_known(world, service, table, room, foreign)
    async with world.http(ann, service="queue") as queue:
        queued = good("by the queue")
        wish = {"room": room, **queued}
        assert (await queue.post("/outgoing", json=wish)).status_code == 202
    await until(lambda: len(world.stored(room)) == 2, what="what was queued")
    names = {
        "room": room,
        "ROOM": room.upper(),
        "room_without_hyphens": room.replace("-", ""),
        "direct": direct,
        "foreign": foreign,
        "left": left,
        "used": first["client_id"],
        "queued": queued["client_id"],
        "USED": first["client_id"].upper(),
        "QUEUED": queued["client_id"].upper(),
        "ticket": ticket,
        "token": ann.token,
        "boss_token": boss.token,
        "bobs_token_for_ann": world.token(ann.id, bob.sid),
        "bob_name": bob.username,
        "BOB_NAME": bob.username.upper(),
        "BOB": bob.id.upper(),
        "many": ",".join(f'"{number}":0' for number in range(201)),
        "many_ids": ",".join(str(uuid.uuid4()) for _ in range(201)),
    }
    people = {"ann": ann, "bob": bob, "eve": eve, "boss": boss}
    ids = {name: each.id for name, each in people.items()}
    return Stage(world, people, names | ids, canary)


async def _open(http: httpx.AsyncClient, kind: str, other: Person) -> str:
    wish = {"kind": kind, "members": [other.id]} | ({"name": "A room"} if kind == GROUP else {})
    answer = await http.post("/rooms", json=wish)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def _until_known(world: World, service: str, table: str, *rooms: str) -> None:
    known = f"select count(distinct room_id) from {table} where room_id = any(%s::uuid[])"  # noqa: S608 - names of ours
    await until(
        lambda: world.rows_of(service, known, list(rooms)) == [(len(rooms),)],
        what=f"{service} to know the rooms",
    )


@contextlib.asynccontextmanager
async def unharmed(stage: Stage) -> AsyncIterator[list[str]]:
    """Fail where anything is kept of what is sent inside the block, but the good messages it lists."""
    before = stage.kept()
    written: list[str] = []
    yield written
    after = stage.kept()
    new = {statement: rows - before[statement] for statement, rows in after.items()}
    messages = [statement for statement in new if "from message" in statement]
    found = [row[4] for statement in messages for row in new.pop(statement)]
    rooms = [statement for statement in new if "from room" in statement]
    assert {str(row[0]) for statement in rooms for row in new.pop(statement)} <= {stage.room}
    assert sorted(found) == sorted(written)
    assert {statement: rows for statement, rows in new.items() if rows} == {}


async def check_marks(stage: Stage) -> None:
    """Wait for what was claimed, and fail where a watermark stands above its room's last message."""
    world, ann = stage.world, stage.people["ann"]
    async with world.client(ann) as client:
        await client.socket.send({"type": "read_receipt", "room": stage.room, "seq": BEYOND})
        await until(
            lambda: all(ann_reads(stage, service) >= _head(stage) for service in MARKS),
            what="the last claim",
        )
    rooms = [stage.names[name] for name in ("room", "direct", "foreign", "left")]
    for service, statement in MARKS.items():
        marks = world.rows_of(service, f"{statement} where room_id = any(%s::uuid[])", rooms)
        heads = dict(world.rows("select id, last_seq from room where id = any(%s::uuid[])", rooms))
        assert marks
        assert [mark for mark in marks if max(mark[1:]) > heads[mark[0]]] == [], service


def ann_reads(stage: Stage, service: str) -> int:
    """Return how far ann has read the room, as a service has it."""
    (found,) = stage.world.rows_of(
        service,
        f"{MARKS[service]} where room_id = %s and user_id = %s",
        *(stage.room, stage.names["ann"]),
    )
    return int(found[2])


def _head(stage: Stage) -> int:
    [(last_seq,)] = stage.world.rows("select last_seq from room where id = %s", stage.room)
    return int(last_seq)
