"""What happens while the device is away, or its network loses something."""

import asyncio
import contextlib
import signal

from clients.python.parley.frames import Reconnect
from tests.integration.chat.narrow_chat import extra_chat
from tests.integration.state.company import until_typing
from tests.integration.state.stage import Stage
from tests.integration.waiting import WITHIN_S, until

SWIFT = {"DRAIN_DELAY_S": "0.2", "DRAIN_S": "1"}
"""How a process ends that need not wait for a load balancer."""


async def one_is_away_for_a_moment(s: Stage) -> None:
    await s.device.lose_network()
    await s.device.find_network()


async def much_is_missed(s: Stage) -> None:
    await s.device.lose_network()
    for room in (s.direct, await s.group()):
        for number in range(4):
            await s.say(s.anns, room, f"missed {number}")
    await s.device.find_network()


async def what_is_missed_was_received_elsewhere(s: Stage) -> None:
    await s.device.lose_network()
    seq = await s.say(s.anns, s.direct)
    await s.mine.api.report_receipts(s.direct, delivered_seq=seq)
    await until_folded(s, "delivered_seq", seq)
    await s.device.find_network()


async def until_folded(s: Stage, mark: str, seq: int) -> None:
    """Wait until chat has a watermark of mine in the direct room."""
    sql = "select delivered_seq, read_seq from member where room_id = %s and user_id = %s"
    place = ("delivered_seq", "read_seq").index(mark)
    await until(lambda: s.world.rows(sql, s.direct, s.me.id)[0][place] == seq, what=mark)


async def more_is_missed_than_one_answer_holds(s: Stage) -> None:
    await _missed(s, count=620, age="1 hour")


async def what_is_missed_is_too_old(s: Stage) -> None:
    await _missed(s, count=80, age="8 days")
    assert s.device.chat.gaps


async def _missed(s: Stage, *, count: int, age: str) -> None:
    """Have the device come back to a room that was empty, and is full of messages of an age."""
    room = await s.new_group()
    await s.until_known(room)
    await s.device.lose_network()
    s.world.fill(room, s.ann, count, age=age)
    await s.device.find_network()
    await until(lambda: s.device.chat.cursor(room) == count, what="what was missed")


async def rooms_change_while_one_is_away(s: Stage) -> None:
    renamed, left = await s.group(), await s.new_group()
    await s.until_known(left)
    await s.say(s.anns, left)
    await s.device.lose_network()
    await s.anns.api.change_room(renamed, name="Meanwhile")
    s.groups.remove(left)
    await s.anns.api.remove_member(left, s.me.id)
    await s.new_group()
    await s.device.find_network()


async def one_leaves_and_joins_again_while_away(s: Stage) -> None:
    room = await s.group()
    await s.say(s.anns, room)
    await s.device.lose_network()
    await s.mine.api.remove_member(room, s.me.id)
    await s.say(s.anns, room, "without me")
    await s.anns.api.add_members(room, [s.me.id])
    await s.say(s.anns, room, "again")
    await s.device.find_network()


async def one_writes_while_away(s: Stage) -> None:
    await s.device.lose_network()
    for number in range(3):
        s.device.chat.outgoing.queue_outgoing_message(s.direct, f"later {number}")
        await s.say(s.anns, s.direct)
    await s.device.find_network()


async def a_message_gets_lost(s: Stage) -> None:
    s.device.to_lose = 2
    for number in range(4):
        await s.say(s.anns, s.direct, f"lossy {number}")


async def one_catches_up_over_http(s: Stage) -> None:
    await s.device.lose_network(but_for_http=True)
    seq = await s.say(s.anns, s.direct)
    await s.mine.api.report_receipts(s.direct, read_seq=seq)
    await until_folded(s, "read_seq", seq)
    room = await s.group()
    await s.anns.api.change_room(room, name="Caught up")
    await s.device.chat.catch_up()
    assert s.device.chat.rooms[room].name == "Caught up"
    assert s.device.chat.rooms[s.direct].read_seq == seq
    await s.device.find_network()


async def others_come_and_type_while_one_is_away(s: Stage) -> None:
    await s.device.lose_network()
    chat = await s.come(s.ann)
    await s.goes_on(lambda: chat.type(s.direct))
    await s.device.find_network()
    await until_typing(s)


async def ones_sign_in_has_to_be_renewed(s: Stage) -> None:
    before = s.device.chat.welcome.session
    too_long_ago = "update sign_in set renewed_at = now() - interval '1 hour' where id = %s"
    s.world.rows(too_long_ago, s.me.sid)
    await until(lambda: not s.device.chat.connected, what="the session to be closed")
    await s.say(s.anns, s.direct)
    await s.device.connected_anew(before)


async def the_process_that_serves_one_restarts(s: Stage) -> None:
    with contextlib.ExitStack() as stack:
        extra = await asyncio.to_thread(stack.enter_context, extra_chat(s.world, SWIFT))
        await s.device.move_to(extra.url)
        before, heard = s.device.chat.welcome.session, s.device.chat.frames()
        s.device.socket_url = s.world.url
        extra.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            while not isinstance(await heard.next(), Reconnect):
                pass
        await s.say(s.anns, s.direct)
        await s.device.connected_anew(before)


EVENTS = (
    one_is_away_for_a_moment,
    much_is_missed,
    what_is_missed_was_received_elsewhere,
    more_is_missed_than_one_answer_holds,
    what_is_missed_is_too_old,
    rooms_change_while_one_is_away,
    one_leaves_and_joins_again_while_away,
    one_writes_while_away,
    a_message_gets_lost,
    one_catches_up_over_http,
    others_come_and_type_while_one_is_away,
    ones_sign_in_has_to_be_renewed,
    the_process_that_serves_one_restarts,
)
