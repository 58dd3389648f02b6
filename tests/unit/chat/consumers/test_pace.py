"""What one connection may send: what is refused, what is merged, and who is closed for it."""

from services.chat.consumers.receipts import HELD_S
from services.chat.domain.closing import RATE_LIMITED
from services.chat.domain.pace import REFUSALS_BURST
from tests.unit.chat.consumers.visit import CLIENT_ID, RATES, ROOM, message


def claims(visit):
    return [(each.delivered_seq, each.read_seq) for each in visit.reporter.reported]


async def test_too_many_messages_are_refused_until_their_time_has_come(visit):
    answers = [await visit.answer(**message()) for _ in range(3)]
    visit.clock.advance(answers[2]["retry_after"])
    later = await visit.answer(**message())

    assert [answer["type"] for answer in answers] == ["ack", "ack", "error"]
    assert (answers[2]["code"], answers[2]["retry_after"]) == ("rate_limited", 1.0)
    assert answers[2]["client_id"] == CLIENT_ID
    assert later["type"] == "ack"


async def test_a_person_who_writes_too_much_elsewhere_is_refused_here(visit):
    visit.allowances.wait_s = 2.5

    answer = await visit.answer(**message())

    assert (answer["code"], answer["retry_after"]) == ("rate_limited", 2.5)
    assert visit.writer.drafts == []


async def test_too_many_keys_are_refused_and_messages_pass(visit):
    for _ in range(RATES.typing.burst):
        visit.say(type="typing", room=ROOM, is_typing=True)

    refused = await visit.answer(type="typing", room=ROOM, is_typing=True, ref="key")
    sent = await visit.answer(**message())

    assert (refused["code"], refused["ref"]) == ("rate_limited", "key")
    assert sent["type"] == "ack"


async def test_too_many_receipts_are_merged_and_none_is_refused(visit):
    for seq in range(1, 7):
        visit.say(type="delivered", room=ROOM, seq=seq)
    visit.say(type="read_receipt", room=ROOM, seq=5)
    pong = await visit.answer(type="ping")
    at_once = claims(visit)

    await visit.until(lambda: len(claims(visit)) > len(at_once), within_s=HELD_S + 5)

    assert pong["type"] == "pong"
    assert at_once == [(1, 0), (2, 0)]
    assert claims(visit)[2:] == [(5, 5), (6, 0)]


async def test_what_is_held_is_passed_on_when_the_connection_ends(visit):
    for seq in range(1, 7):
        visit.say(type="delivered", room=ROOM, seq=seq)
    await visit.answer(type="ping")

    await visit.leave()

    assert claims(visit) == [(1, 0), (2, 0), (6, 0)]


async def test_a_receipt_of_a_foreign_room_is_refused_however_fast(visit):
    for seq in range(1, 7):
        visit.say(type="delivered", room=ROOM, seq=seq)

    answer = await visit.answer(type="delivered", room="other", seq=1)

    assert answer["code"] == "permission_denied"


async def test_frames_of_any_kind_have_a_rate(visit):
    for _ in range(RATES.frames.burst):
        visit.say(type="ping")
    await visit.until(lambda: len(visit.frames) == RATES.frames.burst + 1)

    refused = await visit.answer(type="ping", ref="one more")
    visit.clock.advance(1)
    pong = await visit.answer(type="ping")

    assert (refused["code"], refused["ref"]) == ("rate_limited", "one more")
    assert pong["type"] == "pong"


async def test_bytes_have_a_rate(visit):
    content = "x" * 4_000
    while (answer := await visit.answer(type="ping", ref="big", padding=content))["type"] == "pong":
        continue

    assert answer["code"] == "rate_limited"
    assert len(visit.frames) > RATES.frame_bytes.burst / (4_000 + 100)


async def test_who_never_learns_is_closed_with_4029(visit):
    for _ in range(REFUSALS_BURST + RATES.messages.burst):
        visit.say(**message())
    await visit.until(lambda: len(visit.frames) == 1 + REFUSALS_BURST + RATES.messages.burst)
    borne = list(visit.wire.codes)

    visit.say(**message())
    await visit.until(lambda: visit.wire.codes)

    assert borne == []
    assert visit.wire.codes == [RATE_LIMITED]


async def test_who_slows_down_is_borne_for_ever(visit):
    for _ in range(REFUSALS_BURST + RATES.messages.burst):
        visit.say(**message())
    await visit.until(lambda: len(visit.frames) == 1 + REFUSALS_BURST + RATES.messages.burst)

    for _ in range(50):
        visit.clock.advance(1)
        assert (await visit.answer(**message()))["type"] == "ack"

    assert visit.wire.codes == []


async def test_what_is_malformed_is_answered_and_closes_nothing(visit):
    for _ in range(REFUSALS_BURST + 100):
        visit.say(type="typing", room=ROOM)
    await visit.until(lambda: len(visit.frames) == 1 + REFUSALS_BURST + 100)

    assert {frame["code"] for frame in visit.frames[1:]} == {"bad_frame"}
    assert visit.wire.codes == []


async def test_frames_that_cannot_be_read_count_as_well(visit):
    for _ in range(RATES.frames.burst):
        visit.events.put_nowait({"type": "websocket.receive", "text": "no JSON"})
    before = len(visit.frames) + RATES.frames.burst
    visit.events.put_nowait({"type": "websocket.receive", "text": "no JSON"})
    await visit.until(lambda: len(visit.frames) > before)

    codes = [each["code"] for each in visit.frames if each["type"] == "error"]
    assert codes == ["bad_json"] * RATES.frames.burst + ["rate_limited"]
    assert visit.frames[-1]["retry_after"] > 0
