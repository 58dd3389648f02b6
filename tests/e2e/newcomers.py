"""People who are signed up before they are wanted: to hash a password takes longer than to come in.

While a test runs, those are signed up who will be wanted next, by the names that were wanted last.
"""

from collections import defaultdict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.e2e.person import PASSWORD, unique

WITHIN_S = 60
FOR_THE_VISIT = -1
"""To Playwright: until the browser is closed."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is signed up and in, and has not come yet.

    Attributes:
        cookies: as Playwright wants them.
    """

    username: str
    cookies: list[Any]


class Newcomers:
    """All of one deployment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._beside = ThreadPoolExecutor(1)
        self._coming: dict[str, deque[Future[Newcomer]]] = defaultdict(deque)

    def next(self, name: str) -> Newcomer:
        """Return somebody new of that name."""
        coming = self._coming[name]
        if not coming:
            coming.append(self._beside.submit(self._sign_up, name))
        coming.append(self._beside.submit(self._sign_up, name))
        try:
            return coming.popleft().result()
        except httpx.HTTPError:  # a test had broken the suite
            return self._sign_up(name)

    def close(self) -> None:
        """Sign nobody up any more."""
        self._beside.shutdown(cancel_futures=True)

    def _sign_up(self, name: str) -> Newcomer:
        with httpx.Client(headers={"Origin": self._url}, timeout=WITHIN_S) as http:
            while True:
                username = unique(name)
                account = {"username": username, "password": PASSWORD, "display_name": name}
                answer = http.post(f"{self._url}/api/chat/auth/register", json=account)
                if answer.status_code != httpx.codes.GATEWAY_TIMEOUT:  # then it is busy
                    answer.raise_for_status()
                    cookies = [self._written(cookie) for cookie in http.cookies.jar]
                    return Newcomer(username, cookies)

    def _written(self, cookie: Any) -> dict[str, Any]:
        return {
            "name": cookie.name,
            "value": cookie.value,
            "domain": urlsplit(self._url).hostname,
            "path": cookie.path,
            "secure": cookie.secure,
            "httpOnly": cookie.has_nonstandard_attr("HttpOnly"),
            "sameSite": "Lax",
            # As a browser keeps it: who comes late has no token any more, and their session decides.
            "expires": cookie.expires or FOR_THE_VISIT,
        }
