"""The scenario ``offline``: people come back to what a friend wrote while they were away.

Who has lagged for two seconds is sent a replay; who comes back before asks by ``sync``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from time import monotonic_ns

import httpx

from benchmarks.load.author import Author
from benchmarks.load.line import CannotOpen
from benchmarks.load.outcome import Outcome
from benchmarks.load.pace import until_ns
from benchmarks.load.people import Somebody
from benchmarks.load.returning import Returning
from benchmarks.load.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Offline:
    """People to whom a friend wrote while they were away, and who come back one after the other.

    Their messages' times count from the end of the handshake, that of ``welcome`` from connecting.

    Attributes:
        returning: people who come back.
        messages: that each of them missed.
        groups: rooms in which these were written, in turn.
        away: seconds from the last message to the first return.
        within: seconds in which one has to have everything.
    """

    returning: int = 5
    messages: int = 200
    groups: int = 1
    away: float = 5.0
    within: float = 120.0

    def rooms(self) -> Sequence[int]:
        """Return a room for everybody and their friend."""
        return [2] * self.returning

    async def play(self, stage: Stage) -> None:
        """Let the friends write, and the others come back."""
        pairs = list(zip(stage.people[::2], stage.people[1::2], strict=True))
        authors = [Author(line, stage.tally) for line in await stage.connect(stage.people[::2])]
        others = {one.user: other for one, other in pairs}
        for author in authors:
            other = others[author.line.person.user]
            rooms = await self._rooms(stage.urls[0], author.line.person, other)
            await author.write(list(islice(cycle(rooms), self.messages)))
        await asyncio.sleep(self.away)
        # It is over as soon as all are back; the window only has to be long enough.
        window = await stage.begin(0.0, self.within * max(1, len(authors)))
        await until_ns(window.begin_ns)
        for author in authors:
            stage.tally.counts["to be received"] += author.acked
            await self._return(stage, author, Returning(stage, others[author.line.person.user]))

    async def _rooms(self, url: str, friend: Somebody, other: Somebody) -> list[str]:
        """Return the room that two share, and others that are made for them."""
        rooms = [friend.room]
        async with httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {friend.token}"}
        ) as client:
            for number in range(1, self.groups):
                asked = {"kind": "group", "members": [other.user], "name": f"Room {number}"}
                answer = await client.post("/api/chat/rooms", json=asked)
                rooms.append(answer.raise_for_status().json()["id"])
        return rooms

    async def _return(self, stage: Stage, author: Author, person: Returning) -> None:
        tally, due_ns = stage.tally, monotonic_ns()
        try:
            async with asyncio.timeout(self.within):
                await person.come_back()
                tally.late("welcome", due_ns, monotonic_ns())
                await person.in_step.wait()
                handshake_ns = person.line.connected_ns if person.line else due_ns
                tally.late("first message", handshake_ns, person.first_ns or monotonic_ns())
                tally.late("all messages", handshake_ns, monotonic_ns())
                tally.counts["back"] += 1
                told_ns = monotonic_ns()
                person.report()
                await author.until_delivered()
                tally.late("receipt", told_ns, monotonic_ns())
        except (CannotOpen, TimeoutError) as error:
            tally.counts[f"not in step: {error!r}"] += 1

    def figures(self, outcome: Outcome) -> Mapping[str, object]:
        """Return how fast a replay is, what a message of it costs, and what memory it needs."""
        typical_ms = outcome.stages().get("all messages", {}).get("p50", 0.0)
        return {
            "back": outcome.tally.counts["back"],
            "messages_per_s": round(1000 * self.messages / typical_ms) if typical_ms else 0,
            "cpu_ms_per_message": outcome.cpu_ms_per("received"),
            "grown_kib_at_most": dict(outcome.grown_kib),
        }
