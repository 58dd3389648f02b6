"""Who may open a socket, and what the first frame says."""

import datetime as dt
import json

import pytest

from clients.python.parley import Closed, Refused, Socket
from dev.keys import make_secrets
from libs.common.clock import ManualClock, SystemClock
from libs.common.tokens import LIFETIME_S, Issuer

NOT_AUTHENTICATED = 4001
WELCOME_BYTES = 48 * 1024


async def outcome(world, *, path="/ws/chat/", **credentials):
    """Return the type of the first frame, the close code, or the HTTP status of a refusal."""
    try:
        socket = await Socket.open(world.url, path=path, **credentials)
    except Refused as refused:
        return refused.status
    async with socket:
        try:
            return (await socket.receive())["type"]
        except Closed as closed:
            return closed.close_code


def cookie(token):
    return {"Cookie": f"other=1; parley_access={token}; parley_csrf=x"}


def token_of(world, person, *, seconds_ago):
    then = SystemClock().now() - dt.timedelta(seconds=seconds_ago)
    return world.token(person.id, person.sid, clock=ManualClock(then))


@pytest.mark.both_servers
async def test_without_credentials_the_handshake_succeeds_and_is_closed_with_4001(world):
    assert await outcome(world) == NOT_AUTHENTICATED
    assert await outcome(world, origin=world.url) == NOT_AUTHENTICATED


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "null", "x" * 5000])
async def test_what_is_no_token_is_closed_with_4001(world, token):
    assert await outcome(world, token=token) == NOT_AUTHENTICATED
    assert await outcome(world, headers=cookie(token), origin=world.url) == NOT_AUTHENTICATED


async def test_an_expired_token_is_closed_with_4001(world):
    alice = world.person()

    late = token_of(world, alice, seconds_ago=LIFETIME_S + 1)
    early = token_of(world, alice, seconds_ago=LIFETIME_S - 60)

    assert await outcome(world, token=late) == NOT_AUTHENTICATED
    assert await outcome(world, token=early) == "welcome"


async def test_a_token_of_a_foreign_key_is_closed_with_4001(world):
    alice = world.person()
    other = make_secrets()
    issuer = Issuer(
        other.token_signing_key, verify_keys=other.token_verify_keys, clock=SystemClock()
    )
    forged = issuer.issue(sub=alice.id, sid=alice.sid, name="", staff=True)

    assert await outcome(world, token=forged) == NOT_AUTHENTICATED


async def test_a_token_of_somebody_elses_sign_in_is_closed_with_4001(world):
    alice, bob = world.people(2)

    assert await outcome(world, token=world.token(alice.id, bob.sid)) == NOT_AUTHENTICATED


async def test_who_has_signed_out_is_closed_with_4001(world):
    alice = world.person()

    async with world.http(alice) as http:
        signed_out = await http.post("/auth/logout", json={})

    assert signed_out.status_code == 204
    assert await outcome(world, token=alice.token) == NOT_AUTHENTICATED


async def test_a_deactivated_user_is_closed_with_4001(world):
    alice = world.person()

    world.rows("update chat_user set is_active = false where id = %s", alice.id)

    assert await outcome(world, token=alice.token) == NOT_AUTHENTICATED


async def test_a_deleted_user_is_closed_with_4001(world):
    alice = world.person()

    world.rows("delete from sign_in where user_id = %s", alice.id)
    world.rows("delete from chat_user where id = %s", alice.id)

    assert await outcome(world, token=alice.token) == NOT_AUTHENTICATED


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "https://127.0.0.1",
        "http://127.0.0.1",
        "http://127.0.0.1.evil.test",
        "http://evil.test#127.0.0.1",
        "null",
        "",
        "http://[::1",
        "http://127.0.0.1:port",
    ],
)
async def test_a_page_of_a_foreign_origin_is_refused_whatever_it_brings(world, origin):
    alice = world.person()

    assert await outcome(world, token=alice.token, origin=origin) == 403
    assert await outcome(world, headers=cookie(alice.token), origin=origin) == 403
    assert await outcome(world, origin=origin) == 403


@pytest.mark.both_servers
async def test_a_cookie_needs_an_origin_and_a_bearer_token_does_not(world):
    alice = world.person()

    assert await outcome(world, headers=cookie(alice.token)) == 403
    assert await outcome(world, headers=cookie(alice.token), origin=world.url) == "welcome"
    assert await outcome(world, token=alice.token) == "welcome"
    assert await outcome(world, token=alice.token, origin=world.url) == "welcome"


