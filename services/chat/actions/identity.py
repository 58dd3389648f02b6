"""People come, sign in, sign out, and are deactivated.

A sign-in is a row of its own, whose id is the ``sid`` of every token made from it. Signing out is
durable: the row says so, and the same transaction announces it. Whoever begins or ends sign-ins
holds the lock of the user's row where it matters that nobody does the opposite meanwhile.
"""

import functools
from collections.abc import Callable, Sequence
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
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from libs.common.errors import BadFrame, Unauthenticated
from libs.common.ids import uuid_of
from services.chat.actions.audit import Action, entry, note
from services.chat.domain.names import display_name_of
from services.chat.models import AuditEntry, Outbox, SignIn, User
from services.chat.selectors.people import (
    SID_KEY,
    BrowserSession,
    browser_session,
    username_is_taken,
)

USER_AGENT_CHARS = 200
MOST_SIGN_INS = 100
"""Sign-ins of one person that are kept: as many as the list of them shows."""
ENDED_AT_ONCE = 1000
"""Sign-ins that one transaction ends, and one event tells of."""
Noted = Callable[..., AuditEntry]
"""``entry``, with who did it and why."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that has just begun.

    Attributes:
        session_key: of its session of Django; None unless a browser asked.
        replaced: the browser's session until then, which has ended with its sign-in.
    """

    user: User
    sid: str
    session_key: str | None
    replaced: BrowserSession | None


def register_user(*, username: str, password: str, display_name: str | None, address: str) -> User:
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
            note(entry(Action.REGISTERED, actor=user.id, subject=user.id, address=address))
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


def begin_sign_in(
    *, user: User, user_agent: str, browser: bool, address: str, instead_of: str = ""
) -> SignedIn:
    """Begin a sign-in; for a ``browser`` with a session of Django beside it.

    Args:
        user: who was found to be who they say.
        user_agent: as the device calls itself.
        browser: whether it keeps cookies.
        address: of the device.
        instead_of: the key of the session that the browser had so far, if any. Where it still
            holds its sign-in ends, whosever it was: nobody could sign out of it any more.

    Raises:
        Unauthenticated: the user was deactivated meanwhile.
    """
    with transaction.atomic():
        if not _locked(user.id).filter(is_active=True):
            raise Unauthenticated
        replaced = browser_session(instead_of)
        if replaced is not None:
            by_user = functools.partial(entry, actor=user.id, address=address, why="replaced")
            over = SignIn.objects.filter(user=replaced.user, id=replaced.sid)
            _end_all(str(replaced.user.id), over, by_user)
        sign_in = SignIn.objects.create(user=user, user_agent=_kept(user_agent))
        if browser:
            sign_in.session_key = _begin_session(user, sid=str(sign_in.id))
            sign_in.save(update_fields=["session_key"])
        about = functools.partial(entry, actor=user.id, subject=user.id, address=address)
        note(about(Action.SIGNED_IN, sid=sign_in.id))
        _forget_oldest(user, functools.partial(about, why="too many"))
    return SignedIn(
        user=user,
        sid=str(sign_in.id),
        session_key=sign_in.session_key or None,
        replaced=replaced,
    )


def renew_sign_in(*, sid: str) -> bool:
    """Note that a sign-in is in use, and let its session of Django live on.

    Returns:
        Whether it still holds. Where it has just ended it is not brought back.
    """
    holding = SignIn.objects.filter(id=sid, revoked_at=None)
    if not holding.update(renewed_at=Now()):
        return False
    session_key = SignIn.objects.values_list("session_key", flat=True).get(id=sid)
    if session_key:
        # Only the date: saving the session could bring back one that is being signed out.
        expires_at = SessionStore(session_key).get_expiry_date()
        Session.objects.filter(session_key=session_key).update(expire_date=expires_at)
    return True


def sign_out(
    *, user_id: str, sid: str, by_sid: str, address: str, everywhere: bool = False
) -> list[str]:
    """End one sign-in, or all of that user, for good. Doing it again changes nothing.

    One that is not the user's stays as it is. Its tokens go on to be accepted by services that
    verify offline until they end (10 minutes at most); chat refuses them at once.

    Args:
        user_id: whose.
        sid: which one.
        by_sid: the one in which this was asked for; it is signed out, others are ended.
        address: of who asked.
        everywhere: all of that user.

    Returns:
        The ids of the sign-ins that it ended.
    """
    ending = SignIn.objects.filter(user_id=user_id)
    if not everywhere:
        known = uuid_of(sid)
        ending = ending.filter(id=known) if known else ending.none()
    by_user = functools.partial(entry, actor=user_id, address=address)
    return [str(each) for each in _end_all(user_id, ending, by_user, signed_out=by_sid)]


