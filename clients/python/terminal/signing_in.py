"""Who is at the keyboard: names and passwords asked for, and the chat signed in with them."""

import dataclasses
import getpass
import sys

from clients.python import parley
from clients.python.parley import Chat, Options
from clients.python.terminal.arguments import Arguments

YES_OR_NO = {"": True, "y": True, "yes": True, "n": False, "no": False}


class CannotAsk(Exception):
    """Nobody is there to answer; the text says how to go without asking."""


async def signed_in(arguments: Arguments, options: Options) -> Chat:
    """Return a chat that is signed in but not connected yet.

    Raises:
        ParleyError: the name, password or token is not accepted; ``fields`` of a ``BadFrame``
            says what is wrong with those of a new account.
    """
    if arguments.token:
        return await parley.with_token(arguments.url, arguments.token, options)
    enter = parley.register if arguments.sign_up else parley.sign_in
    return await enter(arguments.url, arguments.username, arguments.password, options=options)


def complete(arguments: Arguments) -> Arguments:
    """Ask for what is missing, without showing the password.

    Raises:
        CannotAsk: the standard input is no terminal.
        EOFError: the person would rather not say.
    """
    if arguments.token or (arguments.username and arguments.password):
        return arguments
    if not sys.stdin.isatty():
        raise CannotAsk("Give a username and PARLEY_PASSWORD, or PARLEY_TOKEN.")
    sign_up = arguments.sign_up
    username = arguments.username
    if not username and not sign_up:
        sign_up = not confirm("Do you have an account?")
    while not username:
        username = ask("Username: ").removeprefix("@")
    password = arguments.password or new_password(sign_up=sign_up)
    return dataclasses.replace(arguments, username=username, password=password, sign_up=sign_up)


def new_password(*, sign_up: bool) -> str:
    """Ask for a password, twice where it is a new one."""
    while True:
        password = getpass.getpass("Password: ")
        if not password or not sign_up or password == getpass.getpass("Once more: "):
            return password
        sys.stdout.write("These were two different ones.\n")


def confirm(question: str) -> bool:
    """Ask until the answer is yes or no; Enter is yes. A name typed too early is neither."""
    while True:
        answer = ask(f"{question} [Y/n] ").lower()
        if answer in YES_OR_NO:
            return YES_OR_NO[answer]


def ask(question: str) -> str:
    """Ask a question on the terminal; return the answer without spaces around it."""
    sys.stdout.write(question)
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise EOFError
    return answer.strip()
