"""Groups over HTTP: opening them, changing them, and what of their history is read by whom."""

import asyncio
import uuid

import pytest

from libs.common.database import LOCK_TIMEOUT_MS
from services.chat.domain.rooms import ROOM_MEMBERS
from tests.integration.chat.world import message_frame

NO_ROOM = "018f0000-0000-7000-8000-000000000000"


async def opened(world, owner, *others, name="Trip"):
    """Open a group over HTTP; return its id."""
    async with world.http(owner) as http:
        body = {"kind": "group", "name": name, "members": [other.id for other in others]}
        answer = await http.post("/rooms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def roles(world, room):
    """Return who is present in a room and as what, in the order of joining."""
    found = world.rows(
        "select user_id::text, role from member where room_id = %s and left_seq is null"
        " order by id",
        room,
    )
    return dict(found)


def version(world, room):
    [(found,)] = world.rows("select version from room where id = %s", room)
    return found


async def say(world, author, room, content):
    """Write a message over HTTP; return its seq."""
    async with world.http(author) as http:
        body = {"client_id": str(uuid.uuid4()), "content": content}
        answer = await http.post(f"/rooms/{room}/messages", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["seq"]


async def readable(world, reader, room):
    """Return the seqs that somebody gets of a room by each door; they must be the same."""
    async with world.http(reader) as http:
        newest = (await http.get(f"/rooms/{room}/messages")).json()
        after = (await http.get(f"/rooms/{room}/messages", params={"after": 0})).json()
        before = (await http.get(f"/rooms/{room}/messages", params={"before": 1000})).json()
        synced = (await http.post("/sync", json={"cursors": {room: 0}})).json()
    async with world.client(reader) as client:
        by_socket, _ = await client.sync({room: 0})
    pages = [page.get("messages", []) for page in (newest, after, before, synced)]
    seqs = [[message["seq"] for message in page] for page in [*pages, by_socket]]
    assert seqs == [seqs[0]] * 5
    return seqs[0]


async def test_who_opens_a_group_owns_it_and_everybody_sees_it(world):
    alice, bob, carol = world.people(3)

    async with world.http(alice) as http:
        body = {"kind": "group", "name": " Trip ", "members": [bob.username.upper(), carol.id]}
        answer = await http.post("/rooms", json=body)
    room = answer.json()
    async with world.http(bob, url=world.chats[1]) as http:
        seen = (await http.get(f"/rooms/{room['id']}")).json()
        listed = (await http.get(f"/rooms/{room['id']}/members")).json()["members"]

    assert answer.status_code == 201
    assert (room["kind"], room["name"], room["version"]) == ("group", "Trip", 1)
    assert (room["member_count"], room["last_seq"]) == (3, 0)
    assert "members" not in room
    assert (seen["id"], seen["name"], seen["version"]) == (room["id"], "Trip", 1)
    assert (room["role"], seen["role"]) == ("owner", "member")
    assert {member["user"]: member["role"] for member in listed} == {
        alice.id: "owner",
        bob.id: "member",
        carol.id: "member",
    }


async def test_each_group_is_another_one_even_of_the_same_people(world):
    alice, bob = world.people(2)

    assert await opened(world, alice, bob) != await opened(world, alice, bob)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "group", "members": []}, "name"),
        ({"kind": "group", "members": [], "name": None}, "name"),
        ({"kind": "group", "members": [], "name": ""}, "name"),
        ({"kind": "group", "members": [], "name": " \u00a0"}, "name"),
        ({"kind": "group", "members": [], "name": "a\0b"}, "name"),
        ({"kind": "group", "members": [], "name": "x" * 81}, "name"),
        ({"kind": "group", "members": [], "name": 1}, "name"),
        ({"kind": "group", "members": ["nobody-is-called-so"], "name": "Trip"}, "members"),
        ({"kind": "group", "members": ["a\0b"], "name": "Trip"}, "members"),
        ({"kind": "group", "members": [NO_ROOM], "name": "Trip"}, "members"),
        ({"kind": "group", "members": "alice", "name": "Trip"}, "members"),
        ({"kind": "group", "name": "Trip"}, "members"),
        ({"kind": "direct", "members": [], "name": "Trip"}, "name"),
        ({"kind": "direct", "members": []}, "members"),
        ({"kind": "channel", "members": [], "name": "Trip"}, "kind"),
    ],
)
async def test_a_wrong_wish_opens_nothing_and_says_what_is_wrong(world, body, field):
    alice = world.person()

    async with world.http(alice) as http:
        answer = await http.post("/rooms", json=body)
        rooms = (await http.get("/rooms")).json()["rooms"]

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert list(answer.json()["errors"]) == [field]
    assert rooms == []


