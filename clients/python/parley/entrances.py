"""The ways to become a ``Chat``: by a password, as a new user, or with a token."""

from .client import Chat
from .options import Options


async def sign_in(
    base_url: str, username: str, password: str, options: Options | None = None
) -> Chat:
    """Sign in; the chat connects when it is entered.

    Args:
        base_url: the server's HTTP address, without a path.
        username: as registered.
        password: kept in memory, to sign in again where the session ends.
        options: how the chat behaves.

    Raises:
        Unauthenticated: wrong name or password.
        Unavailable: the server cannot be reached.
    """
    chat = Chat(base_url, username=username, password=password, options=options)
    async with chat.closed_on_error():
        await chat.credentials.sign_in()
    return chat


async def register(
    base_url: str,
    username: str,
    password: str,
    *,
    display_name: str | None = None,
    options: Options | None = None,
) -> Chat:
    """Create the user, and go on as ``sign_in`` does.

    Raises:
        BadFrame: ``fields`` says what is wrong with the name or the password.
        Unavailable: the server cannot be reached.
    """
    chat = Chat(base_url, username=username, password=password, options=options)
    async with chat.closed_on_error():
        await chat.credentials.register(display_name)
    return chat


async def with_token(base_url: str, token: str, options: Options | None = None) -> Chat:
    """Start from an access token got elsewhere; it is renewed for as long as its session lives.

    Raises:
        Unauthenticated: the token is not accepted.
        Unavailable: the server cannot be reached.
    """
    chat = Chat(base_url, options=options)
    async with chat.closed_on_error():
        chat.credentials.adopt(token)
        await chat.credentials.refresh()
    return chat
