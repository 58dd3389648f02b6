"""People of an external issuer become people here, at first sight.

Only the issuer's name and its id of a person say who they are. Nobody is linked to an account that
is there already because a name or an address looks the same: whoever chooses their own name at the
issuer could take over somebody else's account.
"""

import functools

from django.db import transaction

from libs.common.errors import Unauthenticated, Unavailable
from libs.common.external_tokens import ExternalPerson
from services.chat.actions.audit import Action, entry, note
from services.chat.domain.foreign_names import display_name_for, usernames_for
from services.chat.models import ExternalIdentity, User


def admit_external(*, person: ExternalPerson, address: str) -> User:
    """Return the user that this person is here, and make one where they were never seen.

    What is called at the same time, also by other processes, returns the same user. Someone who
    is known stays as they are, whatever the issuer calls them now.

    Raises:
        Unauthenticated: the user is deactivated.
    """
    user = _known(person)
    if user is None:
        _add(person, address)
        user = _known(person)
    if user is None:
        raise Unavailable("No free username was found.")
    if not user.is_active:
        raise Unauthenticated("This account is not active.")
    return user


def _known(person: ExternalPerson) -> User | None:
    return User.objects.filter(
        external_identities__issuer=person.issuer, external_identities__subject=person.subject
    ).first()


@transaction.atomic
def _add(person: ExternalPerson, address: str) -> None:
    """Add the person, or nothing where somebody else is about to: then wait for them."""
    user = User()
    user.set_unusable_password()
    identity = ExternalIdentity(user=user, issuer=person.issuer, subject=person.subject)
    # The identity first (its foreign key is checked at COMMIT): who comes second makes no user.
    # Conflicts are ignored, not raised: a refused INSERT would stand in PostgreSQL's log.
    ExternalIdentity.objects.bulk_create([identity], ignore_conflicts=True)
    if not ExternalIdentity.objects.filter(user_id=user.id).exists():
        return
    for username in usernames_for(person.preferred_username, person.email):
        user.username = username
        user.display_name = display_name_for(person.name, username)
        User.objects.bulk_create([user], ignore_conflicts=True)
        if User.objects.filter(id=user.id).exists():
            about = functools.partial(entry, actor=user.id, subject=user.id, address=address)
            note(about(Action.EXCHANGED, issuer=person.issuer))
            return
    transaction.set_rollback(True)