async def test_a_group_holds_a_thousand_and_twenty_four_and_not_one_more(world):
    owner, late = world.people(2)
    ids = [str(uuid.uuid4()) for _ in range(ROOM_MEMBERS)]
    world.rows(
        "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
        " is_superuser) select id, 'm' || left(id::text, 8) || right(id::text, 12), 'Many', '!',"
        " true, false, false from unnest(%s::uuid[]) id",
        ids,
    )
    wish = {"kind": "group", "name": "Everybody", "members": ids[1:]}

    async with world.http(owner) as http:
        beyond = await http.post("/rooms", json={**wish, "members": ids})
        answer = await http.post("/rooms", json=wish)
        room = answer.json()
        path = f"/rooms/{room['id']}/members"
        full = await http.post(path, json={"members": [late.id]})
        again = await http.post(path, json={"members": ids[1:]})
        removed = await http.delete(f"{path}/{ids[1]}")
        fits = await http.post(path, json={"members": [late.id]})

    assert (answer.status_code, room["member_count"]) == (201, ROOM_MEMBERS)
    for refused in (beyond, full):
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame")
        assert list(refused.json()["errors"]) == ["members"]
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert (removed.status_code, fits.status_code) == (204, 200)
    assert (fits.json()["member_count"], fits.json()["version"]) == (ROOM_MEMBERS, 3)


async def test_a_change_raises_the_version_once_and_the_same_again_does_not(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    world.rows("update room set changed_at = now() - interval '1 hour' where id = %s", room)

    async with world.http(alice) as http:
        told = [
            (await http.patch(f"/rooms/{room}", json=change)).json()
            for change in (
                {},
                {"name": "Rome", "open_history": True},
                {"name": " Rome ", "open_history": True},
                {"open_history": False},
                {"name": "Rome"},
            )
        ]

    assert [(each["name"], each["version"]) for each in told] == [
        ("Trip", 1),
        ("Rome", 2),
        ("Rome", 2),
        ("Rome", 3),
        ("Rome", 3),
    ]
    assert [each["open_history"] for each in told] == [False, True, True, False, False]
    assert world.rows(
        "select changed_at > now() - interval '1 minute' from room where id = %s", room
    ) == [(True,)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": None}, "name"),
        ({"open_history": "yes"}, "open_history"),
        ({"open_history": None}, "open_history"),
    ],
)
async def test_a_wrong_change_changes_nothing(world, change, field):
    alice = world.person()
    room = await opened(world, alice)

    async with world.http(alice) as http:
        answer = await http.patch(f"/rooms/{room}", json={"open_history": True, **change})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert world.rows("select name, open_history, version from room where id = %s", room) == [
        ("Trip", False, 1)
    ]