def end_sign_in(*, sid: str, by: str, address: str) -> bool:
    """End one sign-in of anybody, for good: by staff. Doing it again changes nothing.

    Args:
        sid: which one.
        by: the id of who asked for it.
        address: of them.

    Returns:
        Whether it held until now.
    """
    ending = SignIn.objects.filter(id=sid)
    owner = ending.values_list("user_id", flat=True).first()
    if owner is None:
        return False
    by_staff = functools.partial(entry, actor=by, address=address, why="by staff")
    return bool(_end_all(str(owner), ending, by_staff))


def deactivate_user(*, user_id: str) -> int:
    """Shut a person out: no sign-in holds any more, and none can be begun.

    Doing it again changes nothing. What they wrote stays, under their name.

    Returns:
        How many sign-ins it ended.
    """
    with transaction.atomic():
        # By itself, and first: it is what counts, and waits for who is just signing in.
        _locked(user_id).first()
        if User.objects.filter(id=user_id, is_active=True).update(is_active=False):
            note(entry(Action.DEACTIVATED, subject=user_id))
    from_outside = functools.partial(entry, why="deactivated")
    return len(_end_all(user_id, SignIn.objects.filter(user_id=user_id), from_outside))


def reactivate_user(*, user_id: str) -> None:
    """Let a person sign in again; the sign-ins that were ended stay so."""
    with transaction.atomic():
        if User.objects.filter(id=user_id, is_active=False).update(is_active=True):
            note(entry(Action.REACTIVATED, subject=user_id))


def _locked(user_id: str | UUID) -> QuerySet[User]:
    """Return the user's row, which is locked until the transaction ends once it is read."""
    return User.objects.select_for_update(no_key=True).only("id").filter(id=user_id)


def _end_all(
    user_id: str, sign_ins: QuerySet[SignIn], noted: Noted, *, signed_out: str = ""
) -> list[UUID]:
    """Revoke those of a user that are not yet, note and announce it; return their ids.

    In transactions of a bounded size: some ended ones are better than none.

    Args:
        user_id: whose.
        sign_ins: which.
        noted: makes the entries.
        signed_out: the id of the one that is ended by itself.
    """
    ended: list[UUID] = []
    while True:
        with transaction.atomic():
            some = _end(sign_ins)
            if some:
                _announce_end(user_id, some)
                note(
                    *(
                        noted(
                            Action.SIGNED_OUT if str(each) == signed_out else Action.SESSION_ENDED,
                            subject=user_id,
                            sid=each,
                        )
                        for each in some
                    )
                )
        ended.extend(some)
        if len(some) < ENDED_AT_ONCE:
            return ended


def _end(sign_ins: QuerySet[SignIn]) -> Sequence[UUID]:
    """Revoke the first ones that are not yet, and delete their sessions; return their ids."""
    # In order, or two that end all of a user's would wait for each other.
    ending = sign_ins.filter(revoked_at=None).order_by("id").select_for_update()
    ended = list(ending.only("session_key")[:ENDED_AT_ONCE])
    ids = [each.id for each in ended]
    SignIn.objects.filter(id__in=ids).update(revoked_at=Now())
    _delete_sessions(ended)
    return ids


def _forget_oldest(user: User, noted: Noted) -> None:
    """Delete all sign-ins of a user but the last ones, the ended ones first.

    Otherwise who signs in all the time would have so many that to end them takes for ever.
    """
    ended_last = F("revoked_at").desc(nulls_first=True)
    own = SignIn.objects.filter(user=user).only("session_key", "revoked_at")
    oldest = list(own.order_by(ended_last, "-renewed_at", "-id")[MOST_SIGN_INS:][:ENDED_AT_ONCE])
    if not oldest:
        return
    SignIn.objects.filter(id__in=[each.id for each in oldest]).delete()
    _delete_sessions(oldest)
    held = [each.id for each in oldest if each.revoked_at is None]
    if held:
        _announce_end(str(user.id), held)
        note(*(noted(Action.SESSION_ENDED, sid=each) for each in held))


def _delete_sessions(sign_ins: Sequence[SignIn]) -> None:
    keys = [each.session_key for each in sign_ins if each.session_key]
    Session.objects.filter(session_key__in=keys).delete()


def _announce_end(user_id: str, ended: Sequence[UUID]) -> None:
    Outbox.objects.create(event="user.revoked", subjects=[UUID(user_id), *ended])


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
