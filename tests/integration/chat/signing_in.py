"""Signing in as people do: with a browser that keeps cookies, with tickets, and from a shell."""

import asyncio
import contextlib
import subprocess
import uuid
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx

from clients.python.parley import Closed, Refused, Socket
from dev.keys import load_secrets
from dev.manage import surroundings_of
from dev.services import SERVICES, service_environment
from dev.settings import ROOT
from libs.common.clock import Clock, SystemClock
from libs.common.tokens import Issuer
from tests.integration.chat.world import WITHIN_S, Client, Person, World

NOT_AUTHENTICATED = 4001
PASSWORD = "quite a long password"


class Browser:
    """A browser with one page of ours open; it sends Origin, cookies and the CSRF token."""

    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self._world = world
        self.http = http

    @property
    def cookies(self) -> str:
        """Every cookie, as a header."""
        return "; ".join(f"{each.name}={each.value}" for each in self.http.cookies.jar)

    async def register(self, username: str) -> dict[str, Any]:
        """Sign up; return the answer."""
        return await self._sign_in("register", username)

    async def login(self, username: str) -> dict[str, Any]:
        """Sign in; return the answer."""
        return await self._sign_in("login", username)

    async def session(self) -> int:
        """Return the status of asking who is signed in."""
        return (await self.http.get("/auth/session")).status_code

    async def sid(self) -> str:
        """Return which sign-in this is."""
        sessions = (await self.http.get("/sessions")).json()["sessions"]
        return str(next(each["sid"] for each in sessions if each["current"]))

    @contextlib.asynccontextmanager
    async def socket(self, *, url: str | None = None) -> AsyncIterator[Client]:
        """Open a socket with the cookies for as long as the block lasts."""
        client = await opened(
            url or self._world.url, headers={"Cookie": self.cookies}, origin=self._world.url
        )
        try:
            yield client
        finally:
            await client.close()

    async def _sign_in(self, how: str, username: str) -> dict[str, Any]:
        account = {"username": username, "password": PASSWORD}
        answer = await self.http.post(f"/auth/{how}", json=account)
        assert answer.is_success, answer.text
        signed_in: dict[str, Any] = answer.json()
        self.http.headers["X-CSRFToken"] = signed_in["csrf_token"]
        return signed_in


@contextlib.asynccontextmanager
async def browser(world: World) -> AsyncIterator[Browser]:
    """Give a browser in which nobody is signed in."""
    async with httpx.AsyncClient(
        base_url=world.url + "/api/chat", headers={"Origin": world.url}, timeout=WITHIN_S
    ) as http:
        yield Browser(world, http)


def new_name() -> str:
    """Return a username that nobody has."""
    return f"p-{uuid.uuid4().hex[:12]}"


async def opened(url: str, **credentials: Any) -> Client:
    """Open a socket that has to be let in, and read ``welcome``."""
    socket = await Socket.open(url, **credentials)
    try:
        return Client(socket, await socket.receive_type("welcome", WITHIN_S))
    except BaseException:
        await socket.close()
        raise


async def outcome(url: str, **credentials: Any) -> str | int:
    """Return the type of the first frame, the close code, or the HTTP status of a refusal."""
    try:
        socket = await Socket.open(url, **credentials)
    except Refused as refused:
        return refused.status
    async with socket:
        try:
            return str((await socket.receive(WITHIN_S))["type"])
        except Closed as closed:
            return closed.close_code


async def outcome_of_ticket(url: str, ticket: str, **more: Any) -> str | int:
    """Return what comes of opening a socket with a ticket."""
    return await outcome(url, path=f"/ws/chat/?ticket={ticket}", **more)


async def ticket_of(world: World, person: Person) -> str:
    """Ask for a ticket."""
    async with world.http(person) as http:
        answer = await http.post("/auth/ticket")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


def another_sign_in(world: World, person: Person) -> Person:
    """Sign a person in once more, without a browser."""
    [(sid,)] = world.rows(
        "insert into sign_in (id, user_id, session_key, user_agent)"
        " values (gen_random_uuid(), %s, '', 'a program') returning id::text",
        person.id,
    )
    return Person(person.id, person.username, sid, world.token(person.id, sid))


async def status_of(world: World, person: Person) -> int:
    """Return the status of asking who is signed in."""
    async with world.http(person) as http:
        return (await http.get("/auth/session")).status_code


async def meanwhile(
    world: World, change: str, *parameters: Any, request: Coroutine[Any, Any, httpx.Response]
) -> httpx.Response:
    """Send a request that waits for a row which is being changed; return its answer.

    It has read that row as it was before; the change is committed once it waits.
    """
    with world.transaction() as cursor:
        cursor.execute(change, parameters)
        answer = asyncio.create_task(request)
        async with asyncio.timeout(WITHIN_S):
            while not world.rows(
                "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database()"
            ):
                assert not answer.done(), "it did not wait"
                await asyncio.sleep(0.005)
    return await answer


def issuer(world: World, *, clock: Clock | None = None) -> Issuer:
    """Return what signs as the suite does, by a clock of one's own."""
    secrets = load_secrets(world.suite.run_dir)
    return Issuer(
        secrets.token_signing_key,
        verify_keys=secrets.token_verify_keys,
        clock=clock or SystemClock(),
    )


def manage(world: World, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ``python -m services.chat <arguments>`` on the suite's database."""
    state = world.suite.state
    chat = next(service for service in SERVICES if service.name == "chat")
    around = surroundings_of(world.suite.run_dir, state)
    return subprocess.run(
        chat.command(*arguments),
        cwd=ROOT,
        env=service_environment(chat, around, port=1, internal_port=2) | variables,
        capture_output=True,
        text=True,
        timeout=2 * WITHIN_S,
        check=False,
    )