async def test_who_joins_late_reads_what_follows_unless_the_history_is_open(world):
    alice, bob, late = world.people(3)
    room = await opened(world, alice, bob)
    for number in range(3):
        await say(world, bob, room, f"before {number}")

    async with world.http(alice) as http:
        joined = await http.post(f"/rooms/{room}/members", json={"members": [late.id]})
        await say(world, bob, room, "after")
        closed = await readable(world, late, room)
        await http.patch(f"/rooms/{room}", json={"open_history": True})
        opened_up = await readable(world, late, room)
        await http.patch(f"/rooms/{room}", json={"open_history": False})
        closed_again = await readable(world, late, room)
    async with world.http(late) as http:
        entry = (await http.get(f"/rooms/{room}")).json()

    assert joined.status_code == 200
    assert (closed, opened_up, closed_again) == ([4], [1, 2, 3, 4], [4])
    assert await readable(world, bob, room) == [1, 2, 3, 4]
    assert (entry["last_seq"], entry["delivered_seq"], entry["read_seq"]) == (4, 3, 3)


async def test_who_is_removed_reads_nothing_and_who_comes_back_begins_anew(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    await say(world, bob, room, "first stay")

    async with world.http(alice) as http:
        await http.patch(f"/rooms/{room}", json={"open_history": True})
        await http.patch(f"/rooms/{room}/members/{bob.id}", json={"role": "admin"})
        await http.delete(f"/rooms/{room}/members/{bob.id}")
        await say(world, alice, room, "while away")
        away = await readable(world, bob, room)
        await http.post(f"/rooms/{room}/members", json={"members": [bob.id]})
        await http.patch(f"/rooms/{room}", json={"open_history": False})
    await say(world, alice, room, "second stay")

    assert away == []
    assert await readable(world, bob, room) == [3]
    assert world.rows(
        "select role, joined_seq, left_seq, delivered_seq, read_seq from member"
        " where room_id = %s and user_id = %s",
        *(room, bob.id),
    ) == [("member", 2, None, 2, 2)]


@pytest.mark.parametrize("comes_back", [False, True])
@pytest.mark.parametrize("query", [{}, {"after": 0}])
async def test_who_is_removed_while_reading_gets_nothing_that_was_written_afterwards(
    world, query, comes_back
):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    await say(world, alice, room, "before")

    async with world.http(bob) as http:
        with world.transaction() as holder:
            # The reader has been let in, and is about to read.
            holder.execute("lock table message in access exclusive mode")
            reading = asyncio.create_task(http.get(f"/rooms/{room}/messages", params=query))
            await until_a_reader_waits(world)
            holder.execute("select 1 from room where id = %s for update", [room])
            holder.execute(
                "update member set left_seq = 1 where room_id = %s and user_id = %s",
                [room, bob.id],
            )
            holder.execute(
                "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
                " values (%s, 2, %s, gen_random_uuid(), 'after', now())",
                [room, alice.id],
            )
            holder.execute("update room set last_seq = 2 where id = %s", [room])
            if comes_back:
                holder.execute(
                    "delete from member where room_id = %s and user_id = %s", [room, bob.id]
                )
                holder.execute(
                    "insert into member (room_id, user_id, role, joined_seq, delivered_seq,"
                    " read_seq) values (%s, %s, 'member', 2, 2, 2)",
                    [room, bob.id],
                )
        answer = await reading

    assert answer.json().get("messages", []) == []


async def until_a_reader_waits(world):
    """Wait until a connection that serves requests waits for a lock."""
    async with asyncio.timeout(5):
        while not world.rows(
            "select 1 from pg_stat_activity where application_name = 'parley-chat'"
            " and wait_event_type = 'Lock' and query like '%\"message\"%'"
        ):
            await asyncio.sleep(0.005)


async def test_a_direct_room_never_changes(world):
    alice, bob, carol = world.people(3)

    async with world.http(alice) as http:
        room = (await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})).json()
        path = f"/rooms/{room['id']}"
        answers = [
            await http.patch(path, json={"name": "Us"}),
            await http.patch(path, json={"open_history": True}),
            await http.post(f"{path}/members", json={"members": [carol.id]}),
            await http.patch(f"{path}/members/{bob.id}", json={"role": "admin"}),
            await http.delete(f"{path}/members/{bob.id}"),
            await http.delete(f"{path}/members/{alice.id}"),
        ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert {answer.json()["detail"] for answer in answers} == {"A direct room never changes."}
    assert roles(world, room["id"]).keys() == {alice.id, bob.id}
    assert version(world, room["id"]) == 1


async def test_a_stranger_cannot_tell_a_group_from_none_not_even_while_it_is_locked(world):
    alice, left, stranger = world.people(3)
    room = await opened(world, alice, left)
    async with world.http(left) as http:
        await http.delete(f"/rooms/{room}/members/{left.id}")

    with world.transaction() as holder:
        holder.execute("select 1 from room where id = %s for update", [room])
        told = [
            [await _asked(world, person, each, alice) for each in (room, NO_ROOM, "no-id")]
            for person in (left, stranger)
        ]

    denied = [(403, "permission_denied", "You are not a member of this room.")] * 5
    assert told == [[denied] * 3] * 2


async def _asked(world, person, room, other):
    async with world.http(person) as http:
        answers = [
            await http.patch(f"/rooms/{room}", json={"name": "Mine"}),
            await http.post(f"/rooms/{room}/members", json={"members": [person.id]}),
            await http.patch(f"/rooms/{room}/members/{other.id}", json={"role": "owner"}),
            await http.delete(f"/rooms/{room}/members/{other.id}"),
            await http.delete(f"/rooms/{room}/members/{person.id}"),
        ]
    return [(each.status_code, each.json()["code"], each.json()["detail"]) for each in answers]


async def test_a_lock_that_is_not_had_in_time_is_unavailable_and_changes_nothing(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)

    async with world.http(alice) as http:
        with world.transaction() as holder:
            holder.execute("select 1 from room where id = %s for update", [room])
            refused = await http.delete(f"/rooms/{room}/members/{bob.id}")
        unchanged = roles(world, room)
        later = await http.delete(f"/rooms/{room}/members/{bob.id}")

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) * 1000 >= LOCK_TIMEOUT_MS
    assert unchanged.keys() == {alice.id, bob.id}
    assert later.status_code == 204
    assert (roles(world, room), version(world, room)) == ({alice.id: "owner"}, 2)


