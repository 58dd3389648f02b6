"""What push services get, and what becomes of it: real requests, on tables of their own.

The clock is the test's, so nothing is tried again before it says so.
"""

import asyncio
import contextlib
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.keys import make_secrets
from services.queue.actions.web_push.hosts import AT_ONCE_BY_HOST, FAILURES, RESET_AFTER_S
from services.queue.actions.web_push.sender import PUSHES, Sender
from services.queue.actions.web_push.subscriptions import Subscription, subscribe
from services.queue.domain.endpoints import EndpointRules
from services.queue.domain.vapid import Vapid
from services.queue.domain.web_push import AGAIN_AFTER, LEASE, TRIES, Outcome
from tests.integration.queue.house import some_id as person
from tests.integration.queue.test_due_pushes import Pushes
from tests.integration.waiting import until
from tests.push_service import HANG, push_service

AGAIN_S = AGAIN_AFTER.total_seconds()
LONG_S = 120.0
"""Above every pause between two tries."""
HERE = EndpointRules(loopback=True)
VAPID = Vapid(make_secrets().vapid_private_key, "mailto:ops@example.org")


class Post:
    """A queue that pushes, and people who fall behind."""

    def __init__(self, house, rules, threads):
        self.house = house
        self.pushes = Pushes(house)
        self.sender = Sender(
            database=house.threads,
            clock=house.clock,
            rules=rules,
            vapid=VAPID,
            threads=threads,
        )

    async def subscribed(self, browser, user=None):
        """Let somebody have a browser; return who."""
        user, told = user or person(), browser.to_json()
        await self.house.do(
            subscribe,
            Subscription(
                user=user,
                sid=person(),
                endpoint=told["endpoint"],
                host=HERE.check(told["endpoint"]).host,
                expires_at=None,
                **told["keys"],
            ),
        )
        return user

    async def behind(self, *browsers, head=3):
        """Let everybody whose browser that is fall behind in a room; return it."""
        users = [await self.subscribed(browser) for browser in browsers]
        room = await self.house.room(*users)
        for user in users:
            await self.house.lagging(room, user, 0, head)
        await self.go_on()
        return room

    async def go_on(self, seconds=0.0):
        """Let time pass, and push what is due."""
        self.house.clock.advance(seconds)
        await self.pushes.mark()
        self.sender.poke()

    def rows(self):
        """Return of what was told up to which head, after how many tries, and whether it is due.

        What was taken and is not noted yet is left out: its time is that of its lease.
        """
        noted = """select pushed_seq, tries, due_at is not null from web_push
                    where due_at is distinct from %s"""
        return self.house.rows(noted, self.house.clock.now() + LEASE)

    async def until_rows(self, *wanted):
        """Wait until everything is noted, and it is so."""
        await until(lambda: self.rows() == [*wanted], what=lambda: f"{wanted}, not {self.rows()}")


@contextlib.asynccontextmanager
async def posting(house, rules=HERE):
    threads = ThreadPoolExecutor(4)
    post = Post(house, rules, threads)
    running = asyncio.create_task(post.sender.run())
    try:
        yield post
    finally:
        running.cancel()
        await asyncio.wait([running])
        await post.sender.stop()
        threads.shutdown()


@pytest.fixture
async def post(house):
    async with posting(house) as post:
        yield post


@pytest.fixture
async def service():
    async with push_service() as service:
        service.public_key = VAPID.public_key
        yield service


@pytest.fixture
async def other():
    async with push_service() as service:
        yield service


def counted(outcome):
    return PUSHES.labels(outcome)._value.get()


async def test_a_browser_reads_its_room_and_count_and_the_push_service_sees_neither(post, service):
    browser = service.browser()

    room = await post.behind(browser)
    await until(lambda: browser.arrived, what="a push")

    headers = browser.arrived[0].headers
    assert browser.told == [(room, 3)]
    assert (headers["urgency"], headers["content-encoding"]) == ("high", "aes128gcm")
    assert 0 < int(headers["ttl"]) <= 24 * 3600
    assert 0 < len(headers["topic"]) <= 32
    assert room not in str(headers)
    assert room.replace("-", "") not in str(headers)
    assert post.house.clock.now().timestamp() < service.last_exp
    assert service.last_exp <= (post.house.clock.now() + dt.timedelta(days=1)).timestamp()
    await post.until_rows((3, 0, False))


async def test_pushes_about_one_room_replace_each_other_and_those_of_another_do_not(post, service):
    browser = service.browser()
    first = await post.behind(browser)
    await until(lambda: browser.arrived, what="the first")
    await post.until_rows((3, 0, False))
    ((user,),) = post.house.rows("select user_id::text from push_subscription")
    second = await post.house.room(user)

    await post.house.head(first, 5)
    await post.house.lagging(second, user, 0, 1)
    await post.go_on(AGAIN_S)
    await until(lambda: len(browser.arrived) == 3, what="all")

    topics: dict[str, set[str]] = {each.told["room"]: set() for each in browser.arrived}
    for each in browser.arrived:
        topics[each.told["room"]].add(each.headers["topic"])
    assert browser.told[0] == (first, 3)
    assert set(browser.told[1:]) == {(first, 5), (second, 1)}
    assert len(topics[first] | topics[second]) == 2


