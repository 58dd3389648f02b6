"""``/me`` and ``/sessions``: oneself, as others see one, and where one is signed in."""

from django.http import HttpRequest, HttpResponse
from msgspec import UNSET
from ninja import Router

from libs.common.http.bodies import answer, documented, no_content, read_body
from services.chat.actions import identity
from services.chat.actions.profile import change_profile
from services.chat.api import credentials
from services.chat.api.credentials import caller_of
from services.chat.api.parts import address_of, parts_of, tell_ended
from services.chat.api.shapes.people import Profile, ProfileChange
from services.chat.api.shapes.sign_in import SignIns
from services.chat.selectors.sign_ins import sign_ins_of

router = Router(tags=["me"])


@router.get("/me", **documented(answers={200: Profile}))
async def me(request: HttpRequest) -> HttpResponse:
    """Show oneself."""
    return answer(Profile.of(caller_of(request).user))


@router.patch("/me", **documented(body=ProfileChange, answers={200: Profile}))
async def change_me(request: HttpRequest) -> HttpResponse:
    """Change what others see of one."""
    wish = read_body(request, ProfileChange)
    caller, parts = caller_of(request), parts_of(request)
    if wish == ProfileChange():
        return answer(Profile.of(caller.user))
    user = await parts.database.run(
        change_profile,
        user_id=caller.id,
        display_name=None if wish.display_name is UNSET else wish.display_name,
        send_read_receipts=None if wish.send_read_receipts is UNSET else wish.send_read_receipts,
        last_seen=None if wish.last_seen is UNSET else wish.last_seen,
    )
    parts.relay.poke()
    parts.private_reading.hear(caller.id, is_private=not user.send_read_receipts)
    return answer(Profile.of(user))


@router.get("/sessions", **documented(answers={200: SignIns}))
async def list_sign_ins(request: HttpRequest) -> HttpResponse:
    """List where one is signed in, newest first."""
    caller = caller_of(request)
    sessions = await parts_of(request).database.run(
        sign_ins_of, user_id=caller.id, current=caller.sid
    )
    return answer(SignIns(sessions=sessions))


@router.delete("/sessions/{sid}", **documented(answers={204: None}))
async def end_sign_in(request: HttpRequest, sid: str) -> HttpResponse:
    """Sign out one of one's sign-ins, for good; its open sockets are closed.

    Also 204 where there is none of that id that is one's own: nothing can be guessed.
    """
    caller, parts = caller_of(request), parts_of(request)
    ended = await parts.database.run(
        identity.sign_out,
        user_id=caller.id,
        sid=sid,
        by_sid=caller.sid,
        address=address_of(request),
    )
    tell_ended(parts, user_id=caller.id, sids=ended)
    response = no_content()
    if sid == caller.sid:
        credentials.forget_cookies(response)
    return response
