"""Who opens this WebSocket, and from which page.

The first credential that is *present* decides, valid or not; another one is not tried. That a
credential is genuine (``claims_of``) is known without the database; whether it still holds is asked
there: for a ticket (``owner_of``) this also uses it up, of all others their rooms are read with it.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.security.websocket import OriginValidator

from libs.common.database import DatabaseThreads
from libs.common.errors import Unauthenticated
from libs.common.together import Together
from libs.common.tokens import ACCESS_COOKIE, Claims, Ticket, Verifier
from services.chat.actions.tickets import use_ticket
from services.chat.models import User
from services.chat.selectors.arrivals import Arrival, arrivals_of

Arrivals = Together[tuple[str, str], Arrival]
"""Tells whose a sign-in is and which rooms they are in, by (sid, user id)."""

_BEARER = "bearer "


def arrivals_in(database: DatabaseThreads) -> Arrivals:
    """Return what asks the database; one per process, so that who comes at once asks together."""
    return Arrivals(lambda claimed: database.run(arrivals_of, claimed))


class OriginRule(OriginValidator):  # type: ignore[misc]  # Channels has no types
    """Refuses (403) pages of foreign origins, and cookies that come without an Origin.

    A client that is no browser sends no Origin and no cookie: it may come from anywhere.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the connection on, or refuse it."""
        origin = header(scope, b"origin")
        allowed = credential_of(scope)[0] != "cookie" if origin is None else self._is_ours(origin)
        if allowed:
            await self.application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})  # before it was accepted: HTTP 403

    def _is_ours(self, origin: str) -> bool:
        try:
            return bool(self.valid_origin(urlsplit(origin)))
        except ValueError:  # it is no address: half an IPv6 one, a port that is no number
            return False


def header(scope: Any, name: bytes) -> str | None:
    """Return the first value of a header of the handshake."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def address_of(scope: Any) -> str:
    """Return where a connection comes from; empty where the server does not know."""
    client = scope.get("client")
    return client[0] if client else ""


def credential_of(scope: Any) -> tuple[str, str]:
    """Return the kind (``bearer``, ``ticket``, ``cookie`` or ``none``) and the credential.

    It is empty where it is not to be made out: a ticket that is given twice, for instance.
    """
    authorization = header(scope, b"authorization")
    if authorization is not None:
        if authorization.lower().startswith(_BEARER):
            return "bearer", authorization[len(_BEARER) :].strip()
        return "bearer", ""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if "ticket" in query:
        tickets = query["ticket"]
        return "ticket", tickets[0] if len(tickets) == 1 else ""
    token = _cookie(header(scope, b"cookie") or "")
    return ("none", "") if token is None else ("cookie", token)


def claims_of(scope: Any, verifier: Verifier) -> Claims | Ticket:
    """Return who the credential says it is.

    Raises:
        Unauthenticated: there is none, or it is not genuine, or it has ended.
    """
    kind, credential = credential_of(scope)
    if kind == "none":
        raise Unauthenticated
    return verifier.verify_ticket(credential) if kind == "ticket" else verifier.verify(credential)


async def owner_of(ticket: Ticket, database: DatabaseThreads) -> User:
    """Return the user whose ticket it is, and use it up: to be asked once, at the end.

    Raises:
        Unauthenticated: the sign-in has ended, or the ticket was used before.
        ParleyError: the database did not answer. The ticket may be used up then, or not.
    """
    user = await database.run(use_ticket, ticket=ticket)
    if user is None:
        raise Unauthenticated
    return user


def _cookie(text: str) -> str | None:
    try:
        morsel = SimpleCookie(text).get(ACCESS_COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value
