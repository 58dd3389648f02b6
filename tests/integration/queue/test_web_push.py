"""Web Push through the real suite: a browser that is closed hears that messages wait."""

import asyncio
import uuid

import httpx
import psycopg2
import pytest

from dev.keys import load_secrets
from dev.ports import free_port
from services.queue.domain.vapid import Vapid
from tests.faults.extra_process import ExtraProcess
from tests.integration.admin_visit import visiting
from tests.integration.chat.signing_in import manage
from tests.integration.lonely import lonely_process
from tests.integration.own_database import make_migrated
from tests.integration.queue.test_http import known_room
from tests.integration.waiting import WITHIN_S, until
from tests.push_service import push_service

CREATED, OK, NO_CONTENT, BAD, UNAUTHENTICATED, NOT_FOUND = 201, 200, 204, 400, 401, 404
KEPT = "select user_id::text from push_subscription where endpoint = %s"
BEHIND = """
    insert into room (id, version, is_direct, head) values (%(room)s, 0, false, 3);
    insert into queued_message (queue_type, room_id, recipient_id, from_seq, to_seq)
    values ('incoming', %(room)s, %(user)s, 0, 3);
    insert into push_subscription (user_id, sid, endpoint, host, p256dh, auth, refreshed_at)
    values (%(user)s, %(user)s, %(endpoint)s, %(host)s, %(p256dh)s, %(auth)s, now())
"""


@pytest.fixture
async def service():
    async with push_service() as service:
        yield service


async def subscribe(world, person, browser):
    """Hand a browser in; return the status."""
    async with world.http(person, service="queue") as http:
        return (await http.post("/push", json=browser.to_json())).status_code


async def write(world, person, room, count):
    """Write messages over HTTP."""
    async with world.http(person) as http:
        for number in range(count):
            wish = {"client_id": str(uuid.uuid4()), "content": f"number {number}"}
            assert (await http.post(f"/rooms/{room}/messages", json=wish)).status_code == CREATED


async def write_and_receive(world, author, reader, room, seq):
    """Write a message to somebody who is there and acknowledges it."""
    async with world.client(reader) as client:
        await write(world, author, room, 1)
        await client.until_seqs(room, seq)
        await client.socket.send({"type": "delivered", "room": room, "seq": seq})
        told = "select 1 from watermark where room_id = %s and user_id = %s and delivered_seq = %s"
        await until(
            lambda: world.receipts_rows(told, room, reader.id, seq), what="the acknowledgement"
        )


@pytest.fixture
async def pair(world):
    ann, bob = world.people(2)
    return ann, bob, await known_room(world, ann, bob)


async def test_who_is_away_is_told_how_many_messages_wait_and_by_whom_it_is_pushed(
    world, pair, service
):
    ann, bob, room = pair
    key = load_secrets(world.suite.run_dir).vapid_private_key
    service.public_key = Vapid(key, "mailto:any@example.org").public_key
    browser = service.browser()
    async with world.http(bob, service="queue") as http:
        public_key = (await http.get("/push")).json()
    statuses = [await subscribe(world, bob, browser) for _ in range(2)]

    await write(world, ann, room, 3)
    await until(lambda: (room, 3) in browser.told, what="the count of all three")
    await write(world, ann, room, 2)
    await until(lambda: (room, 5) in browser.told, what="the count of all five")

    assert public_key == {"public_key": service.public_key}
    assert statuses == [CREATED, OK]
    assert {told for told, _ in browser.told} == {room}
    assert len({each.headers["topic"] for each in browser.arrived}) == 1
    assert browser.told[-1] == (room, 5)


async def test_who_is_there_is_not_pushed_to_and_who_wrote_neither(world, pair, service):
    ann, bob, room = pair
    eve = world.person()
    other = await known_room(world, ann, eve)
    there, away, own = (service.browser() for _ in range(3))
    for person, browser in ((bob, there), (eve, away), (ann, own)):
        await subscribe(world, person, browser)

    await write_and_receive(world, ann, bob, room, 1)
    await write(world, ann, other, 1)
    await until(lambda: away.arrived, what="a push to who is away, though they fell behind later")

    assert (away.told, own.arrived) == ([(other, 1)], [])
    unfinished = "select 1 from queued_message where recipient_id = %s"
    assert world.rows_of("queue", unfinished, bob.id) == [] or there.told == [(room, 1)]


@pytest.mark.parametrize("by", ["signing out elsewhere", "deactivation"])
async def test_a_browser_goes_with_its_sign_in(world, service, by):
    ann, boss = world.person(), world.staff()
    browser = service.browser()
    await subscribe(world, ann, browser)

    if by == "deactivation":
        done = await asyncio.to_thread(manage, world, "deactivate", ann.username)
        assert done.returncode == 0, done.stderr
    else:
        async with world.http(ann) as http:
            assert (await http.delete(f"/sessions/{ann.sid}")).status_code == NO_CONTENT
    await until(
        lambda: world.rows_of("queue", KEPT, browser.endpoint) == [], what="the browser to go"
    )

    assert await subscribe(world, ann, browser) == UNAUTHENTICATED
    assert await subscribe(world, boss, browser) == CREATED


