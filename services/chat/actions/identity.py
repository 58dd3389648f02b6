"""People come, sign in, and sign out.

A sign-in is a row of its own, whose id is the ``sid`` of every token made from it. Signing out is
durable: the row says so, and the same transaction announces it.
"""

from uuid import UUID

import msgspec
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    authenticate,
)
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from libs.common.errors import BadFrame, Unauthenticated
from services.chat.domain.names import display_name_of
from services.chat.models import Outbox, SignIn, User
from services.chat.selectors.people import username_is_taken

SID_KEY = "sid"
"""Where Django's session keeps the id of its sign-in."""
USER_AGENT_CHARS = 200
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that has just begun; ``session_key`` is None unless a browser asked."""

    user: User
    sid: str
    session_key: str | None


def register_user(*, username: str, password: str, display_name: str | None) -> User:
    """Add a person; without a ``display_name`` the username is shown.

    Raises:
        BadFrame: the username is taken, or the password or display name is not acceptable.
    """
    user = User(username=username, display_name=display_name_of(display_name or username))
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise BadFrame(fields={"password": list(error.messages)}) from None
    taken = BadFrame(fields={"username": ["This username is taken."]})
    if username_is_taken(username):
        # Asked before: a refused INSERT would stand in PostgreSQL's log, with its values.
        raise taken
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise taken from None
    return user


def check_password(*, username: str, password: str) -> User:
    """Return the active user whose password this is.

    It takes as long where there is no such user.

    Raises:
        Unauthenticated: in every other case; it does not say which.
    """
    # NUL is nobody's, and PostgreSQL would not even be asked for it.
    user = authenticate(username=username.replace("\0", "\ufffd"), password=password)
    if not isinstance(user, User):
        raise Unauthenticated("The username or the password is wrong.")
    return user


def begin_sign_in(*, user: User, user_agent: str, browser: bool) -> SignedIn:
    """Begin a sign-in; for a ``browser`` with a session of Django beside it."""
    with transaction.atomic():
        sign_in = SignIn.objects.create(user=user, user_agent=_kept(user_agent))
        if browser:
            sign_in.session_key = _begin_session(user, sid=str(sign_in.id))
            sign_in.save(update_fields=["session_key"])
    return SignedIn(user=user, sid=str(sign_in.id), session_key=sign_in.session_key or None)


def renew_sign_in(*, sid: str) -> None:
    """Note that a sign-in is in use, and let its session of Django live on."""
    sign_in = SignIn.objects.filter(id=sid, revoked_at=None).only("session_key").first()
    if sign_in is None:
        return
    SignIn.objects.filter(id=sid).update(renewed_at=Now())
    if sign_in.session_key:
        # Only the date: saving the session could bring back one that is being signed out.
        expires_at = SessionStore(sign_in.session_key).get_expiry_date()
        Session.objects.filter(session_key=sign_in.session_key).update(expire_date=expires_at)


def sign_out(*, user_id: str, sid: str, everywhere: bool = False) -> None:
    """End one sign-in, or all of that user, for good. Doing it again changes nothing.

    Its tokens go on to be accepted by services that verify offline until they end (10 minutes at
    most); chat refuses them at once.
    """
    with transaction.atomic():
        ending = SignIn.objects.select_for_update().filter(user_id=user_id, revoked_at=None)
        if not everywhere:
            ending = ending.filter(id=sid)
        ended = list(ending.only("session_key"))
        if not ended:
            return
        SignIn.objects.filter(id__in=[each.id for each in ended]).update(revoked_at=Now())
        keys = [each.session_key for each in ended if each.session_key]
        Session.objects.filter(session_key__in=keys).delete()
        Outbox.objects.create(
            event="user.revoked", subjects=[UUID(user_id), *(each.id for each in ended)]
        )


def _begin_session(user: User, *, sid: str) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = _BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SID_KEY] = sid
    session.create()
    key = session.session_key
    if key is None:
        raise RuntimeError("Django's session has no key after it was created.")
    return key


def _kept(user_agent: str) -> str:
    return user_agent[:USER_AGENT_CHARS].replace("\0", "")
