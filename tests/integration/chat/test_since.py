"""The way to a day: the page of a room that begins with the first message of a time."""

import datetime as dt

import pytest

from tests.integration.chat.groups import opened, say

DAYS = 4
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
async def room(world):
    """A room with three messages on each other day, all at noon."""
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    for number in range(3 * DAYS):
        await say(world, alice, room, str(number))
    with world.transaction() as cursor:
        cursor.execute(
            "update message set created_at = %s + (seq - 1) / 3 * interval '2 days'"
            " where room_id = %s",
            [NOON, room],
        )
    return alice, room


def day(number, **later):
    return NOON + dt.timedelta(days=number, **later)


async def page_since(world, person, room, since, **more):
    async with world.http(person) as http:
        query = {"since": since.isoformat(), **more}
        answer = (await http.get(f"/rooms/{room}/messages", params=query)).raise_for_status().json()
    return [message["seq"] for message in answer["messages"]], answer["has_more"]


async def test_a_page_begins_with_the_first_message_of_its_time(world, room):
    alice, room = room
    for number in range(DAYS):
        first = 3 * number + 1
        for since in (day(2 * number), day(2 * number, seconds=-1), day(2 * number - 1)):
            seqs, _ = await page_since(world, alice, room, since, limit=3)
            assert seqs == [first, first + 1, first + 2]


async def test_before_all_is_the_beginning_and_after_all_is_nothing(world, room):
    alice, room = room
    beginning = await page_since(world, alice, room, dt.datetime(1, 1, 1, tzinfo=dt.UTC), limit=2)
    nothing = await page_since(world, alice, room, dt.datetime(9999, 12, 31, tzinfo=dt.UTC))

    assert beginning == ([1, 2], True)
    assert nothing == ([], False)


async def test_the_same_moment_elsewhere_is_the_same_moment(world, room):
    alice, room = room
    elsewhere = day(2).astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))

    assert await page_since(world, alice, room, elsewhere, limit=1) == ([4], True)


async def test_who_joined_later_reads_nothing_from_before_by_it(world, room):
    alice, room = room
    (late,) = world.people(1)
    async with world.http(alice) as http:
        await http.post(f"/rooms/{room}/members", json={"members": [late.id]})
    await say(world, alice, room, "after")

    assert await page_since(world, late, room, NOON) == ([3 * DAYS + 1], False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-03-01"}, "since"),
        ({"since": "2026-03-01T12:00:00"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-03-01T12:00:00Z", "before": 3}, "since"),
        ({"since": "2026-03-01T12:00:00Z", "after": 3}, "since"),
        ({"before": 3, "after": 1}, "after"),
    ],
)
async def test_what_is_no_place_is_refused(world, room, query, field):
    alice, room = room
    async with world.http(alice) as http:
        answer = await http.get(f"/rooms/{room}/messages", params=query)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


async def test_a_stranger_is_refused(world, room):
    _, room = room
    (stranger,) = world.people(1)
    async with world.http(stranger) as http:
        answer = await http.get(f"/rooms/{room}/messages", params={"since": NOON.isoformat()})

    assert answer.status_code == 403
