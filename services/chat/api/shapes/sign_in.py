"""Shapes of ``/auth``."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from services.chat.api.shapes.shape import Shape
from services.chat.domain.names import DISPLAY_NAME_CHARS, Username
from services.chat.frames.server import Person
from services.chat.selectors.sign_ins import SignInEntry

PASSWORD_CHARS = 256
"""Longest password, in code points."""

Password = Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS)]


class Registration(Shape, frozen=True, kw_only=True):
    """Somebody new; without ``display_name`` the username is shown."""

    username: Username
    password: Password
    display_name: Annotated[str, Meta(max_length=DISPLAY_NAME_CHARS)] | None = None


class Credentials(Shape, frozen=True, kw_only=True):
    """Who wants to sign in."""

    username: Annotated[str, Meta(max_length=64)]
    password: Password


class SignOut(Shape, frozen=True, kw_only=True):
    """``everywhere``: all sign-ins of the user, not only this one."""

    everywhere: bool = False


class SessionAnswer(Shape, frozen=True, kw_only=True):
    """Who is signed in. ``csrf_token`` goes into ``X-CSRFToken`` of requests that write.

    A caller with a bearer token gets a new one, good for ``expires_in`` seconds.
    """

    user: Person
    csrf_token: str
    access_token: str | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET


class TokenAnswer(Shape, frozen=True, kw_only=True):
    """A bearer token, good for ``expires_in`` seconds."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme


class TicketAnswer(Shape, frozen=True, kw_only=True):
    """A ticket, good for one WebSocket that is opened within ``expires_in`` seconds."""

    ticket: str
    expires_in: int


class SignIns(Shape, frozen=True, kw_only=True):
    """One's sign-ins that still hold, newest first."""

    sessions: list[SignInEntry]
