"""What may go wrong, by its name: an index of scenarios, each short and on the real suite.

Most of it is tested in depth by the other modules here, and by those of ``tests/integration``.
"""

import asyncio
import uuid
from collections import Counter
from contextlib import AsyncExitStack, suppress

import pytest
from channels.layers import get_channel_layer

from clients.django.parley_push import PushFailed, apush_to_user
from clients.python import parley
from libs.common.control import channel_layer
from tests.background import in_background
from tests.faults.away import Frame, Visit, message, room_of, someone, stored
from tests.faults.internal_port import Insight
from tests.faults.listener import until_all_reached
from tests.faults.postgres import execute, messages_of, query, terminate_backends, transaction
from tests.faults.prober import Prober
from tests.faults.signing_in import NOT_AUTHENTICATED, signed_in
from tests.faults.stage import Stage
from tests.faults.streams import wipe
from tests.faults.ticks import all_ticks_are_right, reading
from tests.faults.waiting import WITHIN_S, until
from tests.faults.watcher import passed, watch

MANY = 20
HANGS_S = 1.0
PUSH_EVERY_S = 0.2
LOCK = "select 1 from room where id = %s for update"
WAITING_WRITERS = (
    "select count(distinct pid) from pg_stat_activity where datname = current_database()"
    " and application_name = 'parley-chat-writer' and wait_event_type = 'Lock'"
)
NO_POISON = "alter table message add constraint no_poison check (content not like 'poison%')"
POISON_ALLOWED = "alter table message drop constraint no_poison"
ANNOUNCED = """
    select first, last
      from outbox, unnest(subjects, first_seqs, last_seqs) as run (room, first, last)
     where event = 'message.created' and room = %s::uuid order by first
"""


async def visit_of(stage: Stage, chat: parley.Chat, url: str) -> Visit:
    """Open one more session of somebody at a process; it only does what it is told."""
    visit = Visit(await stage.raw(chat, url))
    await stage.spawn(visit.read())
    return visit


def answer_to(visit: Visit, client_id: str) -> Frame:
    """Return the only answer that a message got in a session."""
    (answer,) = [frame for frame in visit.of("ack", "error") if frame["client_id"] == client_id]
    return answer


async def test_websocket_connection_drops_during_message_sending(stage, pair):
    sent = [str(uuid.uuid4()) for _ in range(MANY)]
    for client_id in sent:
        stage.notes.invoked(pair.room, pair.ann.user_id, client_id, f"message {client_id}")
    dropped = await stage.raw(pair.ann, stage.urls[0])

    with transaction(stage.database_url) as holder:
        holder.execute(LOCK, [pair.room])
        for client_id in sent:
            await dropped.send(message(pair.room, client_id))
        await dropped.send({"type": "ping"})
        await dropped.receive_type("pong")  # so the server has them all
        dropped.abort()
    await until_all_reached(pair.listeners, pair.room, MANY)  # nobody is left to be told
    again = await visit_of(stage, pair.ann, stage.urls[1])
    for client_id in sent:
        await again.send(message(pair.room, client_id))
    acks = await again.until("ack", MANY)

    assert [(ack["client_id"], ack["seq"], ack["duplicate"]) for ack in acks] == [
        (client_id, seq, True) for seq, client_id in enumerate(sent, start=1)
    ]
    for ack in acks:
        stage.notes.acked(ack["client_id"], ack["seq"])
    await stage.settle(*pair.listeners, what="dropped while sending")


async def test_intermittent_connectivity_with_message_queuing(stage):
    async with AsyncExitStack() as stack:
        ann, bob = [await someone(stage.suite) for _ in range(2)]
        stack.push_async_callback(bob.chat.close)
        room = await room_of(stage.suite, ann, bob)
        chat = await stack.enter_async_context(ann.chat)

        sent: list[str] = []
        replays: list[tuple[list[Frame], int]] = []
        for is_last in (False, True):
            chat.abort()
            those = [str(uuid.uuid4()) for _ in range(3)]
            sent += those
            await until(lambda: not chat.connected, what="the connection to be lost")
            await asyncio.gather(*(chat.send(room, f"to {one}", client_id=one) for one in those))
            await bob.until_status(incoming=len(sent))
            async with bob.visit() as visit:
                replays.append(await visit.replay())
                if is_last:  # before that he leaves without saying that he has them
                    await visit.send({"type": "delivered", "room": room, "seq": len(sent)})
                    await bob.until_status(incoming=0)

    assert [client_id for *_, client_id in stored(stage.suite, room)] == sent
    assert [([frame["client_id"] for frame in frames], count) for frames, count in replays] == [
        (sent[:held], held) for held in (3, 6)
    ]


