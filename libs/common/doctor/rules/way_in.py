"""What stands in front of the services, as a browser meets it."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from libs.common.doctor import checks
from libs.common.doctor.checks import Check, Finding
from libs.common.secure_headers import HEADERS, HSTS

OK, BAD_HOST, UNAUTHORIZED, REFUSED, NOT_FOUND, TOO_LARGE = 200, 400, 401, 403, 404, 413
MOVED = frozenset({301, 302, 307, 308})
NOT_AUTHENTICATED = 4001
"""With which chat closes a socket that nobody signed in for."""
BODY_BYTES = 512 * 1024
"""The longest picture that people may send."""
IDLE_S = 95
"""Three heartbeats, and some."""
DAYS_SOON, DAYS_NOW = 14, 3
WIDE = 65_536
"""Addresses above which a network is hardly that of proxies alone."""
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """What became of a WebSocket.

    Attributes:
        status: of a handshake that was refused; None where it was not, or nobody answered.
        close_code: None where it was not closed in time, or never open.
        lasted_s: how long it was open.
    """

    status: int | None = None
    close_code: int | None = None
    lasted_s: float = 0.0


UNREACHABLE = {
    "certificate": (
        "Its certificate is not accepted: ended, of another name, or by nobody whom we know.",
        "Renew it; for an authority of your own give the doctor SSL_CERT_FILE.",
    ),
    "name": ("Its name is not known here.", "Look at DNS, or say where it is: --via HOST:PORT."),
    "away": (
        "Nobody answers there.",
        "See that the gateway runs; from in here it may have another address: --via HOST:PORT.",
    ),
    "broken": ("What answers there is no HTTP.", "Look at scheme and port of --url."),
}
"""By kind, what is seen and what to do."""


def judge_unreachable(check: Check, about: str, kind: str, *, told: bool) -> Finding:
    """Say why nobody comes in; ``kind`` is one of ``UNREACHABLE``.

    Args:
        check: what was looked at.
        about: likewise.
        kind: why.
        told: whether somebody said that it is reached from here.
    """
    seen, do = UNREACHABLE[kind]
    if told or kind == "certificate":
        return check.wrong(about, seen, do)
    return check.look(about, seen, f"{do} Browsers may reach it all the same.")


def judge_site(answer: Answer) -> Finding:
    """Judge what ``/healthz`` said, which is chat's."""
    if answer.status == OK:
        return checks.WAY_IN.ok("", "People come in.")
    if answer.status == BAD_HOST:
        return checks.WAY_IN.wrong(
            "", "It does not serve that host (400).", "Put the name into ALLOWED_HOSTS."
        )
    return checks.WAY_IN.wrong(
        "",
        f"/healthz is answered {answer.status}.",
        "See that chat is ready, that the gateway may reach it, and that / leads to it.",
    )


def judge_service(service: str, answer: Answer) -> Finding:
    """Judge what ``/api/<service>/healthz`` said: no other service knows that path."""
    check = checks.WAY_IN_SERVICES
    if answer.status == OK and answer.body == b'{"status":"ok"}':
        return check.ok(service, f"/api/{service}/ leads to it.")
    if answer.status == OK:
        return check.wrong(
            service,
            f"/api/{service}/ leads to something that is no service of Parley.",
            "Look at the paths of the gateway or Ingress.",
        )
    if answer.status == NOT_FOUND:
        return check.wrong(
            service,
            f"/api/{service}/ leads elsewhere: there is no such path.",
            "Look at the paths of the gateway or Ingress.",
        )
    if answer.status == BAD_HOST:
        return check.wrong(
            service, "It does not serve that host (400).", "Put the name into ALLOWED_HOSTS."
        )
    return check.wrong(
        service,
        f"It answers {answer.status}.",
        "See that a process of it is ready, and that the gateway may reach it.",
    )


def judge_headers(answer: Answer, *, https: bool) -> Finding:
    """Judge whether the headers that make browsers careful arrive."""
    expected = {**HEADERS, "strict-transport-security": HSTS} if https else HEADERS
    changed = [name for name, value in expected.items() if answer.headers.get(name) != value]
    if changed:
        return checks.WAY_IN_HEADERS.wrong(
            "",
            f"Missing or changed: {', '.join(changed)}.",
            "Let the gateway pass headers as they are; without HSTS see DEVELOPMENT.",
        )
    return checks.WAY_IN_HEADERS.ok("", "All headers of the services arrive.")


def judge_certificate(days: float) -> Finding:
    """Judge for how many days the certificate holds."""
    check, seen = checks.WAY_IN_CERTIFICATE, f"The certificate holds for {days:.0f} days."
    do = "Renew it, and see why nobody has: a Secret, a mount, cert-manager."
    if days < DAYS_NOW:
        return check.wrong("", seen, do)
    if days < DAYS_SOON:
        return check.look("", seen, do)
    return check.ok("", seen)