async def test_a_browser_belongs_to_who_subscribed_last_and_only_they_end_that(world, service):
    ann, bob = world.people(2)
    browser = service.browser()

    statuses = [await subscribe(world, each, browser) for each in (ann, bob)]
    async with world.http(ann, service="queue") as http:
        body = {"endpoint": browser.endpoint}
        foreign = await http.request("DELETE", "/push", json=body)
    kept = world.rows_of("queue", KEPT, browser.endpoint)
    async with world.http(bob, service="queue") as http:
        own = [await http.request("DELETE", "/push", json=body) for _ in range(2)]

    assert statuses == [CREATED, CREATED]
    assert [each.status_code for each in (foreign, *own)] == [NO_CONTENT] * 3
    assert kept == [(bob.id,)]
    assert world.rows_of("queue", KEPT, browser.endpoint) == []


async def test_two_processes_push_once(world, service):
    ann = world.person()
    people = world.people(20)
    room = await known_room(world, ann, *people)
    browsers = [service.browser() for _ in people]
    for person, browser in zip(people, browsers, strict=True):
        await subscribe(world, person, browser)
    other = ExtraProcess(world.suite, "queue").start()
    try:
        await write(world, ann, room, 1)
        await until(lambda: all(each.arrived for each in browsers), what="a push to everybody")
        for _ in range(20):  # whoever would push twice had the time for it
            await until(lambda: not_yet_noted(world, room) == 0, what="all to be noted")
    finally:
        assert other.stop() == 0

    assert [each.told for each in browsers] == [[(room, 1)]] * len(people)


def count_of(internal_port, outcome):
    """Return how many pushes had this outcome, as the process tells it."""
    text = httpx.get(f"http://127.0.0.1:{internal_port}/metrics", timeout=WITHIN_S).text
    series = f'parley_web_pushes_total{{outcome="{outcome}"}} '
    return sum(float(line.removeprefix(series)) for line in text.splitlines() if series in line)


def not_yet_noted(world, room):
    due = "select count(*) from web_push where room_id = %s and due_at is not null"
    return world.rows_of("queue", due, room)[0][0]


async def test_without_a_key_nothing_is_taken_and_that_is_said(world, service):
    ann = world.person()
    with lonely_process(world, "queue", VAPID_PRIVATE_KEY="") as url:
        async with world.http(ann, service="queue", url=url) as http:
            key = await http.get("/push")
            answer = await http.post("/push", json=service.browser().to_json())

    assert (key.status_code, key.json()) == (OK, {"public_key": None})
    assert (answer.status_code, answer.json()["code"]) == (NOT_FOUND, "not_found")


async def test_staff_sees_whose_browsers_there_are_but_neither_where_nor_with_which_keys(
    world, service
):
    ann, browser = world.person(), service.browser()
    await subscribe(world, ann, browser)
    ((number,),) = world.rows_of(
        "queue", "select id from push_subscription where user_id = %s", ann.id
    )

    async with visiting(world, "queue", world.staff()) as http:
        pages = [
            (await http.get(path)).text
            for path in (
                f"queue/pushsubscription/?q={ann.id}",
                f"queue/pushsubscription/{number}/change/",
            )
        ]

    keys = browser.to_json()["keys"]
    assert all(ann.id in page and service.url.split("/")[2] in page for page in pages)
    for secret in (browser.endpoint.rpartition("/")[2], keys["p256dh"], keys["auth"]):
        assert not any(secret in page for page in pages)


@pytest.mark.parametrize(
    ("development", "outcome", "is_called"),
    [("true", "failed", True), ("false", "forbidden", False)],
)
async def test_in_production_a_name_of_this_machine_is_not_connected_to(
    world, servers, service, development, outcome, is_called
):
    # TLS fails, so that it is called shows in a connection alone.
    url = make_migrated("queue", servers.database_admin_url)
    browser = service.browser()
    browser.endpoint = browser.endpoint.replace("http://127.0.0.1", "https://localhost")
    internal_port = free_port()
    row = {
        "room": str(uuid.uuid4()),
        "user": str(uuid.uuid4()),
        "endpoint": browser.endpoint,
        "host": browser.endpoint.split("/")[2],
        **browser.to_json()["keys"],
    }
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(BEHIND, row)
    connection.close()
    settings = {
        "DEVELOPMENT": development,
        "ALLOWED_ORIGINS": "https://localhost:1"
        if development == "false"
        else "http://localhost:1",
        "INTERNAL_PORT": str(internal_port),
    }
    with lonely_process(world, "queue", database_url=url, **settings):
        await until(lambda: count_of(internal_port, outcome) >= 1, what=outcome)

    assert (service.connections > 0) == is_called
    assert browser.arrived == []
