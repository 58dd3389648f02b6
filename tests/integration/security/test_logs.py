"""A suite that tells all it can tell: in none of it stands what people wrote or sign in with.

Everything is provoked first (sign-ins that hold and that do not, messages by every road, what cannot
be read or stored, PostgreSQL and services that are away), and then the whole log is read.
"""

import json
import uuid
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from dev.keys import load_secrets
from libs.common.control import GROUP
from libs.common.streams.entries import FIELD
from tests.integration.chat.control_layer import layer, summed
from tests.integration.chat.signing_in import (
    NOT_AUTHENTICATED,
    PASSWORD,
    browser,
    new_name,
    outcome_of_ticket,
)
from tests.integration.chat.world import WITHIN_S, message_frame, running_world
from tests.integration.queue.dead import known_room

pytestmark = [pytest.mark.timeout(420), pytest.mark.both_servers]

TOO_BIG = 1009
MARKER = f"MARK{uuid.uuid4().hex}"
"""Stands in everything that anybody writes here."""
WRONG_PASSWORD = f"wrong {uuid.uuid4().hex}"
POISON = "add constraint no_marker check (content not like '%MARK%')"
CURE = "drop constraint no_marker"
WRITERS = ("parley", "postgres", "chat-1", "chat-2", "presence", "queue", "receipts")
"""Whose lines there have to be. The gateway has none for what it answers; see test_gateway_log."""


@pytest.fixture(scope="module")
def talkative(tmp_path_factory):
    """A suite of its own, which logs at the lowest level."""
    run_dir = tmp_path_factory.mktemp("talkative") / "run"
    with running_world(run_dir, LOG_LEVEL="DEBUG") as world:
        yield world


class Secrets:
    """Everything that must stand in no log, by what it is."""

    def __init__(self, world):
        suite = load_secrets(world.suite.run_dir)
        key = suite.token_signing_key.splitlines()[1]
        self._known = {
            "what people wrote": MARKER,
            "a password": PASSWORD,
            "a wrong password": WRONG_PASSWORD,
            "a hash": "argon2$",
            "the key of Web Push": suite.vapid_private_key.splitlines()[1],
            "the password of PostgreSQL": suite.postgres_password,
            "the password of Redis": suite.redis_password,
            "the services' password of Redis": suite.redis_services_password,
            "the password of Redis to push": suite.redis_push_password,
            "SECRET_KEY": suite.secret_key,
            "TOKEN_SIGNING_KEY": key,
        }
        for service, url in world.suite.state.database_urls.items():
            self.add(f"the password of {service}'s database", urlsplit(url).password)

    def add(self, what, value):
        """Add one; of a token the signature alone would do."""
        assert len(value) > 20
        self._known[f"{what} {len(self._known)}"] = value.rsplit(".", 1)[-1]
        return value

    def found_in(self, text):
        return [what for what, value in self._known.items() if value in text]


async def sign_in_with_a_browser(world, secrets, name):
    """Sign up and in, and write with the right CSRF token and with a wrong one."""
    async with browser(world) as one:
        await one.register(name)
        await one.http.post("/auth/register", json={"username": name, "password": PASSWORD})
        await one.login(name)
        for cookie in one.http.cookies.jar:
            secrets.add(f"the cookie {cookie.name}", cookie.value)
        csrf_token = secrets.add("a CSRF token", one.http.headers["X-CSRFToken"])
        right = await one.http.post("/rooms", json={"kind": MARKER})
        one.http.headers["X-CSRFToken"] = csrf_token[::-1]
        wrong = await one.http.post("/rooms", json={"kind": MARKER})
    assert (right.status_code, wrong.status_code) == (400, 403)


async def sign_in_without_one(world, secrets, name):
    """Get a token, an exchanged one and a ticket, and fail at each."""
    right = {"username": name, "password": PASSWORD}
    wrong = {"username": name, "password": WRONG_PASSWORD}
    external = secrets.add("a token of another issuer", world.issuer.token(name=MARKER))
    async with world.http(None) as http:
        refused = [
            await http.post("/auth/login", json=wrong),
            await http.post("/auth/token", json=wrong),
            await http.post("/auth/exchange", json={"token": external + "x"}),
        ]
        exchanged = await http.post("/auth/exchange", json={"token": external})
        secrets.add("an exchanged token", exchanged.json()["access_token"])
        answer = await http.post("/auth/token", json=right)
        token = secrets.add("a token", answer.json()["access_token"])
        http.headers["Authorization"] = f"Bearer {token}"
        ticket, foreign = [
            secrets.add("a ticket", (await http.post("/auth/ticket")).json()["ticket"])
            for _ in range(2)
        ]
        http.headers["Authorization"] = f"Bearer {token}x"
        refused.append(await http.get("/me"))
    assert [each.status_code for each in refused] == [401] * len(refused)
    tickets = [ticket, ticket, secrets.add("what is no ticket", uuid.uuid4().hex)]
    outcomes = [await outcome_of_ticket(world.url, each) for each in tickets]
    assert outcomes == ["welcome", NOT_AUTHENTICATED, NOT_AUTHENTICATED]
    assert await outcome_of_ticket(world.url, foreign, origin="http://evil.test") == 403


