"""``/status``, ``/stats`` and ``/dead-letters`` without PostgreSQL."""

import pytest

from tests.unit.queue.api.house import ANN, ROOM, STATUS


async def test_one_is_told_what_waits_for_oneself(house, ann):
    response = await ann.get("/status", params={"user": ROOM})

    assert response.json() == STATUS
    assert house.database.asked == [ANN]


async def test_staff_is_told_what_waits_altogether(staff):
    response = await staff.get("/stats")

    assert response.json() == STATUS | {
        "incoming_rows": 5,
        "retries": 6,
        "dead_letters": 7,
        "sessions": 8,
    }


async def test_dead_letters_come_page_by_page(house, staff):
    house.database.dead = [1, 2, 3, 5, 8]
    pages: list[list[int]] = []
    after: int | None = 0
    while after is not None:
        page = (await staff.get("/dead-letters", params={"after": after, "limit": 2})).json()
        pages.append([each["id"] for each in page["dead_letters"]])
        after = page["next"]

    assert pages == [[1, 2], [3, 5], [8]]


@pytest.mark.parametrize(
    ("query", "member"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("after=-1", "after"), ("after=x", "after")],
)
async def test_a_wrong_page_is_told_by_parameter(staff, query, member):
    response = await staff.get(f"/dead-letters?{query}")

    assert (response.status_code, list(response.json()["errors"])) == (400, [member])


async def test_dead_letters_are_replayed_at_once_and_discarded(house, staff):
    house.database.dead = [7]

    answers = [await staff.post("/dead-letters/7/replay"), await staff.delete("/dead-letters/7")]

    assert [each.status_code for each in answers] == [204, 204]
    assert house.database.asked == [("replay", 7), ("discard", 7)]
    assert house.submissions.pokes == 1


@pytest.mark.parametrize("number", ["8", "x", "-1", "9" * 30])
async def test_what_is_no_dead_letter_is_not_found(house, staff, number):
    house.database.dead = [7]

    answers = [
        await staff.post(f"/dead-letters/{number}/replay"),
        await staff.delete(f"/dead-letters/{number}"),
    ]

    assert [each.status_code for each in answers] == [404] * 2
    assert {each.json()["code"] for each in answers} == {"not_found"}
    assert house.submissions.pokes == 0
