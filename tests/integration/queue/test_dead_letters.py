"""``/api/queue/dead-letters``: what chat refused three times, for staff to look at and deal with."""

from typing import Any

import pytest

from tests.integration.queue.dead import dead_letter, ending_of, known_room
from tests.integration.waiting import until

OK, BAD, NOT_FOUND = 200, 400, 404
NOBODYS = 2**53


@pytest.fixture
async def staff(world):
    async with world.http(world.staff(), service="queue") as http:
        yield http


@pytest.fixture
async def ann(world):
    return world.person()


@pytest.fixture
async def room(world, ann):
    return await known_room(world, ann)


async def test_staff_sees_what_was_given_up_page_by_page(world, staff, ann, room):
    numbers = [dead_letter(world, ann, room, f"number {n}") for n in range(5)]
    seen: list[dict[str, Any]] = []
    after: int | None = numbers[0] - 1
    while after is not None:
        page = (await staff.get("/dead-letters", params={"after": after, "limit": 2})).json()
        assert len(page["dead_letters"]) <= 2
        seen += page["dead_letters"]
        after = page["next"]

    ours = [each for each in seen if each["room"] == room]
    assert [(each["id"], each["content"]) for each in ours] == [
        (number, f"number {n}") for n, number in enumerate(numbers)
    ]
    assert {(each["sender"], each["retry_count"], each["last_error"]) for each in ours} == {
        (ann.id, 3, "permission_denied: No member.")
    }


@pytest.mark.parametrize(
    ("query", "member"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("after=-1", "after"), ("after=x", "after")],
)
async def test_a_wrong_page_is_told_by_parameter(staff, query, member):
    refused = await staff.get(f"/dead-letters?{query}")

    assert (refused.status_code, list(refused.json()["errors"])) == (BAD, [member])


async def test_its_sender_may_hand_in_again_what_was_discarded(world, staff, ann, room):
    number = dead_letter(world, ann, room)
    await staff.delete(f"/dead-letters/{number}")
    ((client_id,),) = world.rows_of(
        "queue", "select client_id::text from queued_message where id = %s", number
    )

    async with world.http(ann, service="queue") as http:
        wish = {"room": room, "client_id": client_id, "content": "refused"}
        answer = await http.post("/outgoing", json=wish)
    await until(lambda: ending_of(world, number) == "sent", what="the message to be sent")

    assert answer.status_code == OK


@pytest.mark.parametrize("number", ["0", str(NOBODYS), "9" * 30, "x", "-1"])
async def test_what_is_not_there_is_not_found(staff, number):
    answers = [
        await staff.post(f"/dead-letters/{number}/replay"),
        await staff.delete(f"/dead-letters/{number}"),
    ]

    assert [each.status_code for each in answers] == [NOT_FOUND] * 2
    assert {each.json()["code"] for each in answers} == {"not_found"}


async def test_what_still_waits_is_no_dead_letter(world, staff, ann, room):
    number = dead_letter(world, ann, room)
    world.rows_of(
        "queue",
        "update queued_message set is_processed = false, ending = '', finished_at = null,"
        " next_retry_at = now() + interval '1 h' where id = %s",
        number,
    )

    answers = [
        await staff.post(f"/dead-letters/{number}/replay"),
        await staff.delete(f"/dead-letters/{number}"),
    ]

    assert [each.status_code for each in answers] == [NOT_FOUND] * 2
