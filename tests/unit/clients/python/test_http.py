"""HTTP: errors, typed answers."""

import json

import httpx
import msgspec
import pytest

from clients.python import parley
from clients.python.parley.pending import Draft
from services.chat.domain.status import LOOKS
from tests.unit.clients.python import fakes

ROOMS = "GET /api/chat/rooms"


async def test_rooms_are_read_page_by_page(web, api):
    def page(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        more = {"rooms": [fakes.room("b")], "next": None}
        return httpx.Response(
            200, json=more if after == "a" else {"rooms": [fakes.room("a")], "next": "a"}
        )

    web.answer(ROOMS, page)

    assert [room.id async for room in api.rooms()] == ["a", "b"]


async def test_a_second_send_of_a_draft_says_that_it_was_a_duplicate(web, api):
    statuses = iter([201, 200])
    web.answer(
        "POST /api/chat/rooms/r/messages",
        lambda request: httpx.Response(next(statuses), json=fakes.message("r", 4)),
    )
    draft = Draft(room="r", content="hi")

    first, second = await api.send(draft), await api.send(draft)

    assert [duplicate for _, duplicate in (first, second)] == [False, True]
    assert first[0] == second[0]


async def test_a_long_poll_says_what_is_known_and_how_long_it_would_wait(web, api):
    left = {"type": "room", **fakes.room("gone"), "removed": True}
    answer = {"messages": [], "statuses": [], "rooms": [], "changed": [left]}
    web.answer("POST /api/chat/sync", lambda request: httpx.Response(200, json=answer))

    missing = await api.sync({"r": 4}, wait_s=25, versions={"r": 2})

    body = json.loads(web.asked[-1].content)
    assert body == {"cursors": {"r": 4}, "wait_s": 25, "versions": {"r": 2}}
    assert web.asked[-1].extensions["timeout"]["read"] > body["wait_s"]
    assert [(room.id, room.removed) for room in missing.changed] == [("gone", True)]


async def test_a_problem_document_becomes_its_exception(web, api):
    web.answer(
        ROOMS,
        lambda request: fakes.problem(
            400, "bad_frame", detail="wrong", errors={"after": ["unknown"]}, retry_after=3
        ),
    )

    with pytest.raises(parley.BadFrame) as caught:
        await anext(api.rooms())

    assert caught.value.fields == {"after": ["unknown"]}
    assert caught.value.retry_after_s == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, parley.Unavailable), (504, parley.Timeout), (418, parley.ParleyError)],
)
async def test_an_answer_of_a_gateway_has_a_class_too(web, api, status, kind):
    page = httpx.Response(status, text="<html>", headers={"Retry-After": "7"})
    web.answer(ROOMS, lambda request: page)

    with pytest.raises(kind) as caught:
        await anext(api.rooms())

    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError, parley.Unavailable),
        (httpx.ProxyError, parley.Unavailable),
        (httpx.UnsupportedProtocol, parley.Unavailable),
        (httpx.ReadTimeout, parley.Timeout),
        (httpx.DecodingError, parley.Timeout),
        (httpx.TooManyRedirects, parley.Timeout),
    ],
)
async def test_no_connection_and_no_answer_are_told_apart(web, api, failure, kind):
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("broken", request=request)

    web.answer(ROOMS, fail)

    with pytest.raises(kind):
        await anext(api.rooms())


async def test_an_answer_that_cannot_be_unpacked_leaves_the_outcome_unknown(web, api):
    web.answer(ROOMS, lambda request: fakes.not_packed(200))

    with pytest.raises(parley.Timeout):
        await anext(api.rooms())


async def test_an_answer_that_is_not_of_the_protocol_is_told_as_such(web, api):
    web.answer(ROOMS, lambda request: httpx.Response(200, text="hello"))

    with pytest.raises(parley.Internal, match="/api/chat/rooms"):
        await anext(api.rooms())


async def test_a_bug_of_the_server_is_told_with_the_id_in_its_log(web, api):
    web.answer(ROOMS, lambda request: fakes.problem(500, "internal", detail="Oh", error_id="e1"))

    with pytest.raises(parley.Internal, match=r"Oh \(e1\)"):
        await anext(api.rooms())


async def test_what_is_wrong_stands_in_the_traceback_too(web, api):
    wrong = {"username": ["Too short.", "Taken."], "password": ["Too common."]}
    web.answer(ROOMS, lambda request: fakes.problem(400, "bad_frame", detail="No.", errors=wrong))

    with pytest.raises(parley.BadFrame) as refused:
        await anext(api.rooms())

    told = "bad_frame: No. (username: Too short. Taken.; password: Too common.)"
    assert str(refused.value) == told


