"""Who is there: two people to sign in as, a bot, and some who only read along.

All of them share a password that everybody may know, so they exist where `make up DEMO=1` was
asked for, and nowhere else.
"""

from dataclasses import dataclass

PASSWORD = "teatime-42"  # noqa: S105 - it is told to whoever starts the demo


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the cast.

    Attributes:
        username: to sign in with.
        name: what others see.
        is_program: whether a program of ours sits there, instead of whoever tries the demo.
    """

    username: str
    name: str
    is_program: bool = True


ADA = Person(username="ada", name="Ada", is_program=False)
GRACE = Person(username="grace", name="Grace", is_program=False)
MARA = Person(username="mara", name="Mara Lind")
TOM = Person(username="tom", name="Tom Okoye")
INES = Person(username="ines", name="Inês Prado")
BOT = Person(username="parley-bot", name="Parley bot")

PEOPLE = (ADA, GRACE, MARA, TOM, INES, BOT)
VISITORS = (ADA, GRACE)
"""Whom one may sign in as; nobody else answers for them."""
READERS = (MARA, TOM, INES)
"""Who reads along: without them no message of the group would ever be read by all."""

_PROGRAMS = frozenset(person.username for person in PEOPLE if person.is_program)
_BOTS_END_WITH = "bot"
"""How a program of somebody else may show that it is one."""


def is_program(username: str) -> bool:
    """Say whether nobody sits behind that name. Two bots that answer each other never end."""
    return username in _PROGRAMS or username.casefold().endswith(_BOTS_END_WITH)
