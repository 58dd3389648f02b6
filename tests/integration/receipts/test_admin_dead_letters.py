"""``/api/receipts/admin/dead-letters/``: staff decides on what a consumer group gave up."""

import re
import uuid

import pytest
from redis import Redis

from libs.common.events import Receipt, ReceiptsReported, encode
from libs.common.streams.entries import FIELD
from libs.common.streams.names import dead_letter_key, stream_key
from services.receipts.store import CHAT_RECEIPTS, GROUP
from tests.integration.admin_visit import FORBIDDEN, Visit, visiting
from tests.integration.waiting import until

PAGE = "dead-letters/"
STREAM = stream_key(CHAT_RECEIPTS)
KEY = dead_letter_key(STREAM, GROUP)


@pytest.fixture
def redis(world):
    with Redis.from_url(world.suite.state.redis_url, decode_responses=True) as redis:
        yield redis


def bury(redis, packed):
    """Put a letter where the group would have; return its id."""
    fields = {
        "id": "1-0",
        "reason": "ValueError: <b>bad</b>",
        "first_failed_at": "2026-03-01T12:00:00.000Z",
        f"original:{FIELD.decode()}": packed,
    }
    return redis.xadd(KEY, fields)


def claim(room, user, seq):
    receipt = Receipt(room, user, seq, seq, 1_772_366_400_000, None)
    return encode([ReceiptsReported(receipts=[receipt])]).decode()


async def decide(staff, what, *ids):
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', await staff.shown(PAGE))
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "key": KEY, "what": what, "id": list(ids)}
    return await staff.http.post(PAGE, data=form)


async def test_letters_are_shown_without_what_they_carry(world, staff, redis):
    user = str(uuid.uuid4())
    letter = bury(redis, claim(str(uuid.uuid4()), user, 7))

    index, shown = await staff.shown(), await staff.shown(PAGE)
    await decide(staff, "discard", letter)

    assert 'href="/api/receipts/admin/dead-letters/"' in index
    assert f'value="{letter}"' in shown
    assert "receipts.reported" in shown
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt;" in shown
    assert user not in shown


async def test_a_letter_is_replayed_and_handled(world, staff, redis):
    ann = world.person()
    room = world.room(ann)
    world.fill(room, ann, 3)
    world.tell(room)
    mark = "select delivered_seq from watermark where room_id = %s and user_id = %s"
    await until(lambda: world.receipts_rows(mark, room, ann.id), what="the room to be known")
    letter = bury(redis, claim(room, ann.id, 3))

    answer = await decide(staff, "replay", letter)

    assert "1 of 1: replay." in answer.text
    await until(
        lambda: world.receipts_rows(mark, room, ann.id) == [(3,)], what="the claim to be folded"
    )
    assert redis.xrange(KEY, min=letter, max=letter) == []


async def test_what_is_gone_already_is_passed_over(staff, redis):
    letter, other = bury(redis, "[]"), bury(redis, "[]")
    await decide(staff, "discard", letter)

    answer = await decide(staff, "replay", letter)
    await decide(staff, "discard", other)

    assert "0 of 1: replay." in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {"key": KEY, "what": "delete", "id": "1-0"},
        {"key": "parley:epoch", "what": "discard", "id": "1-0"},
        {"key": KEY, "what": "discard", "id": "x"},
        {},
    ],
)
async def test_what_cannot_be_decided_is_refused(staff, redis, form):
    letter = bury(redis, "[]")
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', await staff.shown(PAGE))
    assert token is not None

    answer = await staff.http.post(PAGE, data={**form, "csrfmiddlewaretoken": token[1]})
    await decide(staff, "discard", letter)

    assert answer.status_code == 400


async def test_a_foreign_page_decides_nothing(staff, redis):
    letter = bury(redis, "[]")

    refused = await staff.http.post(PAGE, data={"key": KEY, "what": "discard", "id": letter})

    assert refused.status_code == FORBIDDEN
    assert len(redis.xrange(KEY, min=letter, max=letter)) == 1
    await decide(staff, "discard", letter)


@pytest.mark.parametrize("service", ["chat", "presence", "queue", "receipts"])
async def test_each_service_has_the_page_for_staff_alone(world, chief, service):
    async with visiting(world, service, chief) as http:
        shown = await Visit(http).shown(PAGE)
    async with visiting(world, service, world.person()) as http:
        refused = await http.get(PAGE)

    assert f"group {service}" in shown
    assert refused.status_code == FORBIDDEN
