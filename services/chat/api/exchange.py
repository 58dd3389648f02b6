"""``/auth/exchange``: a token of another system becomes a sign-in here."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import NotFound, Unauthenticated
from libs.common.http.bodies import answer, documented, read_body
from libs.common.tokens import LIFETIME_S
from services.chat.actions.exchange import admit_external
from services.chat.api import credentials
from services.chat.api.failed_sign_ins import note_failure
from services.chat.api.parts import address_of, parts_of, sign_in_throttle
from services.chat.api.shapes.exchange import Exchange
from services.chat.api.shapes.sign_in import TokenAnswer
from services.chat.api.sign_in import begin, token_for
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
    signed_in = await begin(request, user, browser=wish.cookie)
    token = token_for(request, user, sid=signed_in.sid)
    response = answer(TokenAnswer(access_token=token, expires_in=LIFETIME_S))
    if wish.cookie:
        credentials.new_csrf_token(request, rotate=True)
        credentials.set_cookies(request, response, signed_in, token)
    return response


async def _user_by_external_token(request: HttpRequest, token: str) -> User:
    parts = parts_of(request)
    if parts.external is None:
        raise NotFound("Tokens of other systems are not exchanged here.")
    parts.admission.check_newcomer()
    address = address_of(request)
    try:
        async with sign_in_throttle().exchange(address=address):
            person = await parts.external.verify(token)
            return await parts.database.run(admit_external, person=person, address=address)
    except Unauthenticated:
        await note_failure(request, username=None)
        raise
