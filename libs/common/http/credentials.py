"""Who asks, as far as an access token tells. The first credential that is present decides.

``Authorization: Bearer`` comes before the access cookie, also where it is wrong. A token is
verified offline: that its sign-in has ended meanwhile is known to chat alone, and noticed here
when the token ends, at most ten minutes later.
"""

from collections.abc import Callable
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest

from libs.common.errors import Unauthenticated
from libs.common.http import csrf
from libs.common.rates.keyed import KeyedLimit
from libs.common.tokens import ACCESS_COOKIE, Claims, Verifier


class PresentedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that came with a request; nobody has looked at it yet."""

    text: str
    by: Literal["bearer", "access cookie"]


def presented_token(request: HttpRequest) -> PresentedToken | None:
    """Return the access token that decides who asks; None where the request brings none.

    Raises:
        Unauthenticated: there is an ``Authorization`` of another kind.
    """
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return PresentedToken(text=token.strip(), by="bearer")
    cookie = request.COOKIES.get(ACCESS_COOKIE)
    return None if cookie is None else PresentedToken(text=cookie, by="access cookie")


class TokenHoldersOnly:
    """Lets a request through to its view only with a good access token: for all but chat.

    A cookie comes with requests of foreign pages too, so with one what writes needs a CSRF token.

    Args:
        verifier_of: finds what verifies tokens, from the request.
        limit_of: finds the limit of each person's requests.
    """

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of chat. A browser sends its cookie instead, and with "
        "requests that write the `csrf_token` of `GET /api/chat/auth/session` in `X-CSRFToken`.",
    }

    def __init__(
        self,
        verifier_of: Callable[[HttpRequest], Verifier],
        limit_of: Callable[[HttpRequest], KeyedLimit],
    ) -> None:
        self._verifier_of = verifier_of
        self._limit_of = limit_of

    async def __call__(self, request: HttpRequest) -> Claims:
        """Return what the token says; ``holder_of`` finds it again.

        Raises:
            Unauthenticated: there is no token, or it does not hold.
            CsrfFailed: the request writes, and came with a cookie and without a CSRF token.
            RateLimited: this person asks too much.
        """
        token = presented_token(request)
        if token is None:
            raise Unauthenticated
        claims = self._verifier_of(request).verify(token.text)
        if token.by != "bearer":
            csrf.check_token(request)
        self._limit_of(request).check(claims.sub)
        return claims


def holder_of(request: HttpRequest) -> Claims:
    """Return who asks, as their token says; for views that ``TokenHoldersOnly`` guards."""
    return cast(Claims, cast(Any, request).auth)
