"""The command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from clients.python.terminal.settings import Settings

DESCRIPTION = "Chat with Parley in the terminal."
EPILOG = """\
environment:
  PARLEY_URL        the server, where --url is not given
  PARLEY_PASSWORD   the password, so that nobody is asked
  PARLEY_TOKEN      an access token instead of name and password
  NO_COLOR          no colours

scripts:
  echo "Deployed." | python -m clients.python.terminal deploy-bot --to team
  Each line is one message. The status is 0 once the server has stored all of them.
  A script reports nothing as received or read, unless --read is given.
"""
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What was asked for, the environment included.

    Attributes:
        to: the conversation to open, or to write the input to; may be empty.
        read: whether a script reports what it writes out as received and read.
        timeout_s: how long one message of a script may take.
        log: a file for what goes wrong behind the scenes.
    """

    url: str
    username: str
    password: str
    token: str
    to: str
    sign_up: bool
    read: bool
    timeout_s: float
    log: str


def read(words: Sequence[str], settings: Settings) -> Arguments:
    """Read the command line.

    Raises:
        SystemExit: with 2 after saying what is wrong, with 0 after ``--help``.
    """
    parser = argparse.ArgumentParser(
        prog="python -m clients.python.terminal",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("username", nargs="?", default="", help="who you are; asked for otherwise")
    parser.add_argument("--url", default=settings.url, help="the server (%(default)s)")
    parser.add_argument("--to", default="", metavar="NAME", help="a username, room or its number")
    parser.add_argument("--sign-up", action="store_true", help="make a new account first")
    parser.add_argument("--token", default=settings.token, help="an access token got elsewhere")
    parser.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT_S,
        metavar="S",
        help="in scripts, seconds to try each message (%(default)g)",
    )
    parser.add_argument(
        "--read", action="store_true", help="in scripts, let others see what comes as read"
    )
    parser.add_argument("--log", default="", metavar="FILE", help="write a technical log there")
    given = parser.parse_args(words)
    if "://" not in given.url:
        given.url = f"http://{given.url}"
    return Arguments(
        url=given.url,
        username=given.username.removeprefix("@"),
        password=settings.password,
        token=given.token,
        to=given.to,
        sign_up=given.sign_up,
        read=given.read,
        timeout_s=given.timeout,
        log=given.log,
    )
