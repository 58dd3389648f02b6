"""The client without a network: frames in, commands out."""

from typing import Any

import msgspec
import pytest

from clients.python.parley import frames
from clients.python.parley.commands import Delivered, SendMessage, Sync
from clients.python.parley.core import Core
from clients.python.parley.errors import (
    BadFrame,
    ClientIdReused,
    Internal,
    NotAcknowledged,
    TooLarge,
    Unavailable,
)
from clients.python.parley.outcomes import Sent
from clients.python.parley.pending import Draft, Road
from tests.unit.clients.python import fakes


def welcome(*rooms: Any, **members: Any) -> frames.Welcome:
    me = {"id": "me", "username": "alice"}
    frame = {"protocol": 1, "session": "s", "user": me, "rooms": rooms, **members}
    return msgspec.convert({"type": "welcome", **frame}, frames.Welcome)


def message(seq: int, sender: str = "bob", **members: Any) -> frames.Message:
    return msgspec.convert({**fakes.message("r", seq, sender), **members}, frames.Message)


def ack(command: Any, seq: int) -> frames.Ack:
    return frames.Ack(
        client_id=command.client_id,
        room=command.room,
        id=f"{command.room}.{seq}",
        seq=seq,
        created_at=message(seq).created_at,
        ref=command.ref,
    )


def error(code: str, ref: str, **members: Any) -> frames.Error:
    return frames.Error(code=code, ref=ref, **members)


@pytest.fixture
def core() -> Core:
    """A core that is online, with room r begun at 3, and for which nothing waits in the queue."""
    core = Core(random=lambda: 0.0)
    core.receive(welcome(fakes.room("r", last_seq=3, delivered_seq=3)), 0)
    core.receive(frames.Drained(), 0)
    core.take_output()
    return core


def send(core: Core, content: str = "hi", **how: Any) -> list[Any]:
    core.send(Draft(room="r", content=content), **{"now": 0, "deadline": 30, **how})
    return core.take_output().commands


def test_an_acknowledgement_fills_its_own_seq(core):
    [command] = send(core)
    core.receive(message(5), 0)
    held = core.take_output()

    core.receive(ack(command, 4), 0)
    output = core.take_output()

    assert held.messages == []
    assert [(one.seq, one.content) for one in output.messages] == [(4, "hi"), (5, "text 5")]
    assert isinstance(output.settled[0].outcome, Sent)
    assert not core.rooms.has_holes


def test_an_own_message_from_the_room_settles_a_send_whose_ack_was_lost(core):
    [command] = send(core)
    core.disconnected(1)

    core.receive(message(4, sender="me", client_id=command.client_id, content="hi"), 2)
    output = core.take_output()

    sent = output.settled[0].outcome
    assert isinstance(sent, Sent)
    assert (sent.seq, sent.duplicate) == (4, True)


def test_a_message_that_overtakes_the_answer_to_its_request_is_no_duplicate(core):
    core.send(Draft(room="r", content="hi"), now=0, deadline=30, by_socket=False)
    [request] = core.take_output().requests
    stored = message(4, sender="me", client_id=request.draft.client_id, content="hi")

    core.receive(stored, 1)
    [settled] = core.take_output().settled
    core.posted(request, stored, 2, duplicate=False)
    later = core.take_output()

    assert (settled.outcome.seq, settled.outcome.duplicate) == (4, False)
    assert (later.settled, later.messages) == ([], [])


@pytest.mark.parametrize("road", ["room", "queue"])
def test_what_another_device_wrote_under_the_same_client_id_settles_nothing(core, road):
    [command] = send(core)
    theirs = message(4, sender="me", client_id=command.client_id, content="hi", reply_to=2)

    if road == "room":
        core.receive(theirs, 1)
    else:
        core.receive(msgspec.structs.replace(ack(command, 4), ref=None), 1)
    meanwhile = core.take_output()
    core.receive(error("client_id_reused", command.ref), 2)
    [settled] = core.take_output().settled

    assert (meanwhile.settled, meanwhile.outgoing) == ([], [])
    assert [one.reply_to for one in meanwhile.messages] == ([2] if road == "room" else [])
    assert isinstance(settled.outcome, ClientIdReused)