async def test_server_restart_with_connection_recovery(stage):
    ann, bob = await stage.join(), await stage.join()
    room = await stage.room_of(ann, bob)
    before = {ann.welcome.session, bob.welcome.session}

    async with stage.traffic((ann, room), (bob, room)):
        await stage.acks(MANY)
        async with stage.stopped("chat"):
            await until(lambda: not (ann.connected or bob.connected), what="both to be cut off")
        await until(lambda: ann.connected and bob.connected, what="both to be back")
        await stage.acks(MANY)

    assert before.isdisjoint({ann.welcome.session, bob.welcome.session})
    await stage.settle(what="restarted chat")


@pytest.fixture
async def push_layer(stage, settings):
    """Let this process push as any other Django project does."""
    settings.CHANNEL_LAYERS = {"parley": channel_layer(stage.suite.state.redis_url)}
    yield
    await get_channel_layer("parley").flush()


async def keep_pushing(user: str) -> None:
    """Push to somebody again and again."""
    while True:
        with suppress(PushFailed):
            await apush_to_user(user, "tests.found", 1)
        await asyncio.sleep(PUSH_EVERY_S)


@pytest.mark.usefixtures("push_layer")
async def test_redis_channel_layer_failures_with_fallback_behaviour(stage, pair):
    insight = Insight(stage.suite.process("chat", index=0))
    lost = await insight.total("parley_signals_lost_total", type="revoked")
    pushed = await stage.raw(pair.bob)

    async with signed_in(stage) as sign_in, stage.stopped("redis"):
        with pytest.raises(PushFailed):
            await apush_to_user(pair.bob.user_id, "tests.lost", 1)
        seqs = [await stage.say(pair.ann, pair.room) for _ in range(MANY)]
        await until_all_reached(pair.listeners, pair.room, seqs[-1])  # from PostgreSQL
        await sign_in.sign_out(stage.urls[0])
        codes = await sign_in.close_codes()
        await insight.until_total("parley_signals_lost_total", lost + 1, type="revoked")

    async with in_background(keep_pushing(pair.bob.user_id)):
        found = await pushed.receive_type("custom", WITHIN_S)

    assert codes == [NOT_AUTHENTICATED] * len(stage.urls)
    assert found["name"] == "tests.found"
    await stage.settle(*pair.listeners, what="no channel layer")


async def test_database_connection_timeouts_during_message_persistence(stage, pair):
    name = "postgres-writer"
    insight = Insight(stage.suite.process("chat", index=0))
    socket = await stage.raw(pair.ann, stage.urls[0])
    prober = Prober(stage.notes, socket, user=pair.ann.user_id, room=pair.room)
    await prober.ask()
    opened = await insight.total("parley_breaker_transitions_total", breaker=name, to="open")

    async with stage.hung("postgres"):
        on_its_way = await prober.ask()
        await insight.until_total(
            "parley_breaker_transitions_total", opened + 1, breaker=name, to="open"
        )
        known_to_be_away = await prober.ask()
    acks = [await prober.ask_until_acked(client_id) for client_id in prober.sent]
    again = [await prober.ask_again(client_id) for client_id in prober.sent]

    assert on_its_way["code"] == "timeout"
    assert known_to_be_away["code"] == "unavailable"
    assert known_to_be_away["retry_after"] > 0
    assert [(one["seq"], one["duplicate"]) for one in again] == [(one["seq"], True) for one in acks]
    await stage.settle(*pair.listeners, what="connection timeouts")


