"""Plays behaviours, several at a time, and says how each ended.

People are the dear part (a server makes hashing their passwords slow on purpose), so the same ones
play one behaviour after the other: each has a room of its own. Who must be new is.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from textwrap import indent

import httpx
from websockets.exceptions import WebSocketException

from tests.conformance.acting import Stage
from tests.conformance.matching import Mismatch
from tests.conformance.people import NotRegistered, Person, Server
from tests.conformance.reading import Behaviour
from tests.conformance.session import Missing

ROLES = ("alice", "bob", "carol")
AT_ONCE = 5
WITHIN_S = 20.0
"""How long anything may take; far above what it does."""
WRONG = (
    Missing,
    Mismatch,
    NotRegistered,
    LookupError,
    httpx.HTTPError,
    WebSocketException,
    OSError,
)
"""What ends a behaviour that is not as it should be."""


class Company:
    """People for as many conversations as are played at a time.

    Args:
        server: where they are registered.
        at_once: how many conversations.
        within_s: how long anything may take in them.
    """

    def __init__(self, server: Server, *, at_once: int = AT_ONCE, within_s: float = WITHIN_S):
        self._server = server
        self._within_s = within_s
        self._free: asyncio.Queue[dict[str, Person]] = asyncio.Queue()
        for _ in range(at_once):
            self._free.put_nowait({})

    async def play(self, behaviour: Behaviour) -> None:
        """Play one behaviour as soon as it is its turn.

        Raises:
            Missing: what had to come did not.
            Mismatch: something else came.
        """
        async with self._people(behaviour) as people:
            await Stage(self._server, people, within_s=self._within_s).play(behaviour)

    @contextlib.asynccontextmanager
    async def _people(self, behaviour: Behaviour) -> AsyncIterator[Mapping[str, Person]]:
        present = await self._free.get()
        people = {} if behaviour.are_new else present
        try:
            for role in needed_by(behaviour):
                if role not in people:
                    people[role] = await self._server.register(role)
            yield people
        finally:
            self._free.put_nowait(present)


def needed_by(behaviour: Behaviour) -> Sequence[str]:
    """Return the roles that somebody must play: all that the behaviour names anywhere."""
    told = repr(behaviour)
    return [role for role in ROLES if role in told]


async def play_all(
    play: Callable[[Behaviour], Awaitable[None]], behaviours: Sequence[Behaviour]
) -> int:
    """Play behaviours, and say of each how it ended.

    Returns:
        0 where all was right, 1 where something was not, or where there was nothing to play.
    """

    async def outcome(behaviour: Behaviour) -> str:
        wrong = await wrong_with(play(behaviour))
        say(line_of(behaviour, wrong))
        return wrong

    outcomes = await asyncio.gather(*(outcome(each) for each in behaviours))
    failed = sum(map(bool, outcomes))
    say(f"\n{len(outcomes) - failed} ok, {failed} failed")
    return int(failed > 0 or not outcomes)


async def wrong_with(playing: Awaitable[None]) -> str:
    """Return what was wrong, in words; nothing where all was right."""
    try:
        await playing
    except WRONG as wrong:
        kind = "" if isinstance(wrong, Mismatch | Missing) else f"{type(wrong).__name__}: "
        return "\n".join([f"{kind}{wrong}", *getattr(wrong, "__notes__", [])])
    return ""


def line_of(behaviour: Behaviour, wrong: str) -> str:
    """Return what is said of a behaviour that ended like this."""
    if not wrong:
        return f"ok      {behaviour}"
    return f"FAILED  {behaviour}\n{indent(wrong, ' ' * 8)}"


def say(text: str) -> None:
    """Write to the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
