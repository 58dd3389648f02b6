"""People change how others see them. The change and its announcement are one transaction."""

from django.db import transaction

from libs.common.errors import Unauthenticated
from services.chat.domain.names import display_name_of
from services.chat.models import Outbox, User


def change_display_name(*, user_id: str, display_name: str) -> User:
    """Change the name that others see, and return the user as they are now.

    Nothing is announced where it is the name that they have already.

    Raises:
        BadFrame: the name is not acceptable.
        Unauthenticated: the user was deactivated meanwhile.
    """
    name = display_name_of(display_name)
    with transaction.atomic():
        user = (
            User.objects.select_for_update(no_key=True).filter(id=user_id, is_active=True).first()
        )
        if user is None:
            raise Unauthenticated
        if user.display_name != name:
            user.display_name = name
            user.save(update_fields=["display_name"])
            Outbox.objects.create(event="user.changed", subjects=[user.id])
    return user
