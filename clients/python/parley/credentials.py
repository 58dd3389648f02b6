"""Who we are: a bearer token, and how the next one is got before it ends.

A token is renewed by ``GET …/session``, which also renews the sockets opened with it; signing in
again with the password begins another session and is only the fallback.
"""

import asyncio
import logging
from typing import Any

import msgspec

from .clock import Clock
from .errors import ParleyError, Unauthenticated
from .frames import User
from .http import Http, parse

logger = logging.getLogger(__name__)

RENEW_AT = 0.8
"""Part of a token's life after which it is renewed."""

GOOD_UNTIL = 0.98
"""Part of its life for which it is given out; the rest is for its way to the server."""

RENEW_WITHIN_S = 3.0
"""How long a renewal may hold up who could go on with the present token."""

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 15.0
"""Bounds of the pause after a renewal that failed; it doubles from one to the other."""

AUTH = "/api/chat/auth"


class Token(msgspec.Struct, kw_only=True):
    """An access token, as ``POST …/token`` and ``GET …/session`` answer it."""

    access_token: str
    expires_in: float


class Session(Token, kw_only=True):
    """The answer of ``GET …/session`` to a bearer."""

    user: User


class Credentials:
    """The token of one signed-in user.

    Args:
        http: the server.
        clock: counts the token's life.
        username: with ``password``, lets the client sign in again by itself.
        password: kept in memory for that; leave it out to sign in once only.
    """

    def __init__(
        self,
        http: Http,
        *,
        clock: Clock,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._password = {"username": username, "password": password} if password else None
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._good_until = 0.0
        self._pause_s = FIRST_PAUSE_S

    @property
    def renew_in_s(self) -> float:
        """Seconds until it is time to renew, or to try that again; 0 where that time has come."""
        return max(self._renew_at - self._clock.monotonic(), 0.0)

    async def bearer(self) -> str:
        """Return a token that is good for a while, renewing it where it is near its end.

        Until that end a renewal that fails does not matter: chat renews, and others take it still.

        Raises:
            Unauthenticated: signed out, and there is no password to sign in with.
            ParleyError: the token has ended and could not be renewed.
        """
        if self._clock.monotonic() >= self._good_until:
            await self.renew(self._token)
        elif self.renew_in_s == 0:
            await self._renew_early()
        return self._token

    async def renew(self, rejected: str) -> None:
        """Replace ``rejected``; nothing is done where that has happened already.

        Raises:
            Unauthenticated: signed out, and there is no password to sign in with.
        """
        async with self._lock:
            if self._token != rejected:
                return
            self._put_off()
            try:
                await self.refresh()
            except Unauthenticated:
                await self.sign_in()

    async def refresh(self) -> User:
        """Renew the token of the present session and its open sockets.

        Raises:
            Unauthenticated: that session is over.
        """
        answer = await self._http.request("GET", f"{AUTH}/session", token=self._token)
        session = parse(answer, Session)
        self._keep(session)
        return session.user

    async def sign_in(self) -> None:
        """Begin a new session with the password.

        Raises:
            Unauthenticated: there is none, or it is wrong.
        """
        if self._password is None:
            raise Unauthenticated("signed out; sign in again")
        answer = await self._http.request("POST", f"{AUTH}/token", body=self._password)
        self._keep(parse(answer, Token))

    async def register(self, display_name: str | None = None) -> None:
        """Create the user, then sign in.

        Raises:
            BadFrame: ``fields`` says what is wrong with the name or the password.
        """
        body: dict[str, Any] = dict(self._password or {})
        if display_name is not None:
            body["display_name"] = display_name
        await self._http.request("POST", f"{AUTH}/register", body=body)
        await self.sign_in()

    def adopt(self, token: str) -> None:
        """Start from a token got elsewhere; how long it lives is learned by ``refresh``.

        Raises:
            Unauthenticated: it is none: nothing beyond ASCII fits into a header.
        """
        if not token.isascii():
            raise Unauthenticated("This is no access token.")
        self._token = token

    @property
    def token(self) -> str:
        """The present token, good or not."""
        return self._token

    async def _renew_early(self) -> None:
        """Try to renew a token that is still good; who asks meanwhile gets that one."""
        try:
            async with asyncio.timeout(RENEW_WITHIN_S):
                await self.renew(self._token)
        except Unauthenticated:
            self._good_until = 0.0
            raise
        except (TimeoutError, ParleyError) as error:
            logger.info("The session could not be renewed yet: %r", error)

    def _put_off(self) -> None:
        """Plan the next renewal, for where this one fails."""
        self._renew_at = self._clock.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _keep(self, token: Token) -> None:
        now = self._clock.monotonic()
        self._token = token.access_token
        self._renew_at = now + token.expires_in * RENEW_AT
        self._good_until = now + token.expires_in * GOOD_UNTIL
        self._pause_s = FIRST_PAUSE_S
