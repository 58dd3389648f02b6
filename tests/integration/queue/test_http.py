"""``/api/queue/``: what waits, what one hands over, and what only staff may see and do."""

import uuid

import pytest

from libs.common.tokens import CSRF_COOKIE
from tests.integration.waiting import until

pytestmark = pytest.mark.side_by_side

NO_ROOM = "018f0000-0000-7000-8000-000000000000"
OK, ACCEPTED, NO_CONTENT = 200, 202, 204
BAD, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, TOO_LARGE = 400, 401, 403, 404, 409, 413


async def two_people(world):
    """Return two people, and a room of theirs that the queue knows."""
    ann, bob = world.people(2)
    return ann, bob, await known_room(world, ann, bob)


async def known_room(world, first, *others):
    wish = {"kind": "group", "members": [each.id for each in others], "name": "A room"}
    async with world.http(first) as chat:
        room = (await chat.post("/rooms", json=wish)).json()["id"]
    known = "select count(*) from member where room_id = %s"
    await until(
        lambda: world.rows_of("queue", known, room) == [(1 + len(others),)], what="the members"
    )
    return room


def body(room, **changes):
    return {"room": room, "client_id": str(uuid.uuid4()), "content": "hello"} | changes


async def hand_over(world, person, wish):
    async with world.http(person, service="queue") as http:
        return await http.post("/outgoing", json=wish)


async def test_what_is_handed_over_arrives_once_and_its_sender_is_told(world):
    ann, bob, room = await two_people(world)
    wish = body(room, reply_to=None)
    async with world.client(ann) as sender, world.client(bob) as reader:
        first = await hand_over(world, ann, wish)
        again = await hand_over(world, ann, wish)
        await reader.until_seqs(room, 1)
        ack = await sender.until_type("ack")

    assert (first.status_code, again.status_code) == (ACCEPTED, OK)
    assert first.json() == again.json() == {"client_id": wish["client_id"], "room": room}
    assert (ack["client_id"], ack["seq"], ack["status"]) == (wish["client_id"], 1, "sent")
    assert [(seq, client_id) for seq, client_id, *_ in world.stored(room)] == [
        (1, wish["client_id"])
    ]


async def test_the_same_client_id_with_other_content_is_refused(world):
    ann, _, room = await two_people(world)
    wish = body(room)
    await hand_over(world, ann, wish)

    answer = await hand_over(world, ann, wish | {"content": "other"})

    assert (answer.status_code, answer.json()["code"]) == (CONFLICT, "client_id_reused")


