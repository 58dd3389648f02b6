"""Requests and their errors: JSON in, JSON out, problem documents turned into exceptions.

No cookie is ever kept: this client is a bearer client, and a cookie beside the token would only
bring CSRF rules along.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from .errors import Internal, ParleyError, Timeout, Unavailable, error_of

TIMEOUT_S = 30.0
"""For one request; longer than the longest long poll (25 s)."""

_CODES: Mapping[int, str] = {
    400: "bad_frame",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    409: "client_id_reused",
    413: "too_large",
    429: "rate_limited",
    502: "unavailable",
    503: "unavailable",
    504: "timeout",
}
"""What a status means where the answer is no problem document, as from a gateway."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""By these nothing was sent, so nothing was done; what else goes wrong leaves that open."""

T = TypeVar("T")


class Http:
    """One server.

    Args:
        base_url: its HTTP address, without a path.
        transport: stands in for the network in tests.
    """

    def __init__(self, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            base_url=self.base_url, timeout=TIMEOUT_S, transport=transport
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        """Make one request, once; return its answer, which is a success.

        Args:
            method: what is to be done.
            path: with what.
            body: sent as JSON; bytes as they are.
            params: of the query.
            token: of who asks.

        Raises:
            ParleyError: the class of the answer's code.
            Unavailable: no connection; nothing was done.
            Timeout: no answer came, or none that can be read; the outcome is unknown.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
            response = await self._client.request(
                method, path, params=params, headers=headers, **sent
            )
        except _NOT_SENT as error:
            raise Unavailable(f"cannot connect: {error!r}") from error
        except httpx.RequestError as error:
            raise Timeout(f"no answer: {error!r}") from error
        self._client.cookies.clear()
        if response.is_success:
            return response
        raise problem_of(response)

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()


class _Problem(msgspec.Struct):
    """The parts of an ``application/problem+json`` document that are used."""

    code: str
    title: str = ""
    detail: str = ""
    errors: dict[str, list[str]] = msgspec.field(default_factory=dict)
    retry_after: float | None = None
    error_id: str = ""


def parse(response: httpx.Response, kind: type[T]) -> T:
    """Read the body of an answer.

    Raises:
        Internal: it is not what the protocol says; a bug of the server, or not a Parley server.
    """
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as error:
        raise Internal(f"unreadable answer of {response.request.url.path}: {error}") from error


def problem_of(response: httpx.Response) -> ParleyError:
    """Turn an answer that is no success into its exception."""
    announced = response.headers.get("Retry-After", "")
    retry_after_s = float(announced) if announced.isdecimal() else None
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        code = _CODES.get(response.status_code, Internal.code)
        return error_of(code, f"HTTP {response.status_code}", retry_after_s=retry_after_s)
    if problem.retry_after is not None:
        retry_after_s = problem.retry_after
    message = problem.detail or problem.title
    return error_of(
        problem.code,
        f"{message} ({problem.error_id})" if problem.error_id else message,
        fields=problem.errors,
        retry_after_s=retry_after_s,
    )
