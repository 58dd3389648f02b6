"""People show a picture of themselves, or none. The picture and its announcement are one transaction."""

from django.db import transaction
from django.db.models.functions import Now

from libs.common.errors import Unauthenticated
from services.chat.actions.audit import Action, entry, note
from services.chat.actions.profile import save_profile
from services.chat.domain.pictures import Picture
from services.chat.models import Avatar, User


def change_avatar(*, user_id: str, picture: Picture | None) -> User:
    """Give somebody a picture, or take it away; return the user as they are now.

    Nothing is announced where nothing changes.

    Args:
        user_id: whose.
        picture: None: they want none.

    Raises:
        Unauthenticated: the user was deactivated meanwhile.
    """
    with transaction.atomic():
        user = _locked(user_id)
        if user is None or not user.is_active:
            raise Unauthenticated
        _change(user, picture)
    return user


def remove_avatar(*, user_id: str, by: str, address: str) -> bool:
    """Take the picture of somebody away, who may be deactivated, and note who did it.

    Args:
        user_id: whose.
        by: the id of who is staff.
        address: of that person.

    Returns:
        Whether there was one.
    """
    with transaction.atomic():
        user = _locked(user_id)
        if user is None or not user.avatar_version:
            return False
        note(entry(Action.AVATAR_REMOVED, actor=by, subject=user.id, address=address))
        _change(user, None)
    return True


def _locked(user_id: str) -> User | None:
    return User.objects.select_for_update(no_key=True).filter(id=user_id).first()


def _change(user: User, picture: Picture | None) -> None:
    version = "" if picture is None else picture.version
    if version == user.avatar_version:
        return
    if picture is None:
        Avatar.objects.filter(user=user).delete()
    else:
        kept = {"version": version, "content": picture.content, "changed_at": Now()}
        Avatar.objects.update_or_create(user=user, defaults=kept)
    user.avatar_version = version
    save_profile(user, ["avatar_version"])
