"""``/auth/exchange``: a token of another system becomes a sign-in here."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import NotFound
from libs.common.tokens import LIFETIME_S
from services.chat.actions import exchange as exchanging
from services.chat.actions.identity import begin_sign_in
from services.chat.api import credentials
from services.chat.api.bodies import answer, documented, read_body
from services.chat.api.parts import parts_of, sign_in_throttle
from services.chat.api.shapes.exchange import Exchange
from services.chat.api.shapes.sign_in import TokenAnswer
from services.chat.models import User

router = Router(tags=["sign-in"])


@router.post("/exchange", auth=None, **documented(body=Exchange, answers={200: TokenAnswer}))
async def exchange(request: HttpRequest) -> HttpResponse:
    """Sign in with a token of the configured issuer, who is known here from then on.

    With `cookie` the browser's cookies are set as well. Where no issuer is configured: 404.
    """
    wish = read_body(request, Exchange)
    if wish.cookie:
        credentials.check_same_site(request)
    user = await _user_by_external_token(request, wish.token)
    parts = parts_of(request)
    signed_in = await parts.database.run(
        begin_sign_in,
        user=user,
        user_agent=request.headers.get("User-Agent", ""),
        browser=wish.cookie,
        instead_of=credentials.session_key_of(request) if wish.cookie else "",
    )
    token = parts.tokens.issue(
        sub=str(user.id), sid=signed_in.sid, name=user.username, staff=user.is_staff
    )
    response = answer(TokenAnswer(access_token=token, expires_in=LIFETIME_S))
    if wish.cookie:
        credentials.tell_replaced(request, signed_in)
        credentials.new_csrf_token(request, rotate=True)
        credentials.set_session_cookie(response, signed_in)
        credentials.set_access_cookie(response, token)
        credentials.set_csrf_cookie(request, response)
    return response


async def _user_by_external_token(request: HttpRequest, token: str) -> User:
    parts = parts_of(request)
    if parts.external is None:
        raise NotFound("Tokens of other systems are not exchanged here.")
    address = request.META.get("REMOTE_ADDR", "")
    async with sign_in_throttle().exchange(address=address):
        person = await parts.external.verify(token)
        return await parts.database.run(exchanging.admit_external, person=person)