def test_a_lost_connection_sends_the_same_client_id_again_after_welcome(core):
    [first] = send(core)
    core.disconnected(1)
    offline = core.take_output().commands

    core.receive(welcome(fakes.room("r", last_seq=3, delivered_seq=3)), 2)
    again = core.take_output().commands

    assert offline == []
    assert again == [first]
    assert isinstance(first, SendMessage)


def test_nothing_is_sent_before_welcome():
    core = Core(random=lambda: 0.0)

    assert send(core) == []


def test_an_outage_goes_on_over_http_and_a_refusal_is_told(core):
    [command] = send(core)
    core.receive(error("unavailable", command.ref, retry_after=1), 0)
    [request] = core.take_output().requests

    core.outbox.missed(request, BadFrame(fields={"content": ["blank"]}), 1)
    [settled] = core.take_output().settled

    assert (request.road, request.draft.client_id) == (Road.HTTP, command.client_id)
    assert isinstance(settled.outcome, BadFrame)
    assert settled.outcome.fields == {"content": ["blank"]}


def test_what_chat_stored_over_http_is_given_out_and_settles_its_send(core):
    [command] = send(core)
    core.receive(error("unavailable", command.ref), 0)
    [request] = core.take_output().requests

    stored = message(4, sender="me", client_id=command.client_id)
    core.posted(request, stored, 1, duplicate=False)
    output = core.take_output()

    assert output.messages == [stored]
    assert [(one.outcome.seq, one.outcome.duplicate) for one in output.settled] == [(4, False)]


def test_what_the_queue_gave_up_is_told_to_its_sender_and_overridden_by_an_ack(core):
    core.send(Draft(room="r", content="hi"), now=0, deadline=1e9, is_kept=True)
    [command] = core.take_output().commands
    core.receive(error("unavailable", command.ref), 0)
    [request] = core.take_output().requests
    core.outbox.missed(request, Unavailable(), 0)
    core.tick(0)
    [request] = core.take_output().requests
    core.outbox.queued(request, 0)
    given_up = {"room": "r", "client_id": command.client_id}

    core.receive(frames.Failed(code="internal", message="No.", **given_up), 1)
    failed = core.take_output()
    core.receive(msgspec.structs.replace(ack(command, 4), ref=None), 2)
    stored = core.take_output()

    assert [str(one.outcome) for one in failed.settled] == ["internal: No."]
    assert isinstance(failed.settled[0].outcome, Internal)
    assert [one.standing.value for one in failed.outgoing] == ["queued", "failed"]
    assert [one.standing.value for one in stored.outgoing] == ["sent"]
    assert [one.seq for one in stored.messages] == [4]
    assert len(core.outbox) == 0


def test_a_send_is_given_up_at_its_deadline(core):
    send(core, deadline=30)

    core.tick(29.9)
    before = core.take_output().settled
    core.tick(30)
    [settled] = core.take_output().settled

    assert before == []
    assert isinstance(settled.outcome, NotAcknowledged)
    assert not core.busy


def test_a_frame_over_the_servers_limit_is_not_sent(core):
    with pytest.raises(TooLarge):
        core.send(Draft(room="r", content="x" * 70_000), now=0, deadline=30)

    assert core.take_output().commands == []


def test_heads_of_welcome_are_fetched_page_by_page(core):
    core.disconnected(1)
    core.receive(welcome(fakes.room("r", last_seq=6, delivered_seq=3)), 2)
    core.receive(frames.Drained(), 2.1)
    [first] = core.take_output().commands
    core.receive(message(4), 3)
    core.receive(message(5), 3)

    core.receive(
        frames.Synced(
            rooms=[frames.SyncedRoom(room="r", first_seq=4, last_seq=5, has_more=True)],
            ref=first.ref,
        ),
        3,
    )
    second = [one for one in core.take_output().commands if isinstance(one, Sync)]

    assert first.cursors == {"r": 3}
    assert [one.cursors for one in second] == [{"r": 5}]


def test_one_sync_is_asked_at_a_time_until_it_is_overdue(core):
    core.receive(message(9), 0)
    core.tick(0.5)
    core.tick(5)
    first = core.take_output().commands

    core.tick(11)
    second = core.take_output().commands

    assert len(first) == 1
    assert len(second) == 1