async def test_who_has_what_is_read_page_by_page(web, api):
    def marks(request: httpx.Request) -> httpx.Response:
        user, after = ("eve", None) if "after" in request.url.params else ("bob", "bob")
        mark = {"user": user, "delivered_seq": 5, "read_seq": 4}
        return httpx.Response(200, json={"members": [mark], "next": after})

    def receipts(request: httpx.Request) -> httpx.Response:
        user, after = ("eve", None) if "after" in request.url.params else ("bob", "bob")
        times = {"delivered_at": fakes.DAY, "read_at": None}
        one = {"user": user, "delivered": True, "read": user == "bob", **times}
        return httpx.Response(200, json={"members": [one], "next": after})

    web.answer("GET /api/receipts/rooms/r", marks)
    web.answer("GET /api/receipts/rooms/r/messages/5", receipts)

    room = [one async for one in api.receipts("r")]
    message = [one async for one in api.message_receipts("r", 5)]

    assert [(one.user, one.delivered_seq, one.read_seq) for one in room] == [
        ("bob", 5, 4),
        ("eve", 5, 4),
    ]
    assert [(one.user, one.read, one.read_at) for one in message] == [
        ("bob", True, None),
        ("eve", False, None),
    ]
    assert message[0].delivered_at is not None


async def test_only_the_marks_that_are_given_are_reported(web, api):
    web.answer("POST /api/chat/rooms/r/receipts", lambda request: httpx.Response(202))

    await api.report_receipts("r", delivered_seq=5)
    await api.report_receipts("r", delivered_seq=5, read_seq=4)

    assert [json.loads(one.content) for one in web.asked[1:]] == [
        {"delivered_seq": 5},
        {"delivered_seq": 5, "read_seq": 4},
    ]


async def test_one_may_keep_to_oneself_what_one_reads(web, api):
    def me(request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content) if request.content else {"send_read_receipts": True}
        return httpx.Response(200, json={"user": {"id": "me"}, **given})

    web.answer("GET /api/chat/me", me)
    web.answer("PATCH /api/chat/me", me)

    before = await api.me()
    after = await api.change_me(send_read_receipts=False)

    assert (before.send_read_receipts, after.send_read_receipts) == (True, False)


async def test_a_picture_is_sent_as_it_is_and_taken_away(web, api):
    me = {"user": {"id": "me", "avatar": "v1"}, "a member of later": 1}
    web.answer("PUT /api/chat/me/avatar", lambda request: httpx.Response(200, json=me))
    web.answer("DELETE /api/chat/me/avatar", lambda request: httpx.Response(204))

    shown = await api.show_picture(b"\x89PNG\xff")
    await api.hide_picture()

    assert shown.user.avatar == "v1"
    assert [one.content for one in web.asked[-2:]] == [b"\x89PNG\xff", b""]


async def test_the_looks_of_the_states_are_those_of_the_server(web, api):
    table = {state.value: msgspec.to_builtins(look) for state, look in LOOKS.items()}
    web.answer(
        "GET /api/chat/statuses", lambda request: httpx.Response(200, json={"statuses": table})
    )

    looks = await api.statuses()

    assert {state: msgspec.to_builtins(look) for state, look in looks.items()} == table


async def test_a_message_is_left_to_the_queue_and_was_new_only_once(web, api):
    statuses = iter([202, 200])
    web.answer("POST /api/queue/outgoing", lambda request: httpx.Response(next(statuses)))
    draft = Draft(room="r", content="hi", reply_to=3)

    new = [await api.queue_outgoing(draft) for _ in range(2)]

    assert new == [True, False]
    assert json.loads(web.asked[-1].content) == {
        "room": "r",
        "client_id": draft.client_id,
        "content": "hi",
        "reply_to": 3,
    }


async def test_what_waits_in_the_queue_is_told_by_number(web, api):
    told = {"incoming": 5, "outgoing": 2, "retry": 1, "oldest_at": fakes.DAY, "expired_total": 7}
    web.answer("GET /api/queue/status", lambda request: httpx.Response(200, json=told))

    status = await api.get_queue_status()

    assert (status.incoming, status.outgoing, status.retry, status.expired_total) == (5, 2, 1, 7)
    assert status.oldest_at is not None
