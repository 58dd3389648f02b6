"""``/api/queue/outgoing`` without PostgreSQL: what may be handed in."""

import pytest

from libs.common.errors import ClientIdReused, PermissionDenied, Timeout
from services.queue.actions.outgoing import Wish
from tests.unit.queue.api.house import ANN, ROOM, SECRET, wish


async def test_a_message_is_queued_in_the_name_of_who_asks(house, ann):
    asked = wish(reply_to=3, sender="somebody else", attempt=2)

    first = await ann.post("/outgoing", json=asked)
    again = await ann.post("/outgoing", json=asked)

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == {"client_id": asked["client_id"], "room": ROOM}
    assert house.submissions.pokes == 2
    assert house.database.asked[0] == Wish(
        sender=ANN, room=ROOM, client_id=asked["client_id"], content="hello", reply_to=3
    )


async def test_a_client_id_in_capitals_is_the_same_one(house, ann):
    asked = wish()

    await ann.post("/outgoing", json=asked)
    again = await ann.post("/outgoing", json=asked | {"client_id": asked["client_id"].upper()})

    assert again.status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [(PermissionDenied(), 403), (ClientIdReused(), 409), (Timeout(), 504)],
    ids=["403", "409", "504"],
)
async def test_what_the_queue_refuses_is_a_problem(house, ann, error, status):
    house.database.fails = error

    response = await ann.post("/outgoing", json=wish())

    assert (response.status_code, response.json()["code"]) == (status, error.code)
    assert house.submissions.pokes == 0


@pytest.mark.parametrize("room", ["", "a room", ROOM.upper(), f"{{{ROOM}}}", "\0", "x" * 1000])
async def test_what_is_no_room_is_as_one_of_others(house, ann, room):
    response = await ann.post("/outgoing", json=wish(room=room))

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert house.database.asked == []


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n\t\u3000"}, "content"),
        ({"content": "a\0b"}, "content"),
        ({"content": "x" * 4097}, "content"),
        ({"content": None}, "content"),
        ({"client_id": "1"}, "client_id"),
        ({"client_id": f"{{{ROOM}}}"}, "client_id"),
        ({"client_id": ROOM.replace("-", "")}, "client_id"),
        ({"reply_to": 0}, "reply_to"),
        ({"reply_to": 2**53}, "reply_to"),
        ({"reply_to": 1.5}, "reply_to"),
        ({"reply_to": True}, "reply_to"),
        ({"reply_to": "1"}, "reply_to"),
        ({"room": None}, "room"),
    ],
)
async def test_what_is_wrong_is_told_by_member(house, ann, changes, member):
    response = await ann.post("/outgoing", json=wish(**changes))

    assert (response.status_code, response.json()["code"]) == (400, "bad_frame")
    assert list(response.json()["errors"]) == [member]
    assert house.database.asked == []


@pytest.mark.parametrize("missing", ["room", "client_id", "content"])
async def test_what_is_missing_is_told_by_member(ann, missing):
    asked = wish()
    del asked[missing]

    response = await ann.post("/outgoing", json=asked)

    assert (response.status_code, list(response.json()["errors"])) == (400, [missing])


async def test_the_longest_content_may_be_of_characters_that_take_four_bytes(ann):
    response = await ann.post("/outgoing", json=wish(content="🙂" * 4096))

    assert response.status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b'{"content": "\\ud800"}', "bad_json"),
        (b'{"reply_to": NaN}', "bad_json"),
        (b"[" * 50_000, "bad_json"),
        (b'"text"', "bad_frame"),
        (b"", "bad_frame"),
    ],
    ids=["half", "no UTF-8", "half a character", "NaN", "deep", "text", "empty"],
)
async def test_what_is_no_object_is_refused(ann, body, code):
    response = await ann.post("/outgoing", content=body)

    assert (response.status_code, response.json()["code"]) == (400, code)


async def test_a_body_over_the_limit_is_refused_before_anybody_asks_by_whom(nobody):
    response = await nobody.post("/outgoing", content=b"x" * (64 * 1024 + 1))

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_writes_nothing(house, page, content_type):
    del page.headers["X-CSRFToken"]
    response = await page.post(
        "/outgoing",
        content=f"csrfmiddlewaretoken={SECRET}&room={ROOM}&content=x",
        headers={"Content-Type": content_type},
    )

    assert (response.status_code, response.json()["code"]) == (400, "bad_json")
    assert house.database.asked == []
