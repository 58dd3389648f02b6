"""The way in: everything that is asked as people's browsers would ask it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from libs.common.clock import Clock
from libs.common.doctor import checks
from libs.common.doctor.asking import http
from libs.common.doctor.asking.sockets import open_socket
from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.checks import Check, Finding
from libs.common.doctor.looks import WITHIN_S, Look
from libs.common.doctor.rules import way_in
from libs.common.doctor.settings import SERVICES

FOREIGN = "https://doctor.invalid"
CLOSED_WITHIN_S = WITHIN_S * 0.75
"""A socket without credential is closed at once; later than that it counts as open."""
DAY_S = 86_400
HTTP_PORT = 80
PICTURE = "/api/chat/me/avatar"


@dataclass(frozen=True, kw_only=True)
class Outside:
    """The way in.

    Attributes:
        place: where people come in.
        told: whether somebody said so, or the settings made us think it.
        trusted: whose ``X-Forwarded-For`` is believed; None where the settings are not known.
        development: whether they say that all of it is for this machine.
        idle: whether a silent socket is held.
        token: of somebody, to hold it with.
        clock: when certificates are looked at.
    """

    place: http.Place
    told: bool
    trusted: Sequence[str] | None
    development: bool
    idle: bool
    token: str | None
    clock: Clock

    def first_look(self) -> Look:
        """Return the one without which there is no other."""
        return self._look(checks.WAY_IN, "", self._site)

    def looks(self) -> Iterable[Look]:
        """Return all others."""
        for service in SERVICES:
            yield self._service(service)
        yield self._look(checks.WAY_IN_HEADERS, "", self._headers)
        yield self._look(checks.WAY_IN_SOCKETS, "/ws/chat/", self._stranger)
        yield self._look(checks.WAY_IN_FOREIGN_PAGES, "/ws/chat/", self._foreign_page)
        yield self._look(checks.WAY_IN_BODY, "", self._body)
        if self.trusted is not None:
            yield self._look(checks.WAY_IN_PROXIES, "", self._proxies)
        if self.place.scheme == "https":
            yield self._look(checks.WAY_IN_CERTIFICATE, "", self._certificate)
        if self.place.scheme == "https" and self.place.via is None:
            yield self._look(checks.WAY_IN_REDIRECT, "", self._redirect)
        if self.idle:
            within_s = way_in.IDLE_S + 2 * WITHIN_S
            yield self._look(checks.WAY_IN_IDLE, "/ws/chat/", self._idle, within_s=within_s)

    def _look(
        self,
        check: Check,
        about: str,
        ask: Callable[[], Awaitable[Iterable[Finding]]],
        *,
        within_s: float = WITHIN_S,
    ) -> Look:
        async def run() -> Iterable[Finding]:
            try:
                return await ask()
            except Unreachable as error:
                return [way_in.judge_unreachable(check, about, error.kind, told=self.told)]

        return Look(check, about, run, within_s)

    def _service(self, service: str) -> Look:
        async def ask() -> Iterable[Finding]:
            answer = await http.ask(self.place, f"/api/{service}/healthz")
            return [way_in.judge_service(service, answer)]

        return self._look(checks.WAY_IN_SERVICES, service, ask)

    async def _site(self) -> Iterable[Finding]:
        return [way_in.judge_site(await http.ask(self.place, "/healthz"))]

    async def _headers(self) -> Iterable[Finding]:
        answer = await http.ask(self.place, "/healthz")
        return [way_in.judge_headers(answer, https=self.place.scheme == "https")]

    async def _stranger(self) -> Iterable[Finding]:
        facts = await open_socket(self.place, origin=self.place.origin, for_s=CLOSED_WITHIN_S)
        return [way_in.judge_stranger(facts)]

    async def _foreign_page(self) -> Iterable[Finding]:
        facts = await open_socket(self.place, origin=FOREIGN, for_s=CLOSED_WITHIN_S)
        return [way_in.judge_foreign_page(facts)]

    async def _body(self) -> Iterable[Finding]:
        answer = await http.ask(
            self.place,
            PICTURE,
            method="PUT",
            headers={"Content-Type": "image/png", "Origin": self.place.origin},
            body=bytes(way_in.BODY_BYTES),
        )
        return [way_in.judge_body(answer)]

    async def _proxies(self) -> Iterable[Finding]:
        return way_in.judge_proxies(self.trusted or (), development=self.development)

    async def _certificate(self) -> Iterable[Finding]:
        ends_s = await http.certificate_ends_s(self.place)
        return [way_in.judge_certificate((ends_s - self.clock.now().timestamp()) / DAY_S)]

    async def _redirect(self) -> Iterable[Finding]:
        plain = replace(self.place, scheme="http", port=HTTP_PORT)
        try:
            answer = await http.ask(plain, "/healthz")
        except Unreachable:
            return [way_in.judge_redirect(None, host=self.place.host)]
        return [way_in.judge_redirect(answer, host=self.place.host)]

    async def _idle(self) -> Iterable[Finding]:
        if self.token is None:
            return [way_in.judge_idle(None)]
        facts = await open_socket(
            self.place, origin=self.place.origin, token=self.token, for_s=way_in.IDLE_S
        )
        return [way_in.judge_idle(facts)]
