"""Another signing key, as docs/rotate-keys.md says: who is signed in stays so, at every service."""

import contextlib

import httpx
import jwt
import pytest

from clients.python import parley
from dev.containers import signing_key
from dev.harness import RunningSuite
from dev.ports import free_port
from tests.integration.waiting import WITHIN_S, until

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]  # each starts the suite several times
PASSWORD = "quite a long password"
ASKED = {
    "/api/chat/rooms": 200,
    "/api/presence/me": 200,
    "/api/queue/status": 200,
    "/api/receipts/rooms/{room}": 200,
}


@pytest.fixture
def house(tmp_path):
    """A suite at one address, for all of its lives."""
    house = House(tmp_path / "run")
    house.start()
    yield house
    assert house.suite.stop() == 0, house.suite.log


class House:
    """See the fixture."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Start all services, with the keys that the folder has now."""
        self.suite = RunningSuite.start(self.folder, env={"PORT": str(self.port)})

    def step(self, name):
        """Make a step, and start all services again."""
        assert signing_key.main([str(self.folder), name]) == 0
        assert self.suite.stop(forget=False) == 0, self.suite.log
        self.start()

    async def believes(self, token, room):
        """Return which services believe a token."""
        bearer = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=bearer, timeout=WITHIN_S) as http:
            found = {path: (await http.get(path.format(room=room))).status_code for path in ASKED}
        assert set(found.values()) <= {200, 401}, found
        return {path.split("/")[2] for path, status in found.items() if status == ASKED[path]}


@pytest.fixture
async def talk(house):
    """Two people who are connected, and a browser of the first."""
    async with contextlib.AsyncExitStack() as stack:
        people = [await parley.register(house.url, name, PASSWORD) for name in ("ann", "bob")]
        for chat in people:
            await stack.enter_async_context(chat)
        browser = await stack.enter_async_context(
            httpx.AsyncClient(base_url=house.url, headers={"Origin": house.url}, timeout=WITHIN_S)
        )
        await browser.post("/api/chat/auth/login", json={"username": "ann", "password": PASSWORD})
        room = (await people[0].direct_room("bob")).id
        # From now on nobody can sign in anew: who is signed out stays out.
        for chat in people:
            chat.credentials._password = None
        yield *people, browser, room


def kid(token):
    return jwt.get_unverified_header(token)["kid"]


async def said(ann, bob, room):
    """Have one write and the other one read it, both still signed in."""
    await until(lambda: ann.connected and bob.connected)
    sent = await ann.send(room, "Hello")
    await until(lambda: bob.cursor(room) >= sent.seq)
    bob.read(room)
    await until(lambda: ann.progress(room, sent.seq) is parley.Progress.READ)


async def test_in_three_steps_nobody_is_signed_out(house, talk):
    ann, bob, browser, room = talk
    everybody = {path.split("/")[2] for path in ASKED}
    old = ann.credentials.token

    house.step("begin")
    await said(ann, bob, room)
    house.step("switch")
    await said(ann, bob, room)
    before = await house.believes(old, room)
    for chat in (ann, bob):
        await chat.credentials.refresh()
    assert (await browser.get("/api/chat/auth/session")).status_code == 200
    house.step("end")
    await said(ann, bob, room)

    assert before == everybody
    assert kid(ann.credentials.token) != kid(old)
    assert await house.believes(ann.credentials.token, room) == everybody
    assert await house.believes(old, room) == set()
    assert (await browser.get("/api/chat/auth/session")).status_code == 200


async def test_at_once_who_has_a_token_alone_is_signed_out_and_browsers_need_a_second_try(
    house, talk
):
    ann, _, browser, room = talk
    old = ann.credentials.token

    house.step("replace")

    assert await house.believes(old, room) == set()
    # The access cookie decides, and goes with the answer; then the session's can.
    assert (await browser.get("/api/chat/auth/session")).status_code == 401
    assert (await browser.get("/api/chat/auth/session")).status_code == 200
    new = browser.cookies["parley_access"]
    assert kid(new) != kid(old)
    with pytest.raises(parley.Unauthenticated):
        await ann.credentials.refresh()
