"""``/api/receipts/admin/``: staff looks at rooms and their watermarks, and at breakers."""

import uuid

import pytest

from tests.admin_pages import changeable
from tests.integration.admin_visit import FORBIDDEN, Visit, visiting
from tests.integration.lonely import lonely_process

LIST = "receipts/room/"


async def test_staff_sees_how_far_members_are_but_not_what_they_read_privately(world, staff):
    room, ann = (str(uuid.uuid4()) for _ in range(2))
    world.receipts_rows("insert into room (id, version, head) values (%s, 1, 91)", room)
    world.receipts_rows(
        "insert into watermark (room_id, user_id, present, delivered_seq, read_seq, shown_read_seq)"
        " values (%s, %s, true, 83, 72, 61)",
        *(room, ann),
    )

    listed = await staff.shown(f"{LIST}?q={room}")
    one = await staff.shown(f"{LIST}{room}/change/")

    assert room in listed
    assert f"{ann}: received up to 83, read up to 61" in one
    assert "72" not in one.partition(ann)[2].partition("</div>")[0]
    assert changeable(one) == []


@pytest.mark.parametrize("path", ["", LIST, "breakers/"])
async def test_whoever_is_not_staff_is_told_so(world, path):
    async with visiting(world, "receipts", world.person()) as http:
        refused = await http.get(path)

    assert refused.status_code == FORBIDDEN


async def test_the_breakers_of_a_process_without_its_database_are_seen_to_open(world, staff, chief):
    shown = await staff.breakers()
    with lonely_process(world, "receipts") as url:
        async with visiting(world, "receipts", chief, url=url) as http:
            visit, ask = Visit(http), f"{url}/api/receipts/rooms/{uuid.uuid4()}/watermarks"
            away = await visit.until_breaker("postgres", shows="open", ask=ask)
            page = await http.get("")

    assert set(shown) == {"postgres", "postgres-fold", "redis-publish"}
    assert away.transitions[0] == "open"
    assert "503" in away.while_open
    assert page.status_code == 503
