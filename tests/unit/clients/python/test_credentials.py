"""Who we are: tokens, their renewal, and what becomes of them where that fails."""

import asyncio
import itertools

import httpx
import pytest

from clients.python import parley
from clients.python.parley.credentials import FIRST_PAUSE_S, LONGEST_PAUSE_S, Credentials
from clients.python.parley.http import Http
from clients.python.parley.pending import Draft
from tests.unit.clients.python import fakes

ROOMS = "GET /api/chat/rooms"
TOKEN = "POST /api/chat/auth/token"
SESSION = "GET /api/chat/auth/session"
QUEUE = "POST /api/queue/outgoing"


@pytest.fixture
def away(web):
    """Chat renews nothing; the queue service takes what it gets."""
    web.answer(SESSION, lambda request: fakes.problem(503, "unavailable"))
    web.answer(QUEUE, lambda request: httpx.Response(202))
    return web


async def test_a_token_near_its_end_is_renewed_by_the_session(web, clock, credentials):
    early = await credentials.bearer()
    clock.advance(480)

    late = await credentials.bearer()

    assert (early, late) == ("t1", "t2")
    assert web.asked[-1].headers["Authorization"] == "Bearer t1"
    assert web.count(SESSION) == 1


async def test_a_session_that_is_over_is_begun_anew_with_the_password(web, clock, credentials):
    web.answer(SESSION, lambda request: fakes.problem(401, "unauthenticated"))
    clock.advance(700)

    await credentials.bearer()

    assert web.count(TOKEN) == 2


async def test_without_a_password_the_end_of_the_session_is_told(web, http, clock):
    credentials = Credentials(http, clock=clock)
    credentials.adopt("t0")
    web.answer(SESSION, lambda request: fakes.problem(401, "unauthenticated"))

    with pytest.raises(parley.Unauthenticated):
        await credentials.bearer()


async def test_a_401_renews_the_token_and_repeats_the_request_once(web, api):
    answers = iter([fakes.problem(401, "unauthenticated"), httpx.Response(200, json={"rooms": []})])
    web.answer(ROOMS, lambda request: next(answers))

    rooms = [room async for room in api.rooms()]

    asked = [one for one in web.asked if one.url.path == "/api/chat/rooms"]
    assert rooms == []
    assert [one.headers["Authorization"] for one in asked] == ["Bearer t1", "Bearer t2"]


async def test_no_cookie_is_kept(web, http, clock):
    cookie = {"Set-Cookie": "sessionid=1; Path=/"}
    web.answer("POST /api/chat/auth/register", lambda request: httpx.Response(201, headers=cookie))
    credentials = Credentials(http, clock=clock, username="alice", password="secret")

    await credentials.register("Alice")

    assert web.count(TOKEN) == 1
    assert "Cookie" not in web.asked[-1].headers


async def test_many_who_meet_an_old_token_renew_it_once(web, clock, credentials):
    clock.advance(700)

    tokens = await asyncio.gather(*(credentials.bearer() for _ in range(5)))

    assert set(tokens) == {"t2"}
    assert web.count(SESSION) == 1


async def test_a_token_that_fits_into_no_header_is_none(http, clock):
    credentials = Credentials(http, clock=clock)

    with pytest.raises(parley.Unauthenticated):
        credentials.adopt("…")


async def test_a_token_that_cannot_be_renewed_yet_is_used_until_its_end(away, clock, api):
    clock.advance(480)
    queued = await api.queue_outgoing(Draft(room="r", content="hi"))
    clock.advance(105)
    again = await api.queue_outgoing(Draft(room="r", content="hi"))
    sent = [one.headers["Authorization"] for one in away.asked if "queue" in one.url.path]
    clock.advance(5)

    with pytest.raises(parley.Unavailable):
        await api.queue_outgoing(Draft(room="r", content="hi"))

    assert (queued, again) == (True, True)
    assert sent == ["Bearer t1", "Bearer t1"]


async def test_a_renewal_that_fails_is_tried_again_ever_more_rarely(away, clock, credentials):
    tries = []
    clock.advance(480)
    for _ in range(1050):
        before = away.count(SESSION)
        await credentials.bearer()
        if away.count(SESSION) > before:
            tries.append(clock.now)
        clock.advance(0.1)

    pauses = [round(later - earlier) for earlier, later in itertools.pairwise(tries)]
    assert pauses[:4] == [FIRST_PAUSE_S, 4, 8, LONGEST_PAUSE_S]
    assert set(pauses[4:]) == {LONGEST_PAUSE_S}


async def test_once_renewed_the_next_failure_begins_with_a_short_pause(web, clock, credentials):
    outage = itertools.cycle([fakes.problem(503, "unavailable"), None])
    web.answer(SESSION, lambda request: next(outage) or web.new_session(request))
    clock.advance(480)
    failed = await credentials.bearer()
    clock.advance(FIRST_PAUSE_S)
    renewed = await credentials.bearer()
    clock.advance(480)
    await credentials.bearer()

    assert (failed, renewed) == ("t1", "t2")
    assert credentials.renew_in_s == FIRST_PAUSE_S


async def test_nobody_waits_for_a_renewal_that_hangs_while_the_token_is_good(web, clock):
    asked, going_on = asyncio.Event(), asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/session"):
            asked.set()
            await going_on.wait()
        answer: httpx.Response = web.handle(request)
        return answer

    http = Http("http://parley.test", transport=httpx.MockTransport(handle))
    credentials = Credentials(http, clock=clock, username="alice", password="secret")
    await credentials.sign_in()
    clock.advance(480)
    first = asyncio.create_task(credentials.bearer())
    await asked.wait()
    meanwhile = await credentials.bearer()
    going_on.set()

    assert meanwhile == "t1"
    assert await first == "t2"


async def test_the_end_of_a_session_is_told_though_its_token_would_last(web, clock, credentials):
    for what in (SESSION, TOKEN):
        web.answer(what, lambda request: fakes.problem(401, "unauthenticated"))
    clock.advance(480)

    for _ in range(2):
        with pytest.raises(parley.Unauthenticated):
            await credentials.bearer()