def judge_redirect(answer: Answer | None, *, host: str) -> Finding:
    """Judge what is at port 80 of a site that is served over https; None where nobody answers."""
    if answer is None:
        return checks.WAY_IN_REDIRECT.ok("", "Nobody answers over plain http.")
    if answer.status in MOVED and answer.headers.get("location", "").startswith(
        (f"https://{host}/", f"https://{host}:")
    ):
        return checks.WAY_IN_REDIRECT.ok("", "Plain http leads to https.")
    return checks.WAY_IN_REDIRECT.wrong(
        "",
        f"Plain http is answered {answer.status}, and does not lead to https.",
        "Let the gateway redirect, or close port 80.",
    )


def judge_stranger(facts: SocketFacts) -> Finding:
    """Judge what became of a socket without a credential: accepted, and closed with 4001."""
    check = checks.WAY_IN_SOCKETS
    if facts.close_code == NOT_AUTHENTICATED:
        return check.ok("/ws/chat/", "WebSockets pass.")
    if facts.status == REFUSED:
        return check.wrong(
            "/ws/chat/",
            "The page's own origin is refused (403).",
            "Put what stands in the address bar into ALLOWED_ORIGINS of chat.",
        )
    if facts.status is not None:
        return check.wrong(
            "/ws/chat/",
            f"The handshake is answered {facts.status}.",
            "Let the gateway pass Upgrade on, for /ws/ to chat.",
        )
    how = "not closed" if facts.close_code is None else f"closed with {facts.close_code}"
    return check.look(
        "/ws/chat/",
        f"A socket without credential was {how}, instead of with 4001.",
        "See the log of chat: it may refuse newcomers, or have no database.",
    )


def judge_foreign_page(facts: SocketFacts) -> Finding:
    """Judge what became of a socket that a page of another origin opened."""
    check = checks.WAY_IN_FOREIGN_PAGES
    if facts.status == REFUSED:
        return check.ok("/ws/chat/", "Pages of other origins are refused.")
    if facts.status is not None:
        return check.look(
            "/ws/chat/", f"The handshake is answered {facts.status}.", "Mend way_in.sockets first."
        )
    return check.wrong(
        "/ws/chat/",
        "A page of another origin may open a socket.",
        "Look at ALLOWED_ORIGINS of chat, and whether the gateway changes Origin.",
    )


def judge_body(answer: Answer) -> Finding:
    """Judge whether a body of the longest picture passes."""
    is_ours = answer.headers.get("content-type", "").startswith(PROBLEM)
    if answer.status == TOO_LARGE and not is_ours:
        return checks.WAY_IN_BODY.wrong(
            "",
            "The gateway refuses a body of 512 KiB (413).",
            "Let it pass 1 MiB: client_max_body_size, or its annotation.",
        )
    if answer.status == UNAUTHORIZED and is_ours:
        return checks.WAY_IN_BODY.ok("", "A body of 512 KiB passes.")
    return checks.WAY_IN_BODY.look(
        "", f"A body of 512 KiB is answered {answer.status}.", "Mend way_in.services first."
    )


def judge_proxies(trusted: Sequence[str], *, development: bool) -> Iterator[Finding]:
    """Judge whose ``X-Forwarded-For`` is believed, by the setting alone.

    What a service makes of a claim is told to nobody without a credential.
    """
    check = checks.WAY_IN_PROXIES
    if not trusted and not development:
        yield check.look(
            "",
            "TRUSTED_PROXIES is empty: behind a proxy all people are one address, and share its limits.",
            "Name the addresses of the proxies, unless clients connect themselves.",
        )
        return
    try:
        networks = [ipaddress.ip_network(each) for each in trusted]
    except ValueError:
        yield check.wrong(
            "",
            "TRUSTED_PROXIES holds something that is no address: a name, perhaps.",
            "Name the addresses of the proxies: services do not start otherwise.",
        )
        return
    everybody = [network for network in networks if network.prefixlen == 0]
    wide = [str(network) for network in networks if network.num_addresses > WIDE]
    if everybody:
        yield check.wrong(
            "",
            "TRUSTED_PROXIES is everybody: anyone chooses their address.",
            "Name the addresses of the proxies alone.",
        )
    elif wide:
        yield check.look(
            "",
            f"TRUSTED_PROXIES is wide: {', '.join(wide)}.",
            "Name the addresses of the proxies alone: who else is in there chooses their address.",
        )
    else:
        yield check.ok("", "X-Forwarded-For is believed from few addresses, or from nobody.")


def judge_idle(facts: SocketFacts | None) -> Finding:
    """Judge whether a silent socket lived; None where there was no token to open one with."""
    check = checks.WAY_IN_IDLE
    if facts is None:
        return check.look(
            "/ws/chat/",
            "Without a token no socket stays open, so nothing could be told.",
            "Give an access token of somebody's: --token FILE.",
        )
    if facts.status is not None or facts.close_code == NOT_AUTHENTICATED:
        return check.look(
            "/ws/chat/", "The token opens no socket.", "Get a new one: it holds for ten minutes."
        )
    if facts.close_code is not None:
        return check.wrong(
            "/ws/chat/",
            f"A silent socket was cut off after {facts.lasted_s:.0f} s.",
            "Raise the idle timeout of all that is in front above 60 s.",
        )
    return check.ok("/ws/chat/", f"A silent socket lives for {IDLE_S} s.")