async def write_by_every_road(world, alice, room):
    """Send by WebSocket, HTTP and the queue, well and badly."""
    async with world.client(alice) as client:
        assert (await client.say(room, MARKER))["type"] == "ack"
        assert (await client.say(room, MARKER * 200))["code"] == "bad_frame"
        assert (await client.ask({"type": MARKER}))["code"] == "unsupported_type"
        assert (await client.say(MARKER, MARKER))["type"] == "error"
        before = len(client.frames)
        await client.socket.send_text(f'{{"type":"message","content":"{MARKER}')
        await client.until(lambda: len(client.frames) > before, what="an error")
        await client.socket.send_text(MARKER * 50_000)
        assert await client.until_closed() == TOO_BIG
    wish = {"room": room, "client_id": str(uuid.uuid4()), "content": MARKER}
    async with world.http(alice) as chat, world.http(alice, service="queue") as queue:
        named = {"kind": "group", "members": [alice.id], "name": MARKER}
        answers = [
            await chat.post(f"/rooms/{room}/messages", json=wish),
            await chat.post("/rooms", json=named),
            await chat.patch("/me", json={"display_name": MARKER}),
            await chat.get("/users", params={"search": MARKER}),
            await queue.post("/outgoing", json=wish | {"client_id": str(uuid.uuid4())}),
        ]
        bad = [
            await chat.post(f"/rooms/{room}/messages", json=wish | {"content": MARKER * 200}),
            await chat.post(f"/rooms/{room}/messages", content=f'{{"{MARKER}'),
            await chat.post("/sync", json={"cursors": {MARKER: MARKER}}),
            await queue.post("/outgoing", content=f'{{"{MARKER}'),
            await queue.post("/outgoing", json=wish | {"client_id": MARKER}),
        ]
    assert all(each.is_success for each in answers)
    assert [each.status_code for each in bad] == [400] * len(bad)


async def write_what_cannot_be_stored(world, alice, room):
    """Let PostgreSQL refuse rows of two services, with the row in the explanation."""
    wish = {"room": room, "client_id": str(uuid.uuid4()), "content": MARKER}
    world.rows_of("queue", f"alter table queued_message {POISON} not valid")
    try:
        with world.changed(
            do=f"alter table message {POISON} not valid", undo=f"alter table message {CURE}"
        ):
            async with world.client(alice) as client:
                assert (await client.say(room, MARKER))["type"] == "error"
        async with world.http(alice, service="queue") as queue:
            assert (await queue.post("/outgoing", json=wish)).status_code == 500
    finally:
        world.rows_of("queue", f"alter table queued_message {CURE}")


async def put_nonsense_on_the_streams(world, alice):
    """Let others of the same Redis write what our services cannot read."""
    bad = await summed(world, "parley_signals_bad_total")
    with Redis.from_url(world.suite.state.redis_url) as redis:
        for stream in ("chat.events", "chat.rooms", "receipts.events", "queue.submissions"):
            redis.xadd(f"{stream}:{{0}}", {FIELD: json.dumps({"x": MARKER})})
    async with layer(world.suite.state.redis_url) as opened:
        for data in (MARKER, json.dumps(MARKER)):
            push = {"type": "custom", "user": alice.id, "name": "test.x", "data": data}
            await opened.group_send(GROUP, push)
        await opened.group_send(GROUP, {"type": MARKER, "user": MARKER})

    async def heard():
        return await summed(world, "parley_signals_bad_total") > bad

    async with world.client(alice):
        while not await heard():
            pass


async def write_while_others_are_away(world, alice, room):
    """Send while PostgreSQL is away, and then chat and queue: the gateway answers for those."""
    headers = {
        "Authorization": f"Bearer {alice.token}",
        "Cookie": f"parley_access={alice.token}",
        "X-CSRFToken": alice.token,
        "Referer": f"{world.url}/?ticket={alice.token}",
    }
    wish = {"room": room, "client_id": str(uuid.uuid4()), "content": MARKER}
    paths = (f"chat/rooms/{room}/messages", "queue/outgoing", f"chat/me?ticket={MARKER}")

    async def write_everywhere():
        async with httpx.AsyncClient(headers=headers, timeout=WITHIN_S) as http:
            return [(await http.post(f"{world.url}/api/{p}", json=wish)).status_code for p in paths]

    async with world.client(alice) as client:
        with world.suite.stopped("postgres"):
            away = await write_everywhere()
            await client.socket.send(message_frame(room, MARKER))
            await client.until(
                lambda: any(f["type"] == "error" for f in client.frames), what="an error"
            )
    for service in ("queue", "chat"):
        with world.suite.stopped(service):
            away += await write_everywhere()
    assert {503, 502}.intersection(away)


async def test_no_log_holds_what_people_wrote_or_sign_in_with(talkative):
    world, secrets = talkative, Secrets(talkative)
    alice, bob = world.people(2)
    secrets.add("a token", alice.token)
    secrets.add("a token", bob.token)
    room = await known_room(world, alice, bob)

    name = new_name()
    await sign_in_with_a_browser(world, secrets, name)
    await sign_in_without_one(world, secrets, name)
    await write_by_every_road(world, alice, room)
    await write_what_cannot_be_stored(world, alice, room)
    await put_nonsense_on_the_streams(world, alice)
    await write_while_others_are_away(world, alice, room)

    async with world.client(bob) as client:
        await client.until_type("drained")
    for service in ("chat", "presence", "queue", "receipts"):
        world.suite.wait_until_ready(service)
    log = world.suite.log
    assert [name for name in WRITERS if f" {name.ljust(9)} │" not in log] == []
    assert "message_cannot_be_stored" in log
    assert "unhandled error" in log
    assert secrets.found_in(log) == []


def test_the_suite_writes_no_log_but_that_one(talkative):
    run_dir = talkative.suite.run_dir

    logs = [path for path in run_dir.rglob("*log*") if path.is_file() and not in_data(path)]

    assert logs == [run_dir / "suite.log"]


def in_data(path):
    """Say whether a file is PostgreSQL's or Redis' own."""
    return "data" in path.parts or any(part.startswith("server-") for part in path.parts)
