"""What PostgreSQL refuses, and what becomes of the messages that were in the same transaction."""

import asyncio
import contextlib

import psycopg2

from tests.integration.chat.world import WITHIN_S

NO_POISON = "alter table message add constraint no_poison check (content not like 'poison%')"
POISON_ALLOWED = "alter table message drop constraint no_poison"
FAIL_SOME_TIMES = """
    create sequence failures;
    create function fail_some_times() returns trigger language plpgsql as $$
    begin
        if nextval('failures') <= {times} then
            raise exception 'not now' using errcode = '{sqlstate}';
        end if;
        return null;
    end $$;
    create trigger fail_some_times after insert on message for each statement
        execute function fail_some_times();
"""
NO_FAILURES = (
    "drop trigger fail_some_times on message; drop function fail_some_times();"
    "drop sequence failures"
)
TERMINATE = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where application_name = 'parley-chat-writer' and datname = current_database()"
)


async def test_a_message_that_cannot_be_stored_gets_its_error_and_the_others_their_ack(world):
    people = world.people(3)
    room, other = world.room(*people), world.room(*people)
    contents = [f"{'poison' if n in {5, 17, 18, 60} else 'good'} {n}" for n in range(80)]

    with world.changed(do=NO_POISON, undo=POISON_ALLOWED):
        async with world.client(people[0], url=world.chats[0]) as sender:
            answers = await asyncio.gather(
                *(
                    sender.say(room if n % 3 else other, content)
                    for n, content in enumerate(contents)
                )
            )

    refused = [
        content
        for content, answer in zip(contents, answers, strict=True)
        if answer["type"] == "error"
    ]
    assert refused == ["poison 5", "poison 17", "poison 18", "poison 60"]
    assert {answer["code"] for answer in answers if answer["type"] == "error"} == {"bad_frame"}
    for where, first in ((room, 1), (other, 0)):
        sent = [c for n, c in enumerate(contents) if bool(n % 3) == bool(first)]
        good = [content for content in sent if content.startswith("good")]
        rows = world.stored(where)
        assert [row[2] for row in rows] == good
        assert [row[0] for row in rows] == list(range(1, len(good) + 1))


async def test_transactions_that_met_another_one_are_repeated(world):
    alice, bob = world.people(2)
    # The last one was cancelled for its slowness: twice in a row is taken for an outage.
    for sqlstate, times in (("40001", 3), ("40P01", 3), ("55P03", 3), ("57014", 1)):
        room = world.room(alice, bob)
        failing = FAIL_SOME_TIMES.format(times=times, sqlstate=sqlstate)

        with world.changed(do=failing, undo=NO_FAILURES):
            async with world.client(alice, url=world.chats[0]) as sender:
                answers = await asyncio.gather(*(sender.say(room, f"n {n}") for n in range(50)))
            tries = world.rows("select last_value from failures")

        assert {answer["type"] for answer in answers} == {"ack"}, sqlstate
        assert [answer["seq"] for answer in answers] == list(range(1, 51))
        assert len(world.stored(room)) == 50
        assert tries[0][0] > times


async def test_what_cannot_be_repeated_in_time_is_given_up_and_not_written(world):
    alice = world.person()
    room = world.room(alice)
    failing = FAIL_SOME_TIMES.format(times=10**9, sqlstate="40001")

    with world.changed(do=failing, undo=NO_FAILURES):
        async with world.client(alice, url=world.chats[0]) as sender:
            answer = await sender.say(room, "in vain")

    async with world.client(alice, url=world.chats[0]) as sender:
        later = await sender.say(room, "later")

    # ``timeout`` where the deadline came during a try: its outcome was unknown at that moment.
    assert answer["code"] in {"unavailable", "timeout"}
    assert (later["type"], later["seq"]) == ("ack", 1)


async def test_a_rival_that_locks_the_other_way_round_is_survived(world):
    alice = world.person()
    rooms = sorted(world.room(alice) for _ in range(2))

    async def both_rooms(client):
        return await asyncio.gather(*(client.say(room, "through the deadlock") for room in rooms))

    async with world.client(alice, url=world.chats[0]) as client:
        with world.transaction() as rival:
            # The writer locks in ascending order; the rival comes the other way round.
            rival.execute("select 1 from room where id = %s for update", [rooms[1]])
            sending = asyncio.create_task(both_rooms(client))
            with contextlib.suppress(psycopg2.errors.DeadlockDetected):
                await asyncio.to_thread(
                    rival.execute, "select 1 from room where id = %s for update", [rooms[0]]
                )
        answers = await sending

    assert [(answer["type"], answer["seq"]) for answer in answers] == [("ack", 1), ("ack", 1)]


async def say_until_acknowledged(client, room, content, client_id):
    """Do what every client does: send the same message again until there is an ack."""
    async with asyncio.timeout(WITHIN_S * 2):
        while True:
            answer = await client.say(room, content, client_id=client_id)
            if answer["type"] == "ack":
                return answer
            assert answer["code"] in {"unavailable", "timeout"}
            await asyncio.sleep(answer.get("retry_after", 0.1))


async def test_the_writers_connections_are_ended_under_traffic_and_nothing_is_lost_or_doubled(
    world,
):
    people = world.people(4)
    reader = world.person()
    room = world.room(*people, reader)
    ended = 0

    async def talk(person, client):
        for number in range(40):
            client_id = f"00000000-0000-4000-8000-{person:04d}{number:08d}"
            await say_until_acknowledged(client, room, f"{person} says {number}", client_id)

    async with world.clients(people) as clients, world.client(reader) as listener:
        talking = asyncio.gather(*(talk(n, client) for n, client in enumerate(clients)))
        while not talking.done():
            before = world.rows("select last_seq from room where id = %s", room)
            ended += len(world.rows(TERMINATE))
            # Again only when something was written in between: else nobody would ever get through.
            async with asyncio.timeout(WITHIN_S):
                while (
                    world.rows("select last_seq from room where id = %s", room) == before
                    and not talking.done()
                ):
                    await asyncio.sleep(0.005)
        await talking
        seqs = await listener.until_seqs(room, 160)

    rows = world.stored(room)
    assert ended > 3
    assert [row[0] for row in rows] == list(range(1, 161))
    assert len({row[1] for row in rows}) == 160
    assert seqs == list(range(1, 161))
    for person in range(4):
        said = [row[2] for row in rows if row[2].startswith(f"{person} ")]
        assert said == [f"{person} says {number}" for number in range(40)]


async def test_a_connection_that_ended_while_idle_costs_no_message(world):
    alice = world.person()
    room = world.room(alice)

    async with world.client(alice, url=world.chats[0]) as client:
        for _ in range(5):
            await client.say(room, "before")
            world.rows(TERMINATE)
            answer = await client.say(room, "after")
            assert answer["type"] == "ack", answer