def test_a_sync_that_was_refused_is_asked_again(core):
    core.receive(message(9), 0)
    core.tick(0.5)
    [first] = core.take_output().commands

    core.receive(error("unavailable", first.ref), 1)
    core.tick(2)
    [second] = core.take_output().commands

    assert second.cursors == first.cursors


def test_only_the_contiguous_cursor_is_reported(core):
    for seq in (4, 5, 8):
        core.receive(message(seq), 0)
    core.tick(0.1)

    assert core.take_output().commands == [Delivered(room="r", seq=5)]


def test_a_cursor_above_the_servers_is_reported_again_after_welcome(core):
    core.receive(message(4), 0)
    core.tick(0.1)
    core.disconnected(1)
    core.take_output()

    core.receive(welcome(fakes.room("r", last_seq=4, delivered_seq=3)), 2)
    core.tick(2.5)

    assert core.take_output().commands == [Delivered(room="r", seq=4)]


def test_an_acknowledgement_of_a_forgotten_send_is_fetched_like_any_other_message(core):
    [command] = send(core)
    core.forget(command.ref)

    core.receive(ack(command, 4), 0)
    core.tick(0.5)

    assert [one for one in core.take_output().commands if isinstance(one, Sync)]


def test_an_idle_core_needs_no_ticks(core):
    core.tick(1)

    assert not core.busy


def test_after_a_reconnection_an_old_hole_is_asked_for_as_if_it_were_new(core):
    core.receive(message(9), 0)
    for now in range(1, 100):
        core.tick(now)
    core.disconnected(100)
    core.receive(welcome(fakes.room("r", last_seq=9, delivered_seq=3)), 100)
    core.take_output()

    core.receive(frames.Drained(), 100.1)

    assert [one for one in core.take_output().commands if isinstance(one, Sync)]


def test_the_limits_are_those_of_the_welcome(core):
    core.receive(welcome(limits={"frame_bytes": 100}), 0)

    with pytest.raises(TooLarge):
        core.send(Draft(room="r", content="x" * 100), now=0, deadline=30)


def test_a_room_that_the_next_welcome_does_not_name_was_left_meanwhile(core):
    core.disconnected(1)

    core.receive(welcome(fakes.room("s")), 2)

    assert list(core.rooms.known) == ["s"]
    assert core.rooms.cursors() == {"s": 0}


def test_a_welcome_that_does_not_name_all_rooms_ends_none(core):
    core.disconnected(1)

    core.receive(welcome(fakes.room("s"), more_rooms=True), 2)

    assert list(core.rooms.known) == ["r", "s"]


def test_a_room_that_ends_below_what_was_held_begins_anew_where_the_server_says(core):
    core.receive(message(4), 0)
    core.receive(message(5), 0)
    core.read("r", 5)
    core.disconnected(1)

    core.receive(welcome(fakes.room("r", last_seq=4, delivered_seq=2)), 2)
    core.take_output()
    core.receive(message(3), 2)
    core.receive(message(4, client_id="another life"), 2)
    core.receive(message(5, client_id="another life"), 2)

    out = core.take_output()
    assert [(one.seq, one.client_id) for one in out.messages][1:] == [
        (4, "another life"),
        (5, "another life"),
    ]
    assert core.rooms.known["r"].read_seq == 0


def test_what_came_over_http_before_a_welcome_that_does_not_know_it_is_kept(core):
    core.disconnected(1)
    core.take(message(4, "me"), 1)

    core.receive(welcome(fakes.room("r", last_seq=3, delivered_seq=3)), 2)
    core.receive(message(4, "me"), 2)

    assert [one.seq for one in core.take_output().messages] == [4]
    assert core.rooms.cursor("r") == 4


def test_who_writes_has_read_it_where_all_before_it_was_read(core):
    core.receive(welcome(fakes.room("r", last_seq=3, delivered_seq=3, read_seq=3)), 0)
    [command] = send(core)

    core.receive(ack(command, 4), 0)
    core.receive(message(5, "me"), 0)
    core.receive(message(7, "me"), 0)

    assert core.rooms.known["r"].read_seq == 5
    assert [moved.own for moved in core.take_output().moved] == [True, True]
