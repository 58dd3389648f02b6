"""Calling HTTP as one signed-in user: what the interface of every service here stands on."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

import httpx

from .credentials import Credentials
from .errors import Unauthenticated
from .http import Http, parse
from .pending import Draft

T = TypeVar("T")


class _Paged(Protocol):
    next: str | None


P = TypeVar("P", bound=_Paged)


class Caller:
    """One signed-in user."""

    def __init__(self, http: Http, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> httpx.Response:
        """Call any path as this user and return the answer, which is a success.

        Raises:
            ParleyError: the class of the answer's code.
        """
        token = await self._credentials.bearer()
        try:
            return await self._http.request(method, path, body=body, params=params, token=token)
        except Unauthenticated:
            await self._credentials.renew(token)
        token = self._credentials.token
        return await self._http.request(method, path, body=body, params=params, token=token)

    async def check_health(self, base: str) -> None:
        """Ask whether a service is ready, without a token.

        Args:
            base: of its paths: ``CHAT``, ``QUEUE``, …

        Raises:
            ParleyError: it is not, or cannot be reached.
        """
        await self._http.request("GET", f"{base}/healthz")

    async def _get(self, kind: type[T], path: str, **params: str | int) -> T:
        answer = await self.request("GET", path, params=params)
        return parse(answer, kind)

    async def _pages(self, kind: type[P], path: str) -> AsyncIterator[P]:
        page = await self._get(kind, path)
        while True:
            yield page
            if not page.next:
                return
            page = await self._get(kind, path, after=page.next)


def body_of(draft: Draft) -> dict[str, Any]:
    """Return what a request that sends a message says of it."""
    body: dict[str, Any] = {"client_id": draft.client_id, "content": draft.content}
    if draft.reply_to is not None:
        body["reply_to"] = draft.reply_to
    return body
