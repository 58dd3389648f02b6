"""What the commands about people have in common: whom is meant, and what is told of failures."""

import contextlib
from collections.abc import Iterator

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError

from services.chat.models import User


def person_called(username: str) -> User:
    """Return the person with this username, in whatever case, active or not.

    Raises:
        CommandError: there is none.
    """
    try:
        return User.objects.get_by_natural_key(username.replace("\0", "\ufffd"))
    except User.DoesNotExist:
        raise CommandError(f"There is nobody called {username}.") from None


@contextlib.contextmanager
def database_errors_told() -> Iterator[None]:
    """Tell in one line what otherwise were a traceback: that the database does not answer.

    Raises:
        CommandError: it did not. Nothing was changed, or all of it: the command may be repeated.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise CommandError(f"The database does not answer: {str(error).strip()}") from error
