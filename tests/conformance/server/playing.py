"""The stage on which a server plays one scenario to a client, and judges what that does.

``DOES`` at the end has a line for each word of the data.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from tests.conformance.filling import fill
from tests.conformance.matching import Known, Mismatch, match, matches
from tests.conformance.reading import Step
from tests.conformance.server.front import LOOPBACK, front_of
from tests.conformance.server.lines import SESSION, message, welcome
from tests.conformance.session import Missing, Session

ASK_AGAIN_AFTER_S = 0.05

Client = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Stage:
    """One scenario.

    Args:
        client: has the client do something, and returns what that answers.
        within_s: how long anything may take.
    """

    def __init__(self, client: Client, *, within_s: float) -> None:
        self._client = client
        self._within_s = within_s
        self._calls: asyncio.Queue[Session] = asyncio.Queue()
        self._session: Session | None = None
        self._signed_out = False
        self._asked = asyncio.Event()
        self._did_at = 0.0
        ids = ("alice", "bob", "room", "other", "token", "id1", "id2")
        self.known: Known = {name: str(uuid.uuid4()) for name in ids}

    async def play(self, steps: Sequence[Step]) -> None:
        """Play the scenario to a client that is not connected yet.

        Raises:
            Missing: what had to come did not.
            Mismatch: something else came.
        """
        async with (
            serve(
                self._welcome_in, LOOPBACK, 0, process_request=self._answer, compression=None
            ) as server,
            front_of(server.sockets[0].getsockname()[1]) as url,
        ):
            self.known = {**self.known, "url": url}
            await self.drive({"do": "connect", "url": "$url", "token": "$token"}, {})
            for step in steps:
                await self._do(step)

    @property
    def session(self) -> Session:
        """The connection that the client opened last."""
        assert self._session is not None, "nobody has called"
        return self._session

    async def drive(self, command: Any, step: Step) -> None:
        """Have the client do something, until it gives what it should where that is ``eventually``."""
        deadline = time.monotonic() + self._within_s
        while True:
            gave = await self._client(fill(command, self.known))
            may_wait = step.get("eventually") and time.monotonic() < deadline
            if not may_wait or matches(step["gives"], gave, self.known):
                break
            await asyncio.sleep(ASK_AGAIN_AFTER_S)
        self.known = match(step.get("gives", {}), gave, self.known, "the client's answer")

    async def be_called(self, rooms: Any, step: Step) -> None:
        """Wait for the next handshake, and say welcome, with these rooms.

        Raises:
            Missing: the client does not call.
        """
        try:
            async with asyncio.timeout(self._within_s):
                self._session = await self._calls.get()
        except TimeoutError:
            raise Missing(f"no handshake came within {self._within_s:g} s") from None
        frame = fill(welcome(rooms, step.get("heartbeat_s", 30)), self.known)
        await self.session.send(json.dumps(frame))
        if step.get("drained", True):
            await self.session.send('{"type":"drained","count":0}')

    async def say(self, frame: Any, step: Step) -> None:
        """Send a frame."""
        await self.session.send(json.dumps(fill(frame, self.known)))

    async def say_text(self, text: str, step: Step) -> None:
        """Send a text as it is."""
        await self.session.send(text)

    async def tell(self, seqs: Any, step: Step) -> None:
        """Send messages of bob in ``$room``, by their seqs, in this order."""
        for seq in seqs:
            await self.say(message(seq), step)

    async def ack(self, seq: int, step: Step) -> None:
        """Acknowledge the message that was heard last."""
        heard = self.session.last
        frame = {"type": "ack", "client_id": heard["client_id"], "room": heard["room"], "seq": seq}
        made = {"id": f"{heard['room']}.{seq}", "created_at": message(seq)["created_at"]}
        more = {"status": "sent", "duplicate": step.get("duplicate", False)}
        await self.say({**frame, **made, **more, **self._ref()}, step)

    async def refuse(self, error: Any, step: Step) -> None:
        """Answer the frame that was heard last with an error."""
        heard = {name: self.session.last[name] for name in ("client_id",)}
        await self.say({"type": "error", "message": "no", **heard, **self._ref(), **error}, step)

    async def sync(self, rooms: Any, step: Step) -> None:
        """Say what the ``sync`` that was heard last has brought."""
        await self.say({"type": "synced", "rooms": rooms, **self._ref()}, step)

    async def hear(self, pattern: Any, step: Step) -> None:
        """Hear the next frame of that type and room."""
        self.known = await self.session.hear(pattern, self.known)

    async def hear_later(self, pattern: Any, step: Step) -> None:
        """Hear such a frame at some time."""
        self.known = await self.session.hear_later(pattern, self.known)

    async def not_heard(self, pattern: Any, step: Step) -> None:
        """See that no such frame came until now."""
        self.session.check_not_heard(pattern, self.known)

    async def close(self, code: int, step: Step) -> None:
        """Close the connection."""
        await self.session.close(code)

    async def drop(self, value: Any, step: Step) -> None:
        """Break the connection."""
        self.session.drop()

    async def sign_out(self, value: Any, step: Step) -> None:
        """Answer 401 from now on."""
        self._signed_out = True

    async def see_asked(self, value: Any, step: Step) -> None:
        """Wait until ``GET …/session`` was asked, after the last step in which that was seen."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._asked.wait()
        except TimeoutError:
            raise Missing("GET /api/chat/auth/session was not asked") from None
        self._asked.clear()

    async def forget_asked(self, value: Any, step: Step) -> None:
        """Pass over what was asked until now."""
        self._asked.clear()

    async def _do(self, step: Step) -> None:
        actor = "client" if "client" in step else "server"
        ((verb, value),) = step[actor].items()
        try:
            await DOES[verb](self, value, step)
            self._check_not_sooner(step.get("no_sooner_s", 0))
        except (Missing, Mismatch) as wrong:
            wrong.add_note(f"in {json.dumps(step)}")
            raise
        self._did_at = time.monotonic()

    def _check_not_sooner(self, least_s: float) -> None:
        """Look how long ago the step before was done."""
        took_s = time.monotonic() - self._did_at
        if took_s < least_s:
            raise Mismatch("the time", f"{least_s} s at least", f"{took_s:.2f} s")

    async def _welcome_in(self, connection: ServerConnection) -> None:
        session = Session(connection, within_s=self._within_s)
        self._calls.put_nowait(session)
        await session.ended()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer ``GET …/session``; let handshakes through; nothing else is there."""
        if request.path.startswith("/ws/"):
            return None
        body = fill(SESSION, self.known) if request.path == "/api/chat/auth/session" else None
        if body is not None:
            self._asked.set()
        if self._signed_out:
            return _problem(HTTPStatus.UNAUTHORIZED, "unauthenticated")
        if body is None:
            return _problem(HTTPStatus.NOT_FOUND, "not_found")
        return _json(HTTPStatus.OK, body, "application/json")

    def _ref(self) -> dict[str, Any]:
        return {"ref": self.session.last["ref"]} if "ref" in self.session.last else {}


def _problem(status: HTTPStatus, code: str) -> Response:
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": "no"}
    return _json(status, {**problem, "code": code}, "application/problem+json")


def _json(status: HTTPStatus, body: Any, media_type: str) -> Response:
    data = json.dumps(body).encode()
    length = {"Content-Type": media_type, "Content-Length": str(len(data)), "Connection": "close"}
    return Response(status, status.phrase, Headers(length), data)


DOES: Mapping[str, Callable[[Stage, Any, Step], Awaitable[None]]] = {
    "does": Stage.drive,
    "is_called": Stage.be_called,
    "says": Stage.say,
    "says_text": Stage.say_text,
    "tells": Stage.tell,
    "acks": Stage.ack,
    "refuses": Stage.refuse,
    "synced": Stage.sync,
    "hears": Stage.hear,
    "hears_later": Stage.hear_later,
    "has_not_heard": Stage.not_heard,
    "closes": Stage.close,
    "drops": Stage.drop,
    "signs_out": Stage.sign_out,
    "is_asked_for_the_session": Stage.see_asked,
    "forgets_what_was_asked": Stage.forget_asked,
}
"""The words of the data, and what they do."""
