"""Who there is, and whether a sign-in still holds.

Only active people are found: a deactivated one cannot be talked to and has no open session.
"""

from collections.abc import Sequence

from django.db.models import Q

from services.chat.domain.ids import uuid_of
from services.chat.frames.server import Person
from services.chat.models import SignIn, User

PEOPLE_FOUND = 20
"""Most people that one search returns."""


def person(user: User) -> Person:
    """Return a user as others see them."""
    return Person(id=str(user.id), username=user.username, display_name=user.display_name)


def session_owner(*, sid: str, user_id: str) -> User | None:
    """Return the user of a sign-in, or None where it does not hold (any more).

    It holds while it exists, belongs to ``user_id``, is not revoked, and its user is active.
    """
    sign_in_id, owner_id = uuid_of(sid), uuid_of(user_id)
    if sign_in_id is None or owner_id is None:
        return None
    sign_in = (
        SignIn.objects.select_related("user")
        .filter(id=sign_in_id, user_id=owner_id, revoked_at=None, user__is_active=True)
        .first()
    )
    return None if sign_in is None else sign_in.user


def people_matching(*, search: str, limit: int = PEOPLE_FOUND) -> list[Person]:
    """Return active people whose username or display name begins with ``search``, by username.

    Case is ignored. A blank search finds nobody: this is no list of everyone.
    """
    wanted = search.strip()
    if not wanted or "\0" in wanted:
        return []
    matching = Q(username__istartswith=wanted) | Q(display_name__istartswith=wanted)
    found = User.objects.filter(matching, is_active=True).order_by("username")
    return [person(user) for user in found[:limit]]


def people_by_ids(*, ids: Sequence[str]) -> list[Person]:
    """Return the people with these ids, in any order; unknown ids are left out.

    Deactivated people are among them: their old messages still need a name.
    """
    wanted = [known for text in ids if (known := uuid_of(text)) is not None]
    return [person(user) for user in User.objects.filter(id__in=wanted)]
