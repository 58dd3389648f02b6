"""What a talk shows and sends."""

import httpx
import pytest

from clients.python import parley
from clients.python.parley.pending import RETRIES
from clients.python.terminal.lines import plain
from tests.unit.clients.python.fakes import problem
from tests.unit.clients.python.terminal.stage import ROOMS, opened, sent
from tests.waiting import until


async def test_an_own_message_waits_above_the_prompt_until_it_has_its_place(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    waiting = stage.above
    await stage.peer.acknowledge(frame, 4)
    await stage.shows("you ✓ hello")

    assert [line.strip() for line in waiting] == ["you … hello"]
    assert stage.above == []


async def test_a_stored_message_behind_a_hole_is_marked_but_not_placed(stage):
    await opened(stage)
    frame = await sent(stage, "hello")
    await stage.peer.acknowledge(frame, 5)
    await until(lambda: [line.strip() for line in stage.above] == ["you ✓ hello"])
    before = list(stage.screen.lines)
    await stage.peer.message("r", 4)
    await stage.shows("you ✓ hello")

    assert not any("hello" in line for line in before)
    assert [line.split()[-1] for line in stage.screen.lines[-2:]] == ["4", "hello"]


async def test_a_refused_message_says_why_and_can_be_sent_again_under_its_id(stage):
    await opened(stage)
    first = await sent(stage, "hello")
    await stage.peer.say(type="error", code="permission_denied", ref=first["ref"], message="No.")
    await stage.shows("you ! hello")
    await stage.shows("Not sent: No.")
    again = await sent(stage, "/retry")
    await stage.peer.acknowledge(again, 4)
    await stage.shows("you ✓ hello")

    assert again["client_id"] == first["client_id"]


async def test_a_queued_message_has_a_sign_of_its_own_until_it_is_stored(stage, web):
    web.answer("POST /api/chat/rooms/r/messages", lambda request: problem(503, "unavailable"))
    web.answer("POST /api/queue/outgoing", lambda request: httpx.Response(202))
    await opened(stage)
    frame = await sent(stage, "hello")
    await stage.peer.say(type="error", code="unavailable", ref=frame["ref"])
    await until(lambda: [line.strip() for line in stage.above] == ["you ↻ hello"])
    bar = plain(stage.view.bar(stage.chat.state, 0))
    await stage.peer.acknowledge(frame, 4, ref=None)
    await stage.shows("you ✓ hello")

    assert "1 on its way" in bar
    assert stage.above == []


async def test_what_nothing_takes_is_shown_as_failed_and_goes_with_a_retry(stage, web):
    web.answer("POST /api/chat/rooms/r/messages", lambda request: problem(503, "unavailable"))
    await opened(stage)
    frame = await sent(stage, "hello")
    for _ in range(RETRIES):
        await stage.peer.say(type="error", code="unavailable", ref=frame["ref"])
        frame = await stage.peer.hear("retry")
    await stage.peer.say(type="error", code="unavailable", ref=frame["ref"])
    await stage.shows("you ! hello")
    await stage.shows("/retry tries it now.")
    early = stage.model.waiting()
    again = await sent(stage, "/retry")
    await stage.peer.acknowledge(again, 4)
    await stage.shows("you ✓ hello")

    assert [one.content for one in early] == ["hello"]
    assert again["client_id"] == frame["client_id"]
    assert not stage.talk.sending.any_refused


async def test_a_message_written_while_offline_is_sent_later(stage, server):
    await opened(stage)
    stage.chat.abort()
    await until(lambda: not stage.chat.connected)
    stage.type("hello")
    await until(lambda: len(stage.above) == 1)
    peer = await server.accept(*ROOMS)
    frame = await peer.hear("message")
    await peer.acknowledge(frame, 4)

    await stage.shows("you ✓ hello")


async def test_a_room_is_opened_with_what_is_new_below_a_line_and_reported_as_read(stage):
    await opened(stage)
    receipt = await stage.peer.hear("read_receipt")

    texts = [line.strip("─ ") for line in stage.screen.lines]
    assert texts[0] == "Bob (@bob)"
    assert texts[1] == "3 new"
    assert (receipt["room"], receipt["seq"]) == ("r", 3)


async def test_a_message_of_another_room_is_one_quiet_line(stage):
    await opened(stage)
    await stage.peer.message("t", 1)
    await stage.shows("» [2] Team, bob: text 1")

    assert "│" not in stage.screen.lines[-1]


async def test_what_one_writes_elsewhere_on_another_device_is_not_told(stage):
    await opened(stage)
    await stage.peer.message("t", 1, sender="me")
    await stage.peer.message("t", 2)
    await stage.shows("» [2] Team, bob: text 2")

    assert not any("text 1" in line for line in stage.screen.lines if "»" in line)


async def test_a_message_that_history_brought_is_not_shown_again(stage):
    stage.type("/open 3")
    await stage.shows("bob │ text 3")
    await stage.peer.message("late", 3)
    await stage.peer.message("late", 4)
    await stage.shows("bob │ text 4")

    assert sum("text 3" in line for line in stage.screen.lines) == 1


async def test_nothing_is_sent_where_no_room_is_open(stage):
    stage.type("hello")
    await stage.shows("Open a conversation first")
    assert stage.talk.sending.any_refused
    await opened(stage)
    first = await sent(stage, "here")

    assert first["content"] == "here"


async def test_what_is_too_long_is_not_sent_at_all(stage):
    await opened(stage)
    stage.type("x" * 4097)

    await stage.shows("Not sent: 4097 characters, and 4096 are the most.")
    assert stage.above == []


async def test_being_removed_closes_the_room(stage):
    await opened(stage)
    await stage.peer.say(type="room", id="r", removed=True)
    await stage.shows("You are no longer in Bob.")
    await stage.peer.say(**ROOMS[0], type="room")
    await until(lambda: "r" in stage.chat.rooms)

    assert plain(stage.view.prompt()) == "no conversation >"


async def test_leaving_with_unsent_messages_has_to_be_said_twice(stage):
    await opened(stage)
    await sent(stage, "hello")
    stage.type(None)
    await stage.shows("Not everything is sent yet.")
    early = list(stage.ended)
    stage.type("/quit")
    await until(lambda: bool(stage.ended))

    assert early == []
    assert stage.ended == [None]


async def test_a_server_that_does_not_answer_a_command_ends_nothing(stage, web):
    web.answer("GET /api/chat/rooms/r/messages", lambda request: problem(503, "unavailable"))
    stage.type("/open 1")
    await stage.shows("The server cannot be reached at the moment.")

    assert plain(stage.view.prompt()) == "no conversation >"
    assert stage.ended == []


async def test_the_end_of_the_chat_ends_the_talk_with_its_error(stage):
    await stage.peer.connection.close(1009)
    await until(lambda: bool(stage.ended))

    assert isinstance(stage.ended[0], parley.Closed)


@pytest.mark.parametrize("line", ["/history many", "/reply x y"])
async def test_a_number_that_is_none_is_explained(stage, line):
    await opened(stage)
    stage.type(line)

    await stage.shows("Like this: /")


async def test_an_answer_names_what_it_answers(stage):
    await opened(stage)
    frame = await sent(stage, "/reply #2  yes,  indeed")

    assert (frame["reply_to"], frame["content"]) == (2, "yes,  indeed")
