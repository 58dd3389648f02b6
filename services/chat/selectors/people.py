"""Who there is, and whether a sign-in still holds.

Only active people are found: a deactivated one cannot be talked to and has no open session.
"""

import re
from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID

import msgspec
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare
from msgspec import UNSET

from libs.common.events import LastSeenTo, UserChanged
from libs.common.ids import uuid_of, uuids_of
from services.chat.frames.server import Person
from services.chat.models import SignIn, User

PEOPLE_FOUND = 20
"""Most people that one search returns."""
SID_KEY = "sid"
"""Where Django's session keeps the id of its sign-in."""
_SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")


class BrowserSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of Django, and the sign-in that it was begun with."""

    user: User
    sid: str


def person(user: User) -> Person:
    """Return a user as others see them."""
    return Person(
        id=str(user.id),
        username=user.username,
        display_name=user.display_name,
        avatar=user.avatar_version or UNSET,
    )


def last_seen_to(user: User) -> LastSeenTo:
    """Return who learns when somebody was there last."""
    return cast(LastSeenTo, user.last_seen)


def session_owner(*, sid: str, user_id: str) -> User | None:
    """Return the user of a sign-in, or None where it does not hold (any more).

    It holds while it exists, belongs to ``user_id``, is not revoked, and its user is active.
    """
    return session_owners([(sid, user_id)]).get((sid, user_id))


def session_owners(claimed: Iterable[tuple[str, str]]) -> dict[tuple[str, str], User]:
    """Return, for some (sid, user id), the users whose sign-ins hold, as ``session_owner`` says."""
    wanted = {(uuid_of(sid), uuid_of(user)): (sid, user) for sid, user in claimed}
    sign_ins = SignIn.objects.select_related("user").filter(
        id__in=[sid for sid, user in wanted if sid and user],
        revoked_at=None,
        user__is_active=True,
    )
    return {
        wanted[each.id, each.user_id]: each.user
        for each in sign_ins
        if (each.id, each.user_id) in wanted
    }


def browser_session(session_key: str) -> BrowserSession | None:
    """Return what a session key of a cookie stands for, or None where it does not hold.

    It does not once the sign-in ended, the password changed, or the session expired.
    """
    if not _SESSION_KEY.fullmatch(session_key):
        return None
    session = SessionStore(session_key)
    sid, user_id = session.get(SID_KEY), session.get(SESSION_KEY)
    if not isinstance(sid, str) or not isinstance(user_id, str):
        return None
    user = session_owner(sid=sid, user_id=user_id)
    if user is None:
        return None
    known_hash = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(known_hash, user.get_session_auth_hash()):
        return None
    return BrowserSession(user=user, sid=sid)


def username_is_taken(username: str) -> bool:
    """Tell whether somebody has this username, in whatever case."""
    return User.objects.alias(folded=Lower("username")).filter(folded=username.lower()).exists()


def id_of_username(username: str) -> UUID | None:
    """Return the id of who has this username, in whatever case, active or not."""
    folded = username.lower().replace("\0", "\ufffd")  # NUL is nobody's
    people = User.objects.alias(folded=Lower("username")).filter(folded=folded)
    return people.values_list("id", flat=True).first()


def people_matching(
    *, search: str, limit: int = PEOPLE_FOUND, besides: str | None = None
) -> list[Person]:
    """Return active people whose username or display name begins with ``search``, by username.

    Case is ignored. A blank search finds nobody: this is no list of everyone. ``besides`` is the
    id of somebody to leave out, who is usually the one that asks.
    """
    wanted = search.strip().lower()
    if not wanted or "\0" in wanted:
        return []
    folded = User.objects.alias(low_name=Lower("username"), low_shown=Lower("display_name"))
    matching = Q(low_name__startswith=wanted) | Q(low_shown__startswith=wanted)
    found = folded.filter(matching, is_active=True).order_by("username")
    if besides is not None:
        found = found.exclude(id=besides)
    return [person(user) for user in found[:limit]]


def people_by_ids(*, ids: Sequence[str]) -> list[Person]:
    """Return the people with these ids, in any order; unknown ids are left out.

    Deactivated people are among them: their old messages still need a name.
    """
    return [person(user) for user in User.objects.filter(id__in=uuids_of(ids))]


def people_as_told(ids: Sequence[str]) -> list[UserChanged]:
    """Return people as other services are told of them, in any order; unknown ids are left out."""
    return [
        UserChanged(
            user=str(user.id),
            username=user.username,
            display_name=user.display_name,
            send_read_receipts=user.send_read_receipts,
            last_seen=last_seen_to(user),
            avatar=user.avatar_version,
            profile_version=user.profile_version,
        )
        for user in User.objects.filter(id__in=uuids_of(ids))
    ]


def active_people_named(names: Sequence[str]) -> dict[str, UUID]:
    """Return the ids of active people by what they were called: username (any case) or id.

    Names that nobody has are left out.
    """
    keys = {name: name if uuid_of(name) else name.lower() for name in names if "\0" not in name}
    people = User.objects.annotate(folded=Lower("username")).filter(
        Q(id__in=[key for key in keys.values() if uuid_of(key)]) | Q(folded__in=keys.values()),
        is_active=True,
    )
    found: dict[str, UUID] = {}
    for user_id, folded in people.values_list("id", "folded"):
        found |= {str(user_id): user_id, folded: user_id}
    return {name: found[key] for name, key in keys.items() if key in found}


def deactivated_among(ids: Iterable[str]) -> frozenset[str]:
    """Return which of these people were deactivated, by id."""
    found = User.objects.filter(id__in=uuids_of(ids), is_active=False)
    return frozenset(str(user_id) for user_id in found.values_list("id", flat=True))
