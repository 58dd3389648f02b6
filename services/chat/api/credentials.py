"""Who asks. The first credential that is present decides, also where it is wrong.

In this order: ``Authorization: Bearer``, the access cookie, Django's session cookie. A token is
verified offline; then one read by primary key makes sure that its sign-in has not ended. Other
services do without that read (``libs.common.http.credentials``). A cookie comes with requests of
foreign pages too, so what writes and came with one needs the CSRF token as well.
"""

from typing import Any, Literal, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token, rotate_token

from libs.common.errors import CsrfFailed, Unauthenticated
from libs.common.http import csrf
from libs.common.http.credentials import PresentedToken, presented_token
from libs.common.tokens import ACCESS_COOKIE, LIFETIME_S, RENEWAL_GRACE_S
from services.chat.actions.identity import SignedIn
from services.chat.api.parts import parts_of
from services.chat.models import User
from services.chat.selectors import people


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and by which credential that is known."""

    user: User
    sid: str
    by: Literal["bearer", "access cookie", "session cookie"]

    @property
    def id(self) -> str:
        """The user's id on the wire."""
        return str(self.user.id)


class StaleAccessCookie(Unauthenticated):
    """The access cookie decided, and does not hold (any more)."""


class SignedInOnly:
    """Lets a request through to its view only from somebody who is signed in.

    Args:
        leeway_s: how long after its end a token is still accepted, in seconds.
    """

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A browser sends its cookies instead, and with requests that write the "
        "`csrf_token` of `GET /api/chat/auth/session` in `X-CSRFToken`.",
    }

    def __init__(self, *, leeway_s: float = 0) -> None:
        self._leeway_s = leeway_s

    async def __call__(self, request: HttpRequest) -> Caller:
        """Return who asks; ``caller_of`` finds it again.

        Raises:
            Unauthenticated: nobody, or a credential that does not hold.
            CsrfFailed: a cookie request that writes came without its token.
            RateLimited: this person asks too much.
        """
        caller = await self._caller(request)
        if caller.by != "bearer":
            csrf.check_token(request)
        return caller

    async def _caller(self, request: HttpRequest) -> Caller:
        token = presented_token(request)
        if token is None:
            return await _by_session(request)
        try:
            return await self._by_token(request, token)
        except Unauthenticated:
            if token.by == "access cookie":
                raise StaleAccessCookie from None
            raise

    async def _by_token(self, request: HttpRequest, token: PresentedToken) -> Caller:
        parts = parts_of(request)
        claims = parts.verifier.verify(token.text, leeway_s=self._leeway_s)
        parts.requests.check(claims.sub)
        user = await parts.database.run(people.session_owner, sid=claims.sid, user_id=claims.sub)
        if user is None:
            raise Unauthenticated
        return Caller(user=user, sid=claims.sid, by=token.by)


signed_in = SignedInOnly()
signed_in_lately = SignedInOnly(leeway_s=RENEWAL_GRACE_S)
"""For the renewal of a token that may just have ended."""


def caller_of(request: HttpRequest) -> Caller:
    """Return who asks, in a view that only those who are signed in reach."""
    return cast(Caller, cast(Any, request).auth)


def check_same_site(request: HttpRequest) -> None:
    """Check that a foreign page does not sign a person in as somebody else.

    Raises:
        CsrfFailed: the request comes from a page that is not ours.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin not in settings.CSRF_TRUSTED_ORIGINS:
            raise CsrfFailed("This page must not sign people in.")
    elif request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise CsrfFailed("This page must not sign people in.")


def session_key_of(request: HttpRequest) -> str:
    """Return the key of Django's session that a browser brings, empty where it brings none."""
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def new_csrf_token(request: HttpRequest, *, rotate: bool) -> str:
    """Return a token for ``X-CSRFToken``; ``rotate`` ends those that were given before."""
    if rotate:
        rotate_token(request)
    return get_token(request)


def set_cookies(
    request: HttpRequest, response: HttpResponse, signed_in: SignedIn, token: str
) -> None:
    """Send all cookies of a sign-in that a browser has just begun; after ``new_csrf_token``."""
    _set_session_cookie(response, signed_in)
    set_access_cookie(response, token)
    set_csrf_cookie(request, response)


def set_csrf_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Send the cookie that goes with ``new_csrf_token``."""
    csrf.set_cookie(request, response)


def _set_session_cookie(response: HttpResponse, signed_in: SignedIn) -> None:
    """Send Django's session cookie of a sign-in that has just begun."""
    if signed_in.session_key is not None:
        _set_cookie(
            response,
            settings.SESSION_COOKIE_NAME,
            signed_in.session_key,
            max_age_s=settings.SESSION_COOKIE_AGE,
            path=settings.SESSION_COOKIE_PATH,
        )


def set_access_cookie(response: HttpResponse, token: str) -> None:
    """Send the token as a cookie that ends with it."""
    _set_cookie(response, ACCESS_COOKIE, token, max_age_s=LIFETIME_S, path="/")


def forget_cookies(response: HttpResponse) -> None:
    """Take the cookies that sign somebody in out of the browser."""
    response.delete_cookie(ACCESS_COOKIE, path="/", samesite="Lax")
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME, path=settings.SESSION_COOKIE_PATH, samesite="Lax"
    )


def _set_cookie(
    response: HttpResponse, name: str, value: str, *, max_age_s: int, path: str
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


async def _by_session(request: HttpRequest) -> Caller:
    session_key = session_key_of(request)
    if not session_key:
        raise Unauthenticated
    session = await parts_of(request).database.run(people.browser_session, session_key)
    if session is None:
        raise Unauthenticated
    parts_of(request).requests.check(str(session.user.id))
    return Caller(user=session.user, sid=session.sid, by="session cookie")
