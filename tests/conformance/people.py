"""Who takes part: people who register through the protocol, and how they ask over HTTP.

Everybody asks with a bearer token, or as a browser does: with cookies, an ``Origin`` and, where
something is written, the CSRF token.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any, Self

import httpx

AUTH = "/api/chat/auth"
CREATED, OK = 201, 200
READS = {"GET", "HEAD"}
ANSWER_WITHIN_S = 40.0
"""Longer than the longest long poll."""
BUSY = {503, 504}
TRIES = 5
"""How often a busy server is asked: nothing was done, or it may be done again."""


class NotRegistered(Exception):
    """The server does not let people register, without which nothing can be said of it."""


@dataclass(kw_only=True)
class Person:
    """A user, and what they hold of the server.

    Attributes:
        role: the name by which conversations call them, such as ``alice``.
        token: their bearer token.
        cookies: what their browser holds, by name.
        csrf_token: the one for their browser's requests that write.
    """

    role: str
    username: str
    password: str
    id: str = ""
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""

    @classmethod
    def named(cls, role: str) -> Self:
        """Make up somebody whom no server knows yet."""
        # Of other characters, because servers refuse passwords that are like the name.
        password = secrets.token_urlsafe(18)
        return cls(role=role, username=role + secrets.token_hex(8), password=password)

    @property
    def known(self) -> dict[str, Any]:
        """What steps may say of them."""
        return {
            self.role: self.id,
            f"{self.role}.name": self.username,
            f"{self.role}.password": self.password,
            f"{self.role}.token": self.token,
        }

    def keep_cookies(self, answer: httpx.Response) -> None:
        """Do with the answer's cookies as a browser does, one without a clock."""
        for header in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    @property
    def cookie_header(self) -> str:
        """The header ``Cookie`` of their browser."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Server:
    """The server that is looked at, over HTTP.

    Attributes:
        url: its address, without a path.
        origin: what browsers send as ``Origin``; it must be one that the server allows.
    """

    def __init__(self, url: str, *, origin: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.origin = origin or self.url
        nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._registering = asyncio.Lock()
        self._http = httpx.AsyncClient(
            base_url=self.url, cookies=nothing_kept, timeout=ANSWER_WITHIN_S, trust_env=False
        )

    async def close(self) -> None:
        """Let go of its connections."""
        await self._http.aclose()

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> httpx.Response:
        """Ask, with no more than these headers; again where the server is too busy to answer.

        Args:
            method: of HTTP.
            path: with its query.
            headers: those beside what HTTP itself needs.
            body: ``json`` or ``content``, as httpx has it; empty for none.
        """
        for _ in range(TRIES - 1):
            answer = await self._http.request(method, path, headers=dict(headers), **body)
            if answer.status_code not in BUSY:
                return answer
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        return await self._http.request(method, path, headers=dict(headers), **body)

    async def register(self, role: str) -> Person:
        """Register somebody new, in a browser, who gets a bearer token as well.

        One at a time, because a server hashes passwords slowly, and only so many at once.

        Raises:
            NotRegistered: the server says no.
        """
        async with self._registering:
            return await self._register(role)

    def browser_headers(self, person: Person, method: str, *, csrf: bool) -> dict[str, str]:
        """Return what somebody's browser sends with a request."""
        headers = {"Cookie": person.cookie_header, "Origin": self.origin}
        if csrf and method not in READS:
            headers["X-CSRFToken"] = person.csrf_token
        return headers

    async def _register(self, role: str) -> Person:
        person = Person.named(role)
        sign_in = {"username": person.username, "password": person.password}
        new = {**sign_in, "display_name": role.capitalize()}
        headers = {"Origin": self.origin}
        registered = await self.ask("POST", f"{AUTH}/register", headers=headers, body={"json": new})
        token = await self.ask("POST", f"{AUTH}/token", headers={}, body={"json": sign_in})
        if (registered.status_code, token.status_code) != (CREATED, OK):
            raise NotRegistered(f"{registered.status_code} {registered.text[:300]}")
        person.keep_cookies(registered)
        person.id = registered.json()["user"]["id"]
        person.csrf_token = registered.json()["csrf_token"]
        person.token = token.json()["access_token"]
        return person