async def test_who_has_caught_up_before_the_push_goes_out_is_not_told(post, service):
    browser, last = service.browser(), service.browser()
    user = await post.subscribed(browser)
    room = await post.house.room(user)
    await post.house.lagging(room, user, 0, 3)
    await post.pushes.mark()
    await post.house.caught_up(room, user, 3)

    await post.go_on()
    await post.behind(last)
    await until(lambda: last.arrived, what="a push to somebody else")

    assert (browser.arrived, service.requests) == ([], 1)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(post, service, status):
    service.answers = [status]
    await post.behind(service.browser())

    await until(
        lambda: post.house.rows("select count(*) from push_subscription") == [(0,)],
        what="the subscription to go",
    )

    assert post.house.rows("select count(*) from web_push") == [(0,)]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_what_a_push_service_cannot_take_now_comes_again_with_the_newest_count(
    post, service, status
):
    browser = service.browser()
    service.answers = [status]
    room = await post.behind(browser)
    await post.until_rows((0, 1, True))
    await post.house.head(room, 8)

    await post.go_on(LONG_S)
    await until(lambda: browser.arrived, what="the second try")

    assert browser.told == [(room, 8)]
    await post.until_rows((8, 0, False))


async def test_it_is_not_asked_again_before_the_time_that_it_asked_for(post, service):
    browser = service.browser()
    service.answers, service.answer_headers = [429], [("Retry-After", "300")]
    await post.behind(browser)
    await post.until_rows((0, 1, True))

    ((due_at,),) = post.house.rows("select due_at from web_push")

    assert due_at == post.house.clock.now() + dt.timedelta(seconds=300)


async def test_it_is_given_up_after_some_tries_and_the_next_message_begins_anew(post, service):
    browser = service.browser()
    service.answers = [503] * TRIES
    room = await post.behind(browser)
    for tries in range(1, TRIES):
        await post.until_rows((0, tries, True))
        await post.go_on(LONG_S)
    await post.until_rows((3, 0, False))
    assert browser.arrived == []

    await post.house.head(room, 4)
    await post.go_on(LONG_S)
    await until(lambda: browser.arrived, what="the next message")

    assert browser.told == [(room, 4)]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413])
async def test_what_is_refused_is_not_tried_again_and_no_redirect_followed(
    post, service, other, status
):
    browser = service.browser()
    service.answers = [status]
    service.answer_headers = [("Location", f"{other.url}/push/x")]
    refused = counted(Outcome.REFUSED)
    await post.behind(browser)

    await post.until_rows((3, 0, False))

    assert (service.requests, other.requests, browser.arrived) == (1, 0, [])
    assert counted(Outcome.REFUSED) == refused + 1


async def test_a_push_service_that_hangs_delays_nobody_elses(post, service, other):
    service.always = HANG
    hung = [service.browser() for _ in range(AT_ONCE_BY_HOST + 3)]
    await post.behind(*hung)
    await until(lambda: service.requests == AT_ONCE_BY_HOST, what="all its places to be taken")

    browsers = [other.browser() for _ in range(3)]
    for browser in browsers:
        await post.behind(browser)
    await until(lambda: all(each.arrived for each in browsers), what="the others", within_s=4.0)

    assert service.requests == AT_ONCE_BY_HOST


async def test_a_push_service_that_fails_is_left_alone_then_tried_by_one_call(post, service, other):
    service.always = 503
    browsers = [service.browser() for _ in range(FAILURES)]
    await post.behind(*browsers)
    await until(lambda: service.requests == FAILURES, what="as many failures as open a breaker")
    await post.until_rows(*[(0, 1, True)] * FAILURES)
    host = HERE.check(service.url).host

    # It is not called while it is left alone, whatever is due.
    post.house.clock.advance(RESET_AFTER_S - 1)
    last = other.browser()
    await post.behind(last)
    await until(lambda: last.arrived, what="a push to another one")
    asked, state = service.requests, post.sender.hosts.breakers[host].state
    service.always = None
    await post.go_on(LONG_S)
    await until(lambda: all(each.arrived for each in browsers), what="all, once it works")

    assert (asked, state) == (FAILURES, "open")
    assert post.sender.hosts.breakers[host].state == "closed"


async def test_an_address_inside_a_network_is_not_connected_to(house, service):
    browser = service.browser()
    forbidden = counted(Outcome.FORBIDDEN)
    async with posting(house, rules=EndpointRules()) as post:
        browser.endpoint = browser.endpoint.replace("http://127.0.0.1", "https://localhost")
        await post.behind(browser)
        await post.until_rows((3, 0, False))

    assert (service.requests, counted(Outcome.FORBIDDEN)) == (0, forbidden + 1)


async def test_a_push_service_that_cannot_be_reached_is_tried_again_and_named_by_its_host(
    post, service, capsys
):
    browser = service.browser()
    browser.endpoint = "http://127.0.0.1:9/a-capability"

    await post.behind(browser)
    await post.until_rows((0, 1, True))

    log = capsys.readouterr().out
    assert "127.0.0.1:9" in log
    assert "capability" not in log


async def test_an_answer_without_an_end_is_not_read_to_its_end(post):
    async def flood(reader, writer):
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
                await writer.drain()

    failed = counted(Outcome.FAILED)
    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with push_service() as service:
        browser = service.browser()
        port = server.sockets[0].getsockname()[1]
        browser.endpoint = f"http://127.0.0.1:{port}/push"
        await post.behind(browser)

        await post.until_rows((0, 1, True))
    server.close()
    assert counted(Outcome.FAILED) == failed + 1  # and not for the time that it took
