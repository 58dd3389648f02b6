"""The stage on which one conversation is played: its people, their sockets, and what is known.

``DOES`` at the end has a line for each word of the data.
"""

import asyncio
import json
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from websockets.exceptions import InvalidStatus

from tests.conformance import asking
from tests.conformance.filling import fill
from tests.conformance.matching import Known, Mismatch, match, put
from tests.conformance.people import Person, Server
from tests.conformance.reading import Behaviour, Step
from tests.conformance.session import Missing, Session

CHAT = "/ws/chat/"
ACTOR = re.compile(r"(alice|bob|carol|nobody)\d?")
"""``alice2`` is the second socket of alice."""
FRESH_IDS = 9
SWITCHING, CREATED = 101, 201
NAME_CHARS = 80


class Stage:
    """One conversation.

    Attributes:
        server: the server that is looked at.
        people: by role; ``nobody`` is not among them.
        known: what the names of the steps are bound to.
        within_s: how long anything may take.
    """

    def __init__(self, server: Server, people: Mapping[str, Person], *, within_s: float) -> None:
        self.server = server
        self.people = people
        self.within_s = within_s
        self.known: Known = {"url": server.url, "origin": server.origin}
        self.know({f"id{number}": str(uuid.uuid4()) for number in range(1, FRESH_IDS + 1)})
        self.know({"unknown": str(uuid.uuid4()), "stranger": f"stranger{secrets.token_hex(8)}"})
        for person in people.values():
            self.know(person.known)
        self._opened: list[Session] = []
        self._sessions: dict[str, Session] = {}

    async def play(self, behaviour: Behaviour) -> None:
        """Do all that the behaviour says.

        Raises:
            Missing: what had to come did not.
            Mismatch: something else came.
        """
        try:
            await self._make_room(behaviour)
            for actor in behaviour.sockets:
                await self.open(actor, CHAT, {})
            await self.do_all(behaviour.steps)
        finally:
            await asyncio.gather(*(each.close() for each in self._opened))

    async def do_all(self, steps: Iterable[Step]) -> None:
        """Do steps, one after the other."""
        for step in steps:
            await self.do(step)

    async def do(self, step: Step) -> None:
        """Do one step. What is wrong says in which it was."""
        if "at_once" in step:
            await asyncio.gather(*(self.do(each) for each in step["at_once"]))
        elif "repeat" in step:
            for number in range(1, step["repeat"] + 1):
                self.know({"n": number})
                await self.do_all(step["steps"])
        else:
            try:
                await self._do_one(step)
            except (Missing, Mismatch) as wrong:
                wrong.add_note(f"in {json.dumps(step)}")
                raise

    def know(self, more: Known) -> None:
        """Bind more names."""
        self.known = {**self.known, **more}

    def person(self, actor: str) -> Person | None:
        """Return who an actor is; None for ``nobody``."""
        return self.people.get(actor.rstrip("0123456789"))

    def session(self, actor: str) -> Session:
        """Return the open socket of an actor."""
        return self._sessions[actor]

    async def open(self, actor: str, path: str, step: Step) -> None:
        """Open a socket, and see its ``welcome``, or how it is refused.

        Raises:
            Mismatch: it was opened or refused in another way.
        """
        try:
            session = await self._handshake(actor, path, step)
            self._opened.append(session)
            self._sessions[actor] = session
            status = SWITCHING
        except InvalidStatus as refused:
            status = refused.response.status_code
        if status != step.get("refused", SWITCHING):
            raise Mismatch("the handshake", step.get("refused", SWITCHING), status)
        if status == SWITCHING:
            await self._begin(actor, self.session(actor), step)

    async def _handshake(self, actor: str, path: str, step: Step) -> Session:
        headers = self._headers(actor, step)
        origin = headers.pop("Origin", None)
        url = "ws" + self.server.url.removeprefix("http") + put(path, self.known)
        return await Session.open(url, headers=headers, origin=origin, within_s=self.within_s)

    async def _begin(self, actor: str, session: Session, step: Step) -> None:
        """See the first frame, or the close that comes instead."""
        if "closed" in step:
            await self.see_closed(actor, step["closed"], step)
            return
        self.know({f"{actor}.session": ""})
        welcome = {"type": "welcome", "session": "<id>", **step.get("welcome", {})}
        first = await session.first()
        self.known = match(welcome, first, self.known, "the first frame")
        self.know({f"{actor}.session": first["session"]})

    async def hear(self, actor: str, pattern: Any, step: Step) -> None:
        """Hear the next frame of that type and room."""
        self.known = await self.session(actor).hear(pattern, self.known)

    async def hear_all(self, actor: str, patterns: Any, step: Step) -> None:
        """Hear the next frames of that type and room, in any order."""
        self.known = await self.session(actor).hear_all(patterns, self.known)

    async def hear_later(self, actor: str, pattern: Any, step: Step) -> None:
        """Hear such a frame at some time."""
        self.known = await self.session(actor).hear_later(
            pattern, self.known, without=step.get("without")
        )

    async def not_heard(self, actor: str, pattern: Any, step: Step) -> None:
        """See that no such frame came until now."""
        self.session(actor).check_not_heard(pattern, self.known)

    async def send(self, actor: str, frame: Any, step: Step) -> None:
        """Send a frame; nothing is waited for."""
        await self.session(actor).send(json.dumps(fill(frame, self.known)))

    async def send_text(self, actor: str, text: str, step: Step) -> None:
        """Send a text that may be no JSON."""
        await self.session(actor).send(fill(text, self.known))

    async def send_bytes(self, actor: str, digits: str, step: Step) -> None:
        """Send bytes, written as hexadecimal digits, as a text frame: they may be no UTF-8."""
        await self.session(actor).send(bytes.fromhex(digits))

    async def send_binary(self, actor: str, digits: str, step: Step) -> None:
        """Send a binary frame, written as hexadecimal digits."""
        await self.session(actor).send(bytes.fromhex(digits), is_text=False)

    async def see_closed(self, actor: str, code: Any, step: Step) -> None:
        """See the server close the socket."""
        self.known = match(code, await self.session(actor).closed(), self.known, "the close code")

    async def leave(self, actor: str, code: int, step: Step) -> None:
        """Close the socket."""
        await self.session(actor).close(code)

    async def drop(self, actor: str, value: Any, step: Step) -> None:
        """Break the connection."""
        self.session(actor).drop()

    async def ask(self, actor: str, request: str, step: Step) -> None:
        """Ask over HTTP, and see the answer."""
        person = self.person(actor)
        self.known = await asking.ask(
            self.server, person, step, known=lambda: self.known, within_s=self.within_s
        )

    async def _do_one(self, step: Step) -> None:
        actor = next((name for name in step if ACTOR.fullmatch(name)), None)
        if actor is None or len(step[actor]) != 1:
            raise ValueError(f"nobody does one thing in {step}")
        ((verb, value),) = step[actor].items()
        await DOES[verb](self, actor, value, step)

    async def _make_room(self, behaviour: Behaviour) -> None:
        if not (members := behaviour.group or behaviour.direct):
            return
        room: dict[str, Any] = {"kind": "direct", "members": [f"${each}" for each in members[1:]]}
        if behaviour.group:
            room |= {"kind": "group", "name": behaviour.name[:NAME_CHARS]}
        request = {members[0]: {"asks": "POST /api/chat/rooms"}, "json": room}
        await self.do({**request, "gets": CREATED, "body": {"id": "$room <id>"}})

    def _headers(self, actor: str, step: Step) -> dict[str, str]:
        headers: dict[str, str] = fill(dict(step.get("headers", {})), self.known)
        person, by = self.person(actor), step.get("by", "token")
        if person is not None and by == "token":
            headers["Authorization"] = f"Bearer {person.token}"
        elif person is not None and by == "cookie":
            headers["Cookie"] = person.cookie_header
        return headers


DOES: Mapping[str, Callable[[Stage, str, Any, Step], Awaitable[None]]] = {
    "opens": Stage.open,
    "sends": Stage.send,
    "sends_text": Stage.send_text,
    "sends_bytes": Stage.send_bytes,
    "sends_binary": Stage.send_binary,
    "hears": Stage.hear,
    "hears_all": Stage.hear_all,
    "hears_later": Stage.hear_later,
    "has_not_heard": Stage.not_heard,
    "is_closed": Stage.see_closed,
    "leaves": Stage.leave,
    "drops": Stage.drop,
    "asks": Stage.ask,
    "browses": Stage.ask,
}
"""The words of the data, and what they do."""
