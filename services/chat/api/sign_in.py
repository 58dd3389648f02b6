"""``/auth/…``: sign up, sign in, stay signed in, sign out."""

from django.http import HttpRequest, HttpResponse
from msgspec import UNSET
from ninja import Router

from libs.common.errors import Unauthenticated
from libs.common.http.bodies import answer, documented, no_content, read_body
from libs.common.tokens import LIFETIME_S, TICKET_LIFETIME_S
from services.chat.actions import identity
from services.chat.actions.identity import SignedIn
from services.chat.api import credentials
from services.chat.api.credentials import caller_of, signed_in_lately
from services.chat.api.failed_sign_ins import note_failure
from services.chat.api.parts import address_of, parts_of, sign_in_throttle, tell_ended
from services.chat.api.shapes.sign_in import (
    Credentials,
    Registration,
    SessionAnswer,
    SignOut,
    TicketAnswer,
    TokenAnswer,
)
from services.chat.models import User
from services.chat.selectors.people import person

router = Router(tags=["sign-in"])


@router.post("/register", auth=None, **documented(body=Registration, answers={201: SessionAnswer}))
async def register(request: HttpRequest) -> HttpResponse:
    """Sign up, and be signed in: the cookies are set."""
    credentials.check_same_site(request)
    parts_of(request).admission.check_newcomer()
    new = read_body(request, Registration)
    async with sign_in_throttle().registration():
        user = await parts_of(request).database.run(
            identity.register_user,
            username=new.username,
            password=new.password,
            display_name=new.display_name,
            address=address_of(request),
        )
    return await _signed_in_browser(request, user, status=201)


@router.post("/login", auth=None, **documented(body=Credentials, answers={200: SessionAnswer}))
async def login(request: HttpRequest) -> HttpResponse:
    """Sign in with a browser: the cookies are set."""
    credentials.check_same_site(request)
    user = await _user_by_password(request)
    return await _signed_in_browser(request, user, status=200)


@router.post("/token", auth=None, **documented(body=Credentials, answers={200: TokenAnswer}))
async def token(request: HttpRequest) -> HttpResponse:
    """Sign in without a browser: the answer holds a bearer token, and no cookie is set."""
    user = await _user_by_password(request)
    signed_in = await begin(request, user, browser=False)
    return answer(
        TokenAnswer(access_token=token_for(request, user, sid=signed_in.sid), expires_in=LIFETIME_S)
    )


@router.get("/session", auth=signed_in_lately, **documented(answers={200: SessionAnswer}))
async def session(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in, and renew the token (accepted until 60 s after its end)."""
    caller = caller_of(request)
    if not await parts_of(request).database.run(identity.renew_sign_in, sid=caller.sid):
        raise Unauthenticated
    access_token = token_for(request, caller.user, sid=caller.sid)
    bearer = caller.by == "bearer"
    response = answer(
        SessionAnswer(
            user=person(caller.user),
            csrf_token=credentials.new_csrf_token(request, rotate=False),
            access_token=access_token if bearer else UNSET,
            expires_in=LIFETIME_S if bearer else UNSET,
        )
    )
    if not bearer:
        credentials.set_access_cookie(response, access_token)
        credentials.set_csrf_cookie(request, response)
    return response


@router.post("/ticket", **documented(answers={200: TicketAnswer}))
async def ticket(request: HttpRequest) -> HttpResponse:
    """Give a one-time ticket, for clients whose WebSocket carries neither header nor cookie.

    It renews the sign-in, as a new token would: the socket stays open as long as with one.
    """
    caller, parts = caller_of(request), parts_of(request)
    parts.admission.check_newcomer()
    if not await parts.database.run(identity.renew_sign_in, sid=caller.sid):
        raise Unauthenticated
    made = parts.tokens.issue_ticket(sub=caller.id, sid=caller.sid)
    return answer(TicketAnswer(ticket=made, expires_in=TICKET_LIFETIME_S))


@router.post("/logout", **documented(body=SignOut, answers={204: None}))
async def logout(request: HttpRequest) -> HttpResponse:
    """Sign out here, or everywhere, for good; open sockets are closed."""
    caller, parts = caller_of(request), parts_of(request)
    wish = read_body(request, SignOut)
    ended = await parts.database.run(
        identity.sign_out,
        user_id=caller.id,
        sid=caller.sid,
        by_sid=caller.sid,
        address=address_of(request),
        everywhere=wish.everywhere,
    )
    tell_ended(parts, user_id=caller.id, sids=ended)
    response = no_content()
    credentials.forget_cookies(response)
    return response


async def begin(request: HttpRequest, user: User, *, browser: bool) -> SignedIn:
    """Begin a sign-in; for a ``browser`` in place of the one that it had until now, if any.

    Raises:
        Unauthenticated: the user was deactivated meanwhile.
    """
    parts = parts_of(request)
    signed_in = await parts.database.run(
        identity.begin_sign_in,
        user=user,
        user_agent=request.headers.get("User-Agent", ""),
        browser=browser,
        address=address_of(request),
        instead_of=credentials.session_key_of(request) if browser else "",
    )
    replaced = signed_in.replaced
    if replaced is not None:
        tell_ended(parts, user_id=str(replaced.user.id), sids=[replaced.sid])
    return signed_in


def token_for(request: HttpRequest, user: User, *, sid: str) -> str:
    """Return a new token of a sign-in."""
    return parts_of(request).tokens.issue(
        sub=str(user.id), sid=sid, name=user.username, staff=user.is_staff
    )


async def _user_by_password(request: HttpRequest) -> User:
    given = read_body(request, Credentials)
    parts_of(request).admission.check_newcomer()
    throttle = sign_in_throttle()
    try:
        async with throttle.attempt(username=given.username, address=address_of(request)):
            return await parts_of(request).database.run(
                identity.check_password, username=given.username, password=given.password
            )
    except Unauthenticated:
        await note_failure(request, username=given.username)
        raise


async def _signed_in_browser(request: HttpRequest, user: User, *, status: int) -> HttpResponse:
    signed_in = await begin(request, user, browser=True)
    csrf_token = credentials.new_csrf_token(request, rotate=True)
    response = answer(SessionAnswer(user=person(user), csrf_token=csrf_token), status=status)
    token = token_for(request, user, sid=signed_in.sid)
    credentials.set_cookies(request, response, signed_in, token)
    return response
