"""The page of breakers: what it says of each, by a clock of the test, and whom it lets in."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from django.core.asgi import get_asgi_application

from dev.keys import make_secrets
from libs.common.breakers import Breaker, Guarded
from libs.common.clock import ManualClock
from libs.common.http.parts import with_parts
from libs.common.tokens import Issuer, Verifier
from tests.admin_pages import read_breakers

PATH = "/api/presence/admin/breakers/"
RESET_AFTER_S = 8.0


class Parts(msgspec.Struct):
    """What the page stands on; there is no database."""

    verifier: Verifier
    breakers: list[Guarded]


class Away(Exception):
    """What the dependency answers while it is down."""


class House:
    """A process with one breaker, staff and others."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        self.clock = ManualClock()
        self.breaker = Breaker(
            "a-dependency", clock=self.clock, fail_max=2, reset_after_s=RESET_AFTER_S
        )
        self.tokens = Issuer(secrets.token_signing_key, verify_keys=keys, clock=self.clock)
        self.parts = Parts(
            verifier=Verifier(keys, clock=self.clock),
            breakers=[Guarded(self.breaker, "Callers get <nothing> & wait.")],
        )

    def trip(self):
        for _ in range(2):
            with pytest.raises(Away), self.breaker.guard():
                raise Away

    async def answer(self, *, staff=True):
        token = self.tokens.issue(sub="u", sid="s", name="chief", staff=staff)
        django: Any = get_asgi_application()
        transport = httpx.ASGITransport(with_parts(django, self.parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://pod:8123") as http:
            return await http.get(PATH, headers={"Authorization": f"Bearer {token}"})

    async def shown(self):
        return read_breakers((await self.answer()).text)["a-dependency"]


@pytest.fixture
def house(settings):
    settings.ROOT_URLCONF = "services.presence.urls"
    settings.ALLOWED_HOSTS = ["pod"]
    return House()


async def test_a_closed_breaker_waits_for_no_probe(house):
    shown = await house.shown()

    assert (shown.state, shown.seconds, shown.running) == ("closed", "-", "0")
    assert shown.while_open == "Callers get <nothing> & wait."
    assert shown.transitions == []


async def test_an_open_breaker_tells_how_long_it_is_until_a_probe(house):
    house.trip()
    house.clock.advance(5.5)

    shown = await house.shown()

    assert (shown.state, shown.seconds) == ("open", "2.5")
    assert shown.transitions == ["open"]


async def test_a_probe_is_seen_in_flight_and_transitions_stand_newest_first(house):
    house.trip()
    house.clock.advance(RESET_AFTER_S)
    answer = asyncio.Event()
    probe = asyncio.create_task(house.breaker.call(answer.wait))
    await asyncio.sleep(0)

    during = await house.shown()
    answer.set()
    await probe
    after = await house.shown()

    assert (during.state, during.running) == ("half-open", "1")
    assert during.transitions == ["half-open", "open"]
    assert (after.state, after.running) == ("closed", "0")
    assert after.transitions == ["closed", "half-open", "open"]


async def test_the_page_says_which_process_answered_and_when_states_changed(house):
    house.trip()

    answer = await house.answer()

    assert ":8123</strong>" in answer.text
    assert "2026-01-01 00:00:00 open" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


async def test_others_than_staff_are_refused(house):
    answer = await house.answer(staff=False)

    assert answer.status_code == 403
    assert "a-dependency" not in answer.text