async def test_whoever_locks_a_group_for_a_foreign_key_holds_up_no_change(world):
    alice, bob = world.people(2)
    room = await opened(world, alice)

    async with world.http(alice) as http:
        with world.transaction() as holder:
            holder.execute("select 1 from room where id = %s for key share", [room])
            answer = await http.post(f"/rooms/{room}/members", json={"members": [bob.id]})

    assert answer.status_code == 200


async def test_what_a_removed_member_wrote_before_is_answered_and_nothing_after(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    frame = message_frame(room, "in time")

    async with world.client(bob, url=world.chats[0]) as client:
        first = await client.ask(frame)
        async with world.http(alice, url=world.chats[1]) as http:
            await http.delete(f"/rooms/{room}/members/{bob.id}")
        again = await client.ask({**frame, "type": "retry", "attempt": 1})
        refused = await client.say(room, "too late")
    async with world.http(bob) as http:
        body = {"client_id": frame["client_id"], "content": frame["content"]}
        over_http = await http.post(f"/rooms/{room}/messages", json=body)
        denied = await http.post(
            f"/rooms/{room}/messages", json={**body, "client_id": str(uuid.uuid4())}
        )

    assert (first["seq"], first["duplicate"]) == (1, False)
    assert (again["seq"], again["duplicate"]) == (1, True)
    assert (over_http.status_code, over_http.json()["seq"]) == (200, 1)
    assert refused["code"] == denied.json()["code"] == "permission_denied"
    assert [row[2] for row in world.stored(room)] == ["in time"]
    assert world.rows(
        "select left_seq from member where room_id = %s and user_id = %s", room, bob.id
    ) == [(1,)]