async def test_concurrent_write_conflicts_with_proper_locking(stage, pair):
    both = [await visit_of(stage, pair.ann, url) for url in stage.urls]
    sent = [str(uuid.uuid4()) for _ in range(MANY)]
    for client_id in sent:
        stage.notes.invoked(pair.room, pair.ann.user_id, client_id, f"message {client_id}")

    with transaction(stage.database_url) as rival:
        rival.execute(LOCK, [pair.room])
        for visit, order in zip(both, (sent, sent[::-1]), strict=True):
            for client_id in order:
                await visit.send(message(pair.room, client_id))
        await until(
            lambda: query(stage.database_url, WAITING_WRITERS) == [(len(both),)],
            what="both processes to wait for the room",
        )
    for visit in both:
        await visit.until("ack", MANY)

    pairs = [[answer_to(visit, client_id) for visit in both] for client_id in sent]
    assert [one["seq"] for one, _ in pairs] == [other["seq"] for _, other in pairs]
    assert sorted(one["seq"] for one, _ in pairs) == list(range(1, MANY + 1))
    assert [one["duplicate"] ^ other["duplicate"] for one, other in pairs] == [True] * MANY
    for client_id, (ack, _) in zip(sent, pairs, strict=True):
        stage.notes.acked(client_id, ack["seq"])
    await stage.settle(*pair.listeners, what="concurrent writes")


async def test_transaction_rollback_scenarios(stage):
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[0])
    room = await stage.room_of(ann, bob)
    visit = await visit_of(stage, ann, stage.urls[0])
    sent = {
        str(uuid.uuid4()): f"{'poison' if number == 7 else 'good'} {number}"
        for number in range(MANY)
    }
    good = [content for content in sent.values() if content.startswith("good")]
    await until(lambda: query(stage.database_url, ANNOUNCED, room) == [], what="no news")

    execute(stage.database_url, NO_POISON)
    try:
        async with stage.hung("redis"):  # so that the outbox keeps what was announced
            for client_id, content in sent.items():
                await visit.send(message(room, client_id, content))
            await until(
                lambda: len(visit.of("ack", "error")) == MANY, what="an answer to each message"
            )
            runs = query(stage.database_url, ANNOUNCED, room)
    finally:
        execute(stage.database_url, POISON_ALLOWED)

    refused = [sent[frame["client_id"]] for frame in visit.of("error")]
    rows = messages_of(stage.database_url, [room])
    head = query(stage.database_url, "select last_seq from room where id = %s", room)
    announced = [seq for first, last in runs for seq in range(first, last + 1)]
    assert refused == ["poison 7"]
    assert visit.of("error")[0]["code"] == "bad_frame"
    assert [row.content for row in rows] == good
    assert [row.seq for row in rows] == list(range(1, len(good) + 1)) == announced
    assert head == [(len(good),)]


async def test_data_consistency_verification_after_failures(stage, pair):
    eve = await someone(stage.suite)  # who is never there
    await eve.chat.close()
    await pair.ann.group_room("All", [pair.bob.user_id, eve.id])
    watcher = await watch(stage, pair.bob, stage.urls[1])

    async with reading(pair.places):
        async with stage.traffic(*pair.places):
            await asyncio.to_thread(wipe, stage.suite.state.redis_url)
            await stage.acks(MANY)
            await asyncio.to_thread(terminate_backends, stage.database_url)
            await stage.acks(MANY)
            hung = stage.hung("postgres"), stage.hung("redis"), stage.hung_process(stage.urls[0])
            for hanging in hung:
                async with hanging:
                    await passed(HANGS_S)
                await stage.acks(MANY)
        await stage.settle(*pair.listeners, what="all kinds of failures")
        await all_ticks_are_right(stage, pair.places)

    rows = messages_of(stage.database_url, [pair.room])
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert set(Counter(row.client_id for row in rows).values()) == {1}
    await until(lambda: stage.outbox_rows() == 0, what="the outbox to be empty")
    await watcher.until(pair.ann.user_id, "online")
    await watcher.until(eve.id, "offline")
