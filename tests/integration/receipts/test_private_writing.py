"""Who reads in private may write: the others do not learn by it what was read."""

import pytest

from libs.common.events import RoomMember, RoomSnapshot
from tests.integration.receipts.chats_streams import chats_streams, new_ids, until


@pytest.fixture
def streams(world):
    with chats_streams(world) as streams:
        yield streams


def write_unannounced(world, room, author, seq):
    """Write a message, and the row by which the relay tells of it."""
    world.rows(
        "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
        " values (%s, %s, %s, gen_random_uuid(), 'by the relay', now())",
        *(room, seq, author.id),
    )
    world.rows("update room set last_seq = %s, last_at = now() where id = %s", seq, room)
    world.rows(
        "insert into outbox (event, subjects, first_seqs, last_seqs, created_at)"
        " values ('message.created', array[%s]::uuid[], array[%s], array[%s], now())",
        *(room, seq, seq),
    )


async def by_socket(world, room, bob, client):
    assert (await client.say(room, "two"))["seq"] == 2


async def by_http(world, room, bob, client):
    async with world.http(bob) as http:
        message = {"client_id": new_ids(1)[0], "content": "two"}
        assert (await http.post(f"/rooms/{room}/messages", json=message)).status_code == 201


async def by_nobody(world, room, bob, client):
    write_unannounced(world, room, bob, 2)


async def is_told_of(world, person, room):
    """Return what somebody's socket and lists tell of how far the members have read."""
    async with world.client(person) as client, world.http(person) as http:
        rooms = [
            *client.welcome["rooms"],
            *(await http.get("/rooms")).json()["rooms"],
            (await http.get(f"/rooms/{room}")).json(),
        ]
    return [{each["user"]: each["read_seq"] for each in told["lowest"]} for told in rooms]


@pytest.mark.both_servers
@pytest.mark.parametrize("write", [by_socket, by_http, by_nobody])
async def test_what_one_writes_in_private_moves_ones_reading_for_oneself_only(
    world, streams, write
):
    ann, bob = world.people(2)
    room = world.room(ann, bob)
    world.tell(room)
    await streams.until_known(room)
    here, there = world.chats
    async with (
        world.client(ann) as anns,
        world.client(bob, url=here) as bobs,
        world.client(bob, url=there) as second,
        world.http(bob, url=here) as http,
    ):
        await anns.say(room, "one")
        await bobs.socket.send({"type": "read_receipt", "room": room, "seq": 1})
        await anns.until_marks(room, bob.id, delivered=1, read=1)
        await http.patch("/me", json={"send_read_receipts": False})

        await write(world, room, bob, bobs)
        await streams.until_marks(room, bob.id, (2, 2, 1))
        await second.until_marks(room, bob.id, delivered=2, read=2)
        await anns.until_marks(room, bob.id, delivered=2)
        await until(lambda: streams.known_by_chat(room, bob.id), lambda it: it == (2, 2, 1))

        assert anns.marks(room, bob.id) == (2, 1)
        assert (await streams.shown(ann, room))[bob.id] == (2, 1)
        assert (await streams.shown(bob, room))[bob.id] == (2, 2)
        assert [told[bob.id] for told in await is_told_of(world, ann, room)] == [1, 1, 1]


async def test_what_a_snapshot_tells_of_a_private_reader_is_private(world, streams):
    ann, bob = world.people(2)
    (room,) = new_ids(1)
    streams.rooms(
        RoomSnapshot(
            room=room,
            version=1,
            last_seq=4,
            members=[
                RoomMember(user=each.id, role="member", joined_seq=0, delivered_seq=2, read_seq=2)
                for each in (ann, bob)
            ],
            own_seqs={ann.id: [3], bob.id: [3, 4]},
            private_readers=[bob.id],
        )
    )

    await streams.until_marks(room, ann.id, (3, 3, 3))
    await streams.until_marks(room, bob.id, (4, 4, 2))
