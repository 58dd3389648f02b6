"""``GET /rooms/{id}/messages/{seq}/trace``: why a message has the ticks that it has."""

import asyncio
import uuid

from redis import Redis

from libs.common import tracing
from libs.common.streams.names import stream_key
from tests.integration.chat.world import WITHIN_S

USED = (
    "chat.events",
    "chat.rooms",
    "chat.receipts",
    "chat.sessions",
    "chat.typing",
    "receipts.events",
    "presence.events",
)
"""Streams on which something is told when two people chat."""
NEWEST = 20
"""Entries that are looked at: other tests write some by hand."""
CALLER = tracing.TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")


async def trace(world, staff, room, seq, **params):
    async with world.http(staff) as http:
        answer = await http.get(f"/rooms/{room}/messages/{seq}/trace", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def until(world, staff, room, seq, holds):
    """Ask again and again, until the answer is as it should be."""
    async with asyncio.timeout(WITHIN_S):
        while not holds(told := await trace(world, staff, room, seq)):
            await asyncio.sleep(0.05)
    return told


def told_room(world, *members):
    room = world.room(*members)
    world.tell(room)
    return room


def stages(told):
    return {each["stage"]: each for each in told["stages"]}


async def test_what_was_received_and_read_is_told_with_the_times_of_each_stage(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    async with world.clients([ann, bob]) as (hers, his):
        ack = await hers.say(room, "a secret of ours")
        await his.until_seqs(room, 1)
        await his.socket.send({"type": "read_receipt", "room": room, "seq": 1})
        told = await until(
            world,
            staff,
            room,
            1,
            lambda told: told["status"] == "read" and told["recipients"][0]["read_at"],
        )

    recipient, found = told["recipients"][0], stages(told)
    assert told["summary"] == "Two blue ticks: everybody has read it."
    assert {name: each["state"] for name, each in found.items()} == dict.fromkeys(
        ("written", "announced", "counted", "delivered", "read"), "done"
    )
    assert told["created_at"] == found["written"]["at"] == ack["created_at"]
    assert found["announced"]["after_ms"] is not None
    assert (recipient["user"], recipient["status"]) == (bob.id, "read")
    assert recipient["delivered_at"] <= recipient["read_at"] == found["read"]["at"]
    assert (told["recipient_count"], told["delivered_count"], told["read_count"]) == (1, 1, 1)
    assert "secret" not in str(told)


async def test_the_trace_of_a_lone_message_has_the_digits_of_its_client_id(world):
    ann, bob = world.people(2)
    staff, room, client_id = world.staff(), told_room(world, ann, bob), str(uuid.uuid4())
    async with world.client(ann) as hers:
        await hers.say(room, "hello", client_id=client_id)
        told = await until(world, staff, room, 1, lambda told: told["traceparent"])

    context = tracing.parse(told["traceparent"])
    assert context is not None
    assert told["trace_id"] == context.trace_id == client_id.replace("-", "")


async def test_a_message_goes_on_in_the_trace_that_its_request_names(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    body = {"client_id": str(uuid.uuid4()), "content": "hello"}
    async with world.http(ann) as http:
        headers = {tracing.HEADER: CALLER.traceparent}
        sent = await http.post(f"/rooms/{room}/messages", json=body, headers=headers)
        assert sent.status_code == 201
        told = await until(world, staff, room, 1, lambda told: told["traceparent"])

    context = tracing.parse(told["traceparent"])
    assert context is not None
    assert context.trace_id == CALLER.trace_id
    assert context.span_id != CALLER.span_id


async def test_who_is_offline_is_named_and_what_waits_for_them(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    async with world.client(ann) as hers:
        await hers.say(room, "are you there?")
        told = await until(
            world,
            staff,
            room,
            1,
            lambda told: (
                "waited in the queue" in told["recipients"][0]["words"]
                and told["recipients"][0]["presence"] == "offline"
            ),
        )

    assert told["status"] == "sent"
    assert told["recipients"][0]["presence"] == "offline"
    assert told["summary"].startswith(
        f"One tick: 1 of 1 has not received it ({bob.username}). {bob.username} is offline"
    )


async def test_who_is_there_and_does_not_acknowledge_is_said_to_be(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    async with world.clients([ann, bob]) as (hers, his):
        await hers.say(room, "are you there?")
        await his.until_seqs(room, 1)
        told = await until(
            world, staff, room, 1, lambda told: told["recipients"][0]["presence"] == "online"
        )

    assert f"{bob.username} is online, and no device has said" in told["summary"]


async def test_while_receipts_is_down_it_is_named(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    async with world.clients([ann, bob]) as (hers, his):
        with world.suite.stopped("receipts"):
            await hers.say(room, "hello")
            await his.until_seqs(room, 1)
            await his.socket.send({"type": "delivered", "room": room, "seq": 1})
            told = await until(
                world, staff, room, 1, lambda told: stages(told)["counted"]["state"] == "waits"
            )
        back = await until(world, staff, room, 1, lambda told: told["status"] == "delivered")

    assert "receipts has not read its entry yet" in told["summary"]
    assert "receipts did not answer" in told["recipients"][0]["words"]
    assert stages(back)["counted"]["state"] == "done"


async def test_many_recipients_come_in_pages(world):
    author, *others = world.people(6)
    staff, room = world.staff(), told_room(world, author, *others)
    async with world.client(author) as client:
        await client.say(room, "hello")

    first = await trace(world, staff, room, 1, limit=3)
    second = await trace(world, staff, room, 1, limit=3, after=first["next"])

    seen = [each["user"] for page in (first, second) for each in page["recipients"]]
    assert seen == sorted(each.id for each in others)
    assert second["next"] is None
    assert first["recipient_count"] == 5


async def test_it_is_for_staff_and_for_messages_that_exist(world):
    ann, bob = world.people(2)
    staff, room = world.staff(), told_room(world, ann, bob)
    async with world.client(ann) as hers:
        await hers.say(room, "hello")
    async with world.http(ann) as hers, world.http(staff) as http, world.http(None) as nobodys:
        refused = await hers.get(f"/rooms/{room}/messages/1/trace")
        unknown = [
            await http.get(f"/rooms/{where}/trace")
            for where in (
                f"{room}/messages/2",
                f"{room}/messages/0",
                f"{room}/messages/x",
                f"{room}/messages/{9**30}",
                f"{uuid.uuid4()}/messages/1",
                "no-room/messages/1",
            )
        ]
        bad = await http.get(f"/rooms/{room}/messages/1/trace", params={"limit": 1000})
        stranger = await nobodys.get(f"/rooms/{room}/messages/1/trace")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert {answer.status_code for answer in unknown} == {404}
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["limit"])
    assert stranger.status_code == 401


async def test_entries_of_every_stream_carry_a_trace(world):
    ann, bob = world.people(2)
    room = told_room(world, ann, bob)
    async with world.clients([ann, bob]) as (hers, his):
        await hers.say(room, "hello")
        await his.until_seqs(room, 1)
        await his.socket.send({"type": "typing", "room": room, "is_typing": True})
        await his.socket.send({"type": "delivered", "room": room, "seq": 1})
        await hers.until_marks(room, bob.id, delivered=1)
    with Redis.from_url(world.suite.state.redis_url) as redis:
        entries = {name: redis.xrevrange(stream_key(name), count=NEWEST) for name in USED}

    traced = {
        name
        for name, found in entries.items()
        if any(tracing.of_fields(fields) for _, fields in found)
    }
    assert traced == set(USED)
