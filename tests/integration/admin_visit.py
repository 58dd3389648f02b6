"""Visits to a service's admin, as a browser makes them."""

import asyncio
from collections.abc import Mapping

import httpx

from libs.common.tokens import ACCESS_COOKIE
from tests.admin_pages import ShownBreaker, read_breakers
from tests.integration.chat.world import WITHIN_S, Person, World
from tests.integration.waiting import WITHIN_S as UNTIL_S

OK, FORBIDDEN = 200, 403


class Visit:
    """A browser at the admin of a service, with the access cookie of somebody or nobody."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def shown(self, path: str = "") -> str:
        """Return the text of a page."""
        answer = await self.http.get(path)
        assert answer.status_code == OK, answer.text
        return answer.text

    async def breakers(self) -> Mapping[str, ShownBreaker]:
        """Return what the page of breakers says."""
        return read_breakers(await self.shown("breakers/"))

    async def until_breaker(self, name: str, *, shows: str, ask: str) -> ShownBreaker:
        """Ask the service for something again and again, until a breaker has that state."""
        try:
            async with asyncio.timeout(UNTIL_S):
                while True:
                    await self.http.get(ask)
                    shown = (await self.breakers())[name]
                    if shown.state == shows:
                        return shown
        except TimeoutError:
            raise AssertionError(f"{name} is not {shows} after {UNTIL_S:g} s") from None


def visiting(
    world: World, service: str, person: Person | None, *, url: str | None = None
) -> httpx.AsyncClient:
    """Make a browser for somebody; to be entered."""
    return httpx.AsyncClient(
        base_url=f"{url or world.url}/api/{service}/admin/",
        cookies={} if person is None else {ACCESS_COOKIE: person.token},
        headers={"Origin": world.url},
        timeout=WITHIN_S,
    )