async def test_the_first_credential_that_is_present_decides(world):
    alice, bob = world.people(2)
    good, bad = cookie(bob.token), cookie("bad")

    async with await Socket.open(world.url, token=alice.token, headers=good) as socket:
        welcome = await socket.receive()

    assert welcome["user"]["id"] == alice.id
    assert await outcome(world, token=alice.token, headers=bad, origin=world.url) == "welcome"
    assert await outcome(world, token="bad", headers=good, origin=world.url) == NOT_AUTHENTICATED
    basic = {**good, "Authorization": "Basic eDp5"}
    assert await outcome(world, headers=basic, origin=world.url) == NOT_AUTHENTICATED
    with_ticket = {"path": "/ws/chat/?ticket=bad", "headers": good, "origin": world.url}
    assert await outcome(world, **with_ticket) == NOT_AUTHENTICATED


async def test_no_token_is_ever_read_from_the_address(world):
    alice = world.person()

    for name in ("token", "access_token", "ticket"):
        path = f"/ws/chat/?{name}={alice.token}"
        assert await outcome(world, path=path) == NOT_AUTHENTICATED


@pytest.mark.both_servers
async def test_an_unknown_path_is_refused(world):
    alice = world.person()

    assert await outcome(world, path="/ws/chat/other", token=alice.token) == 403


@pytest.mark.both_servers
async def test_who_has_no_rooms_is_welcome(world):
    alice = world.person("Alice")

    async with world.client(alice) as client:
        pong = await client.ask({"type": "ping"})
        messages, rooms = await client.sync({})

    welcome = client.welcome
    assert welcome["rooms"] == []
    assert welcome["user"] == {
        "id": alice.id,
        "username": alice.username,
        "display_name": "Alice",
    }
    assert (welcome["protocol"], welcome["heartbeat_s"]) == (1, 30)
    assert welcome["limits"]["frame_bytes"] == 65_536
    assert welcome["limits"]["content_chars"] == 4_096
    assert "more_rooms" not in welcome
    assert pong["type"] == "pong"
    assert (messages, rooms) == ([], [])


async def all_rooms_by_http(world, person):
    rooms, after = [], None
    async with world.http(person) as http:
        while True:
            page = (await http.get("/rooms" if after is None else f"/rooms?after={after}")).json()
            rooms += page["rooms"]
            after = page["next"]
            if after is None:
                return rooms


@pytest.mark.parametrize(
    ("count", "name", "all_fit"),
    [(110, "r", True), (320, "é" * 80, False)],
    ids=["all fit", "more than fit"],
)
async def test_more_than_a_hundred_rooms_come_most_recently_active_first(
    world, count, name, all_fit
):
    alice, bob = world.people(2)
    made = [world.room(alice, bob, name=name) for _ in range(count)]
    quiet, busy = made[0], made[1]
    world.rows("update room set last_at = now() - interval '1 day' where id = %s", quiet)

    async with world.client(bob) as other, world.client(alice) as before:
        await other.say(busy, "up!")
        async with world.client(alice) as client:
            # The quiet one came last, perhaps not at all; its messages come all the same.
            await other.say(quiet, "still here")
            await client.until_seqs(quiet, 1)
            await before.until_seqs(quiet, 1)
    listed = await all_rooms_by_http(world, alice)

    shown = [room["id"] for room in client.welcome["rooms"]]
    assert shown[0] == busy
    assert client.heads[busy] == 1
    assert client.welcome.get("more_rooms", False) is not all_fit
    assert (sorted(shown) == sorted(made)) is all_fit
    assert (
        len(json.dumps(client.welcome["rooms"], ensure_ascii=False).encode()) < WELCOME_BYTES * 1.1
    )
    assert [room["id"] for room in listed][:2] == [quiet, busy]
    assert sorted(room["id"] for room in listed) == sorted(made)


async def test_a_room_shows_its_reader_where_everybody_stands(world):
    alice, bob = world.people(2)
    async with world.http(alice) as http:
        answer = await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})
    room = answer.json()["id"]
    world.fill(room, bob, 7)
    world.rows(
        "update member set delivered_seq = 5, read_seq = 3 where room_id = %s and user_id = %s",
        *(room, alice.id),
    )

    async with world.client(alice) as client:
        [shown] = client.welcome["rooms"]

    assert shown == {
        "id": room,
        "kind": "direct",
        "name": "Person 1",
        "version": 1,
        "member_count": 2,
        "members": shown["members"],
        "last_seq": 7,
        "delivered_seq": 5,
        "read_seq": 3,
        "lowest": [{"user": bob.id, "delivered_seq": 0, "read_seq": 0}],
    }
    assert sorted(shown["members"]) == sorted([alice.id, bob.id])
