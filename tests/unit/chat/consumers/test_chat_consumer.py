import pytest

from libs.common.errors import Unavailable
from libs.common.events import UserRevoked
from services.chat.domain.activity import SILENT_AFTER_S
from services.chat.hub.company import NoCompany
from tests.unit.chat.consumers.visit import CLIENT_ID, ROOM, Visit, message


class Newcomers(NoCompany):
    """Keeps who was announced."""

    def __init__(self):
        self.came = []

    def opened(self, session):
        self.came.append(session)


async def test_the_handshake_is_accepted_and_the_first_frame_is_welcome(visit):
    [welcome] = visit.frames

    assert visit.sent == [{"type": "websocket.accept"}]
    assert welcome["type"] == "welcome"
    assert [(room["id"], room["last_seq"]) for room in welcome["rooms"]] == [(ROOM, 7)]


@pytest.mark.parametrize("token", ["bad", "signed out"])
async def test_who_cannot_sign_in_is_accepted_and_closed_with_4001(token):
    visit = Visit(token)

    await visit.until(lambda: visit.wire.codes)
    await visit.leave()

    assert visit.sent == [{"type": "websocket.accept"}]
    assert (visit.wire.codes, visit.frames, visit.hub.all_sessions()) == ([4001], [], [])


@pytest.mark.parametrize("behind", ["arrivals_of", "heads_of"])
async def test_who_signs_out_while_coming_in_is_closed_and_seen_by_nobody(behind):
    visit = Visit()
    company = visit.hub.company = Newcomers()
    signed_out = UserRevoked(user="alice", sids=("sid",))
    visit.database.meanwhile[behind] = lambda: visit.hub.on_revoked(signed_out)

    await visit.until(lambda: visit.wire.codes)
    await visit.leave()

    assert (visit.wire.codes, visit.frames, visit.hub.all_sessions()) == ([4001], [], [])
    assert company.came == []


async def test_who_comes_while_the_database_is_down_is_closed_as_overloaded():
    visit = Visit()
    visit.database.down = True

    await visit.until(lambda: visit.wire.codes)
    await visit.leave()

    assert (visit.wire.codes, visit.hub.all_sessions()) == ([4503], [])


async def test_a_message_goes_to_the_writer_and_its_ack_repeats_what_was_given(visit):
    ack = await visit.answer(**message(client_id=CLIENT_ID.upper(), ref="mine"))

    [draft] = visit.writer.drafts
    assert (draft.sender, draft.client_id, draft.room) == ("alice", CLIENT_ID, ROOM)
    assert (ack["type"], ack["client_id"], ack["ref"]) == ("ack", CLIENT_ID.upper(), "mine")
    assert draft.session == visit.hub.all_sessions()[0].id


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unavailable(retry_after_s=1), "unavailable"), (ZeroDivisionError(), "internal")],
)
async def test_an_error_is_answered_and_the_connection_lives_on(visit, error, code):
    visit.writer.error = error

    answer = await visit.answer(**message(ref="mine"))
    pong = await visit.answer(type="ping", ref="still there")

    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "mine")
    assert answer["client_id"] == CLIENT_ID
    assert (pong["type"], pong["ref"], visit.wire.codes) == ("pong", "still there", [])


@pytest.mark.parametrize("frame", ["delivered", "read_receipt", "typing"])
async def test_what_is_said_of_a_foreign_room_is_refused(visit, frame):
    foreign = await visit.answer(type=frame, room="other", seq=1, is_typing=True)
    visit.say(type=frame, room=ROOM, seq=1, is_typing=True)
    pong = await visit.answer(type="ping")

    assert foreign["code"] == "permission_denied"
    assert (pong["type"], len(visit.frames)) == ("pong", 3)


async def test_a_binary_frame_closes_with_1003(visit):
    visit.events.put_nowait({"type": "websocket.receive", "bytes": b"{}"})

    await visit.until(lambda: visit.wire.codes)

    assert visit.wire.codes == [1003]


async def test_who_has_gone_is_forgotten():
    visit = Visit()
    await visit.until(lambda: visit.frames)

    await visit.leave()

    assert visit.hub.all_sessions() == []


async def test_typing_is_told_and_ends_with_the_message(visit):
    visit.say(type="typing", room=ROOM, is_typing=True)
    await visit.answer(**message())

    told = [(each.room, each.user, each.is_typing) for each in visit.teller.told]
    assert told == [(ROOM, "alice", True), (ROOM, "alice", False)]


async def test_a_key_that_is_said_to_be_released_ends_it(visit):
    visit.say(type="typing", room=ROOM, is_typing=True)
    visit.say(type="typing", room=ROOM, is_typing=False)
    await visit.answer(type="ping")

    assert [each.is_typing for each in visit.teller.told] == [True, False]


async def test_activity_is_announced_where_it_is_news(visit):
    for state in ("away", "away", "active"):
        visit.say(type="activity", state=state)
    await visit.answer(type="ping")

    assert len(visit.changed) == 2
    assert [each.is_away for each in visit.changed] == [False, False]  # the same session, now


async def test_nobody_types_where_they_are_no_member(visit):
    refused = await visit.answer(type="typing", room="foreign", is_typing=True)

    assert (refused["code"], visit.teller.told) == ("permission_denied", [])


async def test_who_was_removed_types_there_no_more(visit):
    [session] = visit.hub.all_sessions()
    session.seats[ROOM].until = 7

    refused = await visit.answer(type="typing", room=ROOM, is_typing=True)

    assert (refused["code"], visit.teller.told) == ("permission_denied", [])


@pytest.mark.parametrize(
    ("frame", "is_human"),
    [
        (message(), True),
        ({"type": "read_receipt", "room": ROOM, "seq": 7}, True),
        ({"type": "typing", "room": ROOM, "is_typing": True}, True),
        ({"type": "typing", "room": ROOM, "is_typing": False}, False),
        ({"type": "delivered", "room": ROOM, "seq": 7}, False),
        ({"type": "typing", "room": "foreign", "is_typing": True}, False),
        ({"type": "ping"}, False),
    ],
    ids=["message", "read", "key", "no key", "delivered", "foreign key", "ping"],
)
async def test_what_only_a_person_does_brings_back_who_fell_silent(visit, frame, is_human):
    [session] = visit.hub.all_sessions()
    session.activity.act(visit.clock.monotonic())
    visit.clock.advance(SILENT_AFTER_S)
    session.activity.fall_silent(visit.clock.monotonic())

    visit.say(**frame)
    await visit.answer(type="ping")

    assert visit.changed == ([session] if is_human else [])
