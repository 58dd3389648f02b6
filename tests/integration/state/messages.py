"""What happens to messages and receipts."""

import asyncio
import contextlib
import uuid

from clients.python import parley
from clients.python.parley.pending import Draft
from tests.integration.state.device import TO_CHAT, Device
from tests.integration.state.stage import Stage
from tests.integration.waiting import until


async def somebody_writes(s: Stage) -> None:
    await s.say(s.anns, s.direct)


async def many_write_at_once(s: Stage) -> None:
    room = await s.group()
    await asyncio.gather(*(s.say(chat, room) for chat in (s.anns, s.bobs, s.mine) * 4))


async def one_writes_here(s: Stage) -> None:
    for room in (s.direct, await s.group()):
        s.device.chat.outgoing.queue_outgoing_message(room, "mine")


async def one_writes_here_without_the_socket(s: Stage) -> None:
    await s.device.chat.post(s.direct, "mine")


async def one_writes_elsewhere(s: Stage) -> None:
    await s.say(s.mine, s.direct, "mine, from elsewhere")


async def the_same_is_sent_twice(s: Stage) -> None:
    first = await s.device.chat.send(s.direct, "once")
    again = await s.device.chat.send(s.direct, "once", client_id=first.client_id)
    assert (again.seq, again.duplicate) == (first.seq, True)


async def an_answer_is_written(s: Stage) -> None:
    seq = await s.say(s.anns, s.direct)
    await s.until_held(s.direct, seq)
    await s.device.chat.send(s.direct, "indeed", reply_to=seq)


async def what_one_writes_is_refused(s: Stage) -> None:
    strange = (await s.anns.api.create_room("direct", [s.bob.id])).id
    s.device.chat.outgoing.queue_outgoing_message(strange, "let me in")


async def what_is_queued_is_stored(s: Stage) -> None:
    s.device.unreachable = (TO_CHAT,)
    await s.device.chat.post(s.direct, "by the queue")


async def what_is_queued_is_given_up(s: Stage) -> None:
    used = str(uuid.uuid4())
    await s.mine.api.send(Draft(room=s.direct, content="the first", client_id=used))
    s.device.unreachable = (TO_CHAT,)
    await s.beside(posted_in_vain(s.device, s.direct, client_id=used))
    await until_given_up(s, used)


async def posted_in_vain(device: Device, room: str, *, client_id: str) -> None:
    with contextlib.suppress(parley.ParleyError):
        await device.chat.post(room, "another", client_id=client_id, timeout_s=600)


async def until_given_up(s: Stage, client_id: str) -> None:
    """Wait until the queue service has given a message up."""
    sql = "select 1 from queued_message where client_id = %s and ending = 'failed'"
    await until(lambda: s.world.rows_of("queue", sql, client_id), what="queue to give up")


async def somebody_receives_and_reads(s: Stage) -> None:
    seq = await s.say(s.mine, s.direct)
    await s.anns.api.report_receipts(s.direct, delivered_seq=seq)
    await s.anns.api.report_receipts(s.direct, read_seq=max(seq - s.choice.randint(0, 1), 1))


async def some_of_a_group_receive_and_read(s: Stage) -> None:
    room = await s.group()
    seq = await s.say(s.mine, room)
    await s.anns.api.report_receipts(room, read_seq=seq)
    await s.bobs.api.report_receipts(room, delivered_seq=seq)


async def some_of_a_big_group_receive_and_read(s: Stage) -> None:
    room = await s.big_group()
    seq = await s.say(s.anns, room)
    await s.bobs.api.report_receipts(room, delivered_seq=seq)
    await s.mine.api.report_receipts(room, read_seq=seq)


async def everybody_of_a_big_group_receives(s: Stage) -> None:
    room = await s.big_group(33)
    seq = await s.say(s.mine, room)
    for person in (s.ann, s.bob, *s.crowd(33)):
        s.world.advance(room, person, seq, 0)


async def one_reads_here(s: Stage) -> None:
    seq = await s.say(s.anns, s.direct)
    await s.until_held(s.direct, seq)
    s.device.chat.read(s.direct)


async def one_reads_elsewhere(s: Stage) -> None:
    for room in (s.direct, await s.group()):
        seq = await s.say(s.anns, room)
        await s.mine.api.report_receipts(room, read_seq=seq)


async def somebody_reads_in_private(s: Stage) -> None:
    await s.anns.api.change_me(send_read_receipts=False)
    await somebody_receives_and_reads(s)
    await s.anns.api.change_me(send_read_receipts=True)


async def one_reads_in_private(s: Stage) -> None:
    await s.mine.api.change_me(send_read_receipts=False)
    await one_reads_elsewhere(s)
    await s.mine.api.change_me(send_read_receipts=True)


EVENTS = (
    somebody_writes,
    many_write_at_once,
    one_writes_here,
    one_writes_here_without_the_socket,
    one_writes_elsewhere,
    the_same_is_sent_twice,
    an_answer_is_written,
    what_one_writes_is_refused,
    what_is_queued_is_stored,
    what_is_queued_is_given_up,
    somebody_receives_and_reads,
    some_of_a_group_receive_and_read,
    some_of_a_big_group_receive_and_read,
    everybody_of_a_big_group_receives,
    one_reads_here,
    one_reads_elsewhere,
    somebody_reads_in_private,
    one_reads_in_private,
)
