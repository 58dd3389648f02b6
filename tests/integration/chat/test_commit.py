"""An ``ack`` (or 201) is a promise: the message is committed, for everybody to see."""

import asyncio
import uuid

import pytest

from tests.integration.chat.world import WITHIN_S, message_frame

GATE = 7_215_001
"""Key of the advisory lock on which COMMIT waits."""
WAIT_AT_COMMIT = f"""
    create function wait_at_commit() returns trigger language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared({GATE});
        return null;
    end $$;
    create constraint trigger wait_at_commit after insert on message
        deferrable initially deferred for each row
        when (new.content = 'wait at the gate') execute function wait_at_commit();
"""
GO_ON = "drop trigger wait_at_commit on message; drop function wait_at_commit()"
WAITING = "select 1 from pg_locks where locktype = 'advisory' and objid = %s and not granted"


async def until_waiting(world):
    async with asyncio.timeout(WITHIN_S):
        while not world.rows(WAITING, GATE):
            await asyncio.sleep(0.01)


@pytest.mark.promise(number=1)
async def test_no_ack_and_no_live_frame_before_commit(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)

    with world.changed(do=WAIT_AT_COMMIT, undo=GO_ON):
        async with world.client(alice) as sender, world.client(bob) as reader:
            with world.transaction() as gate:
                gate.execute("select pg_advisory_xact_lock(%s)", [GATE])
                sending = asyncio.create_task(sender.say(room, "wait at the gate"))
                await until_waiting(world)
                await sender.ask({"type": "ping"})
                await reader.ask({"type": "ping"})
                before = [*sender.frames, *reader.frames, *world.stored(room)]

            ack = await sending
            seqs = await reader.until_seqs(room, 1)

    assert [frame["type"] for frame in before] == ["pong", "pong"]
    assert (ack["type"], ack["seq"], seqs) == ("ack", 1, [1])


@pytest.mark.promise(number=1)
async def test_no_201_before_commit(world):
    alice = world.person()
    room = world.room(alice)
    body = {"client_id": str(uuid.uuid4()), "content": "wait at the gate"}

    with world.changed(do=WAIT_AT_COMMIT, undo=GO_ON):
        async with world.http(alice) as http:
            with world.transaction() as gate:
                gate.execute("select pg_advisory_xact_lock(%s)", [GATE])
                posting = asyncio.create_task(http.post(f"/rooms/{room}/messages", json=body))
                await until_waiting(world)
                answered_early = posting.done()

            answer = await posting

    assert not answered_early
    assert (answer.status_code, answer.json()["seq"]) == (201, 1)


async def test_another_connection_sees_the_row_as_soon_as_the_ack_is_there(world):
    alice = world.person()
    room = world.room(alice)
    seen = []

    async with world.client(alice) as sender:
        for number in range(100):
            ack = await sender.say(room, f"number {number}")
            seen.append(
                (
                    ack["seq"],
                    world.rows(
                        "select content from message where room_id = %s and seq = %s",
                        room,
                        ack["seq"],
                    ),
                )
            )

    assert seen == [(number + 1, [(f"number {number}",)]) for number in range(100)]


@pytest.mark.promise(number=1)
async def test_the_writer_commits_synchronously(world):
    alice = world.person()
    room = world.room(alice)
    spy = """
        create table spied (setting text);
        create function spy() returns trigger language plpgsql as $$
        begin
            insert into spied values (current_setting('synchronous_commit'));
            return null;
        end $$;
        create trigger spy after insert on message for each row
            when (new.content = 'how do you commit?') execute function spy();
    """

    with world.changed(
        do=spy, undo="drop trigger spy on message; drop function spy(); drop table spied"
    ):
        async with world.client(alice) as sender:
            ack = await sender.ask(message_frame(room, "how do you commit?"))
        settings = world.rows("select setting from spied")

    assert ack["type"] == "ack"
    assert settings == [("on",)]
