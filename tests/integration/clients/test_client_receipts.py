"""The library's receipts, with the real services behind them."""

import asyncio

from clients.python import parley
from services.chat.domain.status import LOOKS
from tests.integration.clients.terminal import WITHIN_S
from tests.integration.waiting import until


async def test_what_one_reports_the_other_sees_over_the_socket_and_over_http(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    only_read = parley.Options(automatic_receipts=False)
    async with (
        await parley.with_token(world.url, ann.token) as anns,
        await parley.with_token(world.url, bob.token, only_read) as bobs,
        await parley.with_token(world.url, bob.token, only_read) as phone,
    ):
        room = (await anns.direct_room(bob.username)).id
        first, second = await anns.send(room, "one"), await anns.send(room, "two")
        await until(lambda: bobs.cursor(room) == second.seq and room in phone.rooms)
        before = anns.progress(room, first.seq)
        moves = anns.moves()
        bobs.read(room, first.seq)
        async with asyncio.timeout(WITHIN_S):
            while anns.progress(room, first.seq) is not parley.Progress.READ:
                assert (await moves.next()).room == room
        between = anns.progress(room, second.seq)
        await bobs.api.report_receipts(room, delivered_seq=second.seq)
        await until(lambda: anns.progress(room, second.seq) is parley.Progress.DELIVERED)
        await until(lambda: phone.rooms[room].read_seq == first.seq)
        marks = {one.user: one async for one in anns.api.receipts(room)}
        who = {one.user: one async for one in anns.api.message_receipts(room, second.seq)}

    assert (before.value, between.value) == ("sent", "sent")
    assert (marks[bob.id].delivered_seq, marks[bob.id].read_seq) == (second.seq, first.seq)
    assert (who[bob.id].delivered, who[bob.id].read, who[bob.id].read_at) == (True, False, None)
    assert who[bob.id].delivered_at is not None


async def test_a_person_and_the_looks_of_the_states_are_asked_for(world):
    ann = world.person("Ann")
    async with await parley.with_token(world.url, ann.token) as chat:
        before = await chat.api.me()
        after = await chat.api.change_me(send_read_receipts=False)
        looks = await chat.api.statuses()

    assert (before.user.id, before.send_read_receipts) == (ann.id, True)
    assert after.send_read_receipts is False
    assert {state: look.sign for state, look in looks.items()} == {
        state.value: look.sign for state, look in LOOKS.items()
    }