@pytest.mark.parametrize("path", ["/status", "/stats", "/dead-letters"])
async def test_whoever_is_not_signed_in_is_told_where_to(world, path):
    async with world.http(None, service="queue") as http:
        answer = await http.get(path)

    assert (answer.status_code, answer.json()["code"]) == (UNAUTHENTICATED, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "login_url" in answer.json()


async def test_a_cookie_hands_something_over_only_with_a_csrf_token(world):
    ann, _, room = await two_people(world)
    async with world.http(None, service="queue") as http:
        http.cookies.set("parley_access", ann.token)
        origin = {"Origin": world.url}
        http.cookies.set(CSRF_COOKIE, "a" * 32)
        bare = await http.post("/outgoing", json=body(room), headers=origin)
        wrong = await http.post(
            "/outgoing", json=body(room), headers=origin | {"X-CSRFToken": "b" * 32}
        )
        foreign = await http.post(
            "/outgoing",
            json=body(room),
            headers={"Origin": "https://evil.example", "X-CSRFToken": "a" * 32},
        )
        right = await http.post(
            "/outgoing", json=body(room), headers=origin | {"X-CSRFToken": "a" * 32}
        )
        reading = await http.get("/status")

    assert [answer.status_code for answer in (bare, wrong, foreign)] == [FORBIDDEN] * 3
    assert {answer.json()["code"] for answer in (bare, wrong, foreign)} == {"csrf_failed"}
    assert (right.status_code, reading.status_code) == (ACCEPTED, OK)


async def test_the_token_that_chat_gives_out_is_good_for_the_queue(world):
    name = f"q{uuid.uuid4().hex[:12]}"
    async with world.http(None) as chat:
        answer = await chat.post(
            "/auth/register",
            json={"username": name, "password": "a password of the test"},
            headers={"Origin": world.url},
        )
        session = (await chat.get("/auth/session")).json()
        wish = {"kind": "group", "members": [], "name": "Alone"}
        headers = {"Origin": world.url, "X-CSRFToken": session["csrf_token"]}
        room = (await chat.post("/rooms", json=wish, headers=headers)).json()["id"]
        known = "select 1 from member where room_id = %s"
        await until(lambda: world.rows_of("queue", known, room) == [(1,)], what="the member")
        handed = await chat.post(
            f"{world.url}/api/queue/outgoing", json=body(room), headers=headers
        )

    assert answer.status_code == 201
    assert handed.status_code == ACCEPTED, handed.text


async def test_what_waits_is_shown(world):
    ann, bob, room = await two_people(world)
    async with world.http(ann) as chat:
        for number in range(3):
            message = {"client_id": str(uuid.uuid4()), "content": f"number {number}"}
            await chat.post(f"/rooms/{room}/messages", json=message)
    rows = "select to_seq from queued_message where recipient_id = %s"
    await until(lambda: world.rows_of("queue", rows, bob.id) == [(3,)], what="what waits")

    async with world.http(bob, service="queue") as http:
        status = (await http.get("/status")).json()

    oldest_at = status.pop("oldest_at")
    assert status == {"incoming": 3, "outgoing": 0, "retry": 0, "expired_total": 0}
    assert oldest_at.endswith("Z")


async def dead_letter(world, room, sender):
    """Let a message of somebody who is no member any more be given up; return its id."""
    client_id = str(uuid.uuid4())
    world.rows_of(
        "queue",
        "insert into queued_message (queue_type, sender_id, room_id, client_id, content,"
        " next_retry_at) values ('outgoing', %s, %s, %s, 'too late', now())",
        *(sender.id, room, client_id),
    )
    ended = "select id from queued_message where client_id = %s and ending = 'failed'"
    await until(lambda: world.rows_of("queue", ended, client_id), what="a dead letter")
    ((number,),) = world.rows_of("queue", ended, client_id)
    return number, client_id


async def test_what_chat_refuses_three_times_is_given_up_and_staff_may_replay_it(world):
    ann, _, room = await two_people(world)
    stranger, boss = world.person(), world.staff()
    async with world.client(stranger) as sender:
        number, client_id = await dead_letter(world, room, stranger)
        failed = await sender.until_type("failed")
    async with world.http(boss, service="queue") as http:
        listed = (await http.get(f"/dead-letters?after={number - 1}&limit=1")).json()
        async with world.http(ann) as chat:
            added = await chat.post(f"/rooms/{room}/members", json={"members": [stranger.id]})
        replayed = await http.post(f"/dead-letters/{number}/replay")
        again = await http.post(f"/dead-letters/{number}/replay")
    await until(lambda: world.stored(room), what="the message")

    assert (failed["client_id"], failed["room"]) == (client_id, room)
    assert (failed["code"], bool(failed["message"])) == ("permission_denied", True)
    letter = listed["dead_letters"][0]
    assert (letter["id"], letter["client_id"], letter["content"]) == (number, client_id, "too late")
    assert (letter["retry_count"], letter["last_error"].split(":")[0]) == (3, "permission_denied")
    assert (added.status_code, replayed.status_code, again.status_code) == (
        OK,
        NO_CONTENT,
        NOT_FOUND,
    )
    assert [(seq, found) for seq, found, *_ in world.stored(room)] == [(1, client_id)]


async def test_staff_may_discard_what_was_given_up(world):
    _, _, room = await two_people(world)
    number, _ = await dead_letter(world, room, world.person())
    async with world.http(world.staff(), service="queue") as http:
        counted = (await http.get("/stats")).json()
        answers = [await http.delete(f"/dead-letters/{number}") for _ in range(2)]
        listed = (await http.get(f"/dead-letters?after={number - 1}&limit=1")).json()

    assert counted["dead_letters"] >= 1
    assert [answer.status_code for answer in answers] == [NO_CONTENT, NOT_FOUND]
    assert number not in [letter["id"] for letter in listed["dead_letters"]]


async def test_only_staff_sees_and_does_what_is_for_staff(world):
    ann, _, room = await two_people(world)
    number, _ = await dead_letter(world, room, world.person())
    async with world.http(ann, service="queue") as http:
        answers = [
            await http.get("/stats"),
            await http.get("/dead-letters"),
            await http.post(f"/dead-letters/{number}/replay"),
            await http.delete(f"/dead-letters/{number}"),
        ]

    assert [answer.status_code for answer in answers] == [FORBIDDEN] * 4
    ending = world.rows_of("queue", "select ending from queued_message where id = %s", number)
    assert ending == [("failed",)]


async def test_the_deactivated_send_nothing_that_still_waits(world):
    ann, _, room = await two_people(world)
    world.rows("update chat_user set is_active = false where id = %s", ann.id)

    await hand_over(world, ann, body(room))
    ended = "select ending, last_error from queued_message where room_id = %s and is_processed"
    await until(lambda: world.rows_of("queue", ended, room), what="an ending")

    ((ending, error),) = world.rows_of("queue", ended, room)
    assert (ending, error.split(":")[0]) == ("failed", "permission_denied")
    assert world.stored(room) == []


async def test_the_documents_are_served(world):
    async with world.http(None, service="queue") as http:
        document = (await http.get("/openapi.json")).json()
        page = await http.get("/docs")
        health = await http.get("/healthz")

    assert {"/api/queue/outgoing", "/api/queue/status"} <= document["paths"].keys()
    assert (page.status_code, health.status_code) == (OK, OK)
