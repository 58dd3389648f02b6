"""A device's outbox, the three roads of its messages, and a server that keeps each message once.

Time is the play's own. A road is at each moment one of: ``up``; ``down`` (cannot be reached);
``refusing`` (answers that it cannot); ``lossy`` (does it, and the answer is lost); ``hung`` (does
nothing and does not answer); ``limiting`` (too fast).
"""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clients.python.parley import frames
from clients.python.parley.commands import Retry, SendMessage
from clients.python.parley.core import Core
from clients.python.parley.errors import (
    ClientIdReused,
    Internal,
    ParleyError,
    PermissionDenied,
    RateLimited,
    Timeout,
    Unavailable,
)
from clients.python.parley.outcomes import Sent
from clients.python.parley.pending import Draft, Outgoing, Request, Road, Standing
from clients.python.parley.traffic import ANSWER_WITHIN_S
from libs.common.clock import instant_of

SOCKET, HTTP, QUEUE = "socket", "http", "queue"
ROADS = (SOCKET, HTTP, QUEUE)
STATES = ("up", "down", "refusing", "broken", "lossy", "hung", "limiting")
OPEN = frozenset(STATES) - {"down"}
WORKS = {"up", "lossy"}
TRIP_S = 0.05
TICK_S = 0.1
IDLE_TICKS = 5
"""Time passes in longer steps while no message is pending."""
BACK_AFTER_S = 1.5
"""A lost connection comes back so long after it can, at the latest."""
SUBMIT_EVERY_S = 1.0
AT = instant_of(0)

REFUSALS = {SOCKET: PermissionDenied, HTTP: PermissionDenied, QUEUE: ClientIdReused}
"""Why a message is turned away for good, by road. Who may write is judged by chat alone."""
Plan = Mapping[str, Sequence[tuple[float, str]]]
"""Of each road, how long it is in which state, one after the other; then it is up."""


class Play:
    """See the module.

    Attributes:
        stored: (room, client_id) in the order in which chat stored them, each once.
        tries: (when, client_id, road) of each try.
        looks: when the client looked who answers.
        refuses: what a road that works turns away for good, by client_id; ``refused``: what one did.
        outcomes: what each client_id was told in the end.
        told: how each message stood, one after the other.
        overtaken: (earlier, later) by client_id, where chat did not take the earlier one, but the
            later one, which was already on its way behind it over the same connection.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        draw: Callable[[], float] = lambda: 0.5,
        last: Mapping[str, str] | None = None,
    ) -> None:
        self.now = 0.0
        self._ticks = 0
        self.core = Core(random=draw, automatic_receipts=False)
        self.last = dict.fromkeys(ROADS, "up") | dict(last or {})
        self.plan = plan
        self.added: list[Draft] = []
        self.stored: list[tuple[str, str]] = []
        self.contents: dict[str, int] = {}
        self.kept: list[Draft] = []
        self.tries: list[tuple[float, str, str]] = []
        self.looks: list[float] = []
        self.outcomes: dict[str, Sent | ParleyError] = {}
        self.told: dict[str, list[Outgoing]] = {}
        self.refs: dict[str, str] = {}
        self.refuses: set[str] = set()
        self.refused: set[str] = set()
        self.overtaken: set[tuple[str, str]] = set()
        self._pending: set[str] = set()
        self._flying: list[str] = []
        self._asking: dict[str, str] = {}
        self._connection = 0
        self._lost_at = 0.0
        self._numbers = itertools.count()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._submit()

    # What a test does -------------------------------------------------------------------------

    def state(self, road: str) -> str:
        """Return how a road is now."""
        end = 0.0
        for lasts_s, state in self.plan.get(road, ()):
            end += lasts_s
            if self.now < end:
                return state
        return self.last[road]

    def add(self, room: str, **more: Any) -> str:
        """Let somebody write a message; return its client_id."""
        draft = Draft(room=room, content=str(len(self.added)), **more)
        self.added.append(draft)
        ref = self.core.send(draft, now=self.now, deadline=1e9, is_kept=True)
        self.refs[ref] = draft.client_id
        self._collect()
        return draft.client_id

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until(lambda: False, within_s=seconds)

    def run_until(self, holds: Callable[[], bool], *, within_s: float) -> bool:
        """Let time pass until something holds; return whether it does."""
        end = self.now + within_s
        while not holds():
            if self.now >= end:
                return False
            self._ticks += 1 if self._pending else IDLE_TICKS
            self.now = round(self._ticks * TICK_S, 6)
            while self._later and self._later[0][0] <= self.now:
                heapq.heappop(self._later)[2]()
                self._collect()
            self._connect()
            if self.core.busy:
                self.core.tick(self.now)
            self._collect()
        return True

    def standing(self, client_id: str) -> Standing:
        """Return how a message stands."""
        return self.told[client_id][-1].standing

    @property
    def all_sent(self) -> bool:
        """Whether every message is known to be stored."""
        return all(self.standing(one.client_id) is Standing.SENT for one in self.added)

    @property
    def swapped(self) -> set[tuple[str, str]]:
        """(earlier, later) by client_id, where the later one was stored first in their room."""
        places = {client_id: place for place, (_, client_id) in enumerate(self.stored)}
        added = [one for one in self.added if one.client_id in places]
        return {
            (one.client_id, two.client_id)
            for one, two in itertools.combinations(added, 2)
            if one.room == two.room and places[one.client_id] > places[two.client_id]
        }

    def tries_of(self, client_id: str) -> list[tuple[float, str]]:
        """Return the tries of one message."""
        return [(at, road) for at, whose, road in self.tries if whose == client_id]

    # The device -------------------------------------------------------------------------------

    def _connect(self) -> None:
        is_open = self.state(SOCKET) in OPEN
        if self.core.online and not is_open:
            self._connection += 1
            self._lost_at = self.now
            self._flying.clear()
            self.core.disconnected(self.now)
        if not self.core.online and is_open and self.now >= self._lost_at + BACK_AFTER_S:
            self.core.receive(_welcome(), self.now)

    def _collect(self) -> None:
        output = self.core.take_output()
        for change in output.outgoing:
            self.told.setdefault(change.client_id, []).append(change)
            is_pending = change.standing is Standing.PENDING
            (self._pending.add if is_pending else self._pending.discard)(change.client_id)
        for settled in output.settled:
            client_id = self.refs[settled.ref]
            assert not isinstance(self.outcomes.get(client_id), Sent), "told twice"
            self.outcomes[client_id] = settled.outcome
        for command in output.commands:
            if isinstance(command, SendMessage | Retry):
                self._fly(command)
        for request in output.requests:
            self._ask(request)
        if output.looks:
            self.looks.append(self.now)
            self._after(TRIP_S, self._look)

    def _fly(self, command: SendMessage | Retry) -> None:
        self._check_order(command.room, command.client_id, SOCKET)
        self.tries.append((self.now, command.client_id, SOCKET))
        self._land(command.client_id)
        before, connection = set(self._flying), self._connection
        self._flying.append(command.client_id)
        self._after(TRIP_S, lambda: self._arrive(command, connection, before))

    def _ask(self, request: Request) -> None:
        road = QUEUE if request.road is Road.QUEUE else HTTP
        room, client_id = request.draft.room, request.draft.client_id
        self._check_order(room, client_id, road)
        assert room not in self._asking, "two requests of a room at once"
        self._asking[room] = client_id
        self._land(client_id)
        self.tries.append((self.now, client_id, road))
        self._after(TRIP_S, lambda: self._request(request, road))

    def _land(self, client_id: str) -> None:
        """Note that one is no more on its way over the socket: answered, or tried elsewhere."""
        if client_id in self._flying:
            self._flying.remove(client_id)

    def _check_order(self, room: str, client_id: str, road: str) -> None:
        """Nothing goes before what was added earlier in its room, and is not on its way before it."""
        for one in itertools.takewhile(lambda one: one.client_id != client_id, self.added):
            if one.room != room:
                continue
            standing = self.standing(one.client_id)
            last = self.told[one.client_id][-1]
            if standing is Standing.SENT or (standing is Standing.FAILED and not last.goes_again):
                continue
            flies_before = road == SOCKET and one.client_id in self._flying
            follows = road == QUEUE and standing is Standing.QUEUED
            assert flies_before or follows, f"{client_id} over {road} before {one.content}"

    # The roads --------------------------------------------------------------------------------

    def _arrive(self, command: SendMessage | Retry, connection: int, before: set[str]) -> None:
        state = self.state(SOCKET)
        if connection != self._connection or state == "down":
            return
        client_id, ref = command.client_id, command.ref
        error = self._met(state, client_id, SOCKET)
        if _is_done(state, error):
            missing = {one.client_id for one in self._missing_before(command.room, client_id)}
            self.overtaken |= {(one, client_id) for one in missing & before}
            seq = self._store(command.room, client_id)
            if state == "up":
                self._after(TRIP_S, lambda: self._hear(_ack(command, seq, ref), connection))
            return
        if error is not None and state != "hung":
            frame = frames.Error(
                code=error.code, ref=ref, client_id=client_id, retry_after=error.retry_after_s
            )
            self._after(TRIP_S, lambda: self._hear(frame, connection))

    def _hear(self, frame: frames.ServerFrame, connection: int) -> None:
        if connection == self._connection:
            if isinstance(frame, frames.Ack | frames.Error) and frame.ref is not None:
                self._land(self.refs[frame.ref])
            self.core.receive(frame, self.now)

    def _request(self, request: Request, road: str) -> None:
        state = self.state(road)
        error = self._met(state, request.draft.client_id, road)
        if _is_done(state, error):
            if road == QUEUE:
                self._keep(request.draft)
            else:
                self._store_in_order(request.draft)
        pause_s = ANSWER_WITHIN_S if isinstance(error, Timeout) else TRIP_S
        self._after(pause_s, lambda: self._answer(request, road, error))

    def _answer(self, request: Request, road: str, error: ParleyError | None) -> None:
        self._asking.pop(request.draft.room)
        if error is not None:
            self.core.outbox.missed(request, error, self.now)
        elif road == QUEUE:
            self.core.outbox.queued(request, self.now)
        else:
            seq = self.contents[request.draft.client_id]
            self.core.posted(request, _message(request.draft, seq), self.now, duplicate=False)
        self.core.tick(self.now)

    def _met(self, state: str, client_id: str, road: str) -> ParleyError | None:
        if state in WORKS and client_id in self.refuses:
            self.refused.add(client_id)
            return REFUSALS[road]("no")
        return {
            "up": None,
            "down": Unavailable("cannot connect"),
            "refusing": Unavailable("busy"),
            "broken": Internal("oh"),
            "lossy": Timeout("no answer"),
            "hung": Timeout("no answer"),
            "limiting": RateLimited("slowly", retry_after_s=0.5),
        }[state]

    def _look(self) -> None:
        chat, queue = (self.state(road) in WORKS for road in (HTTP, QUEUE))
        self.core.outbox.looked(self.now, chat=chat, queue=queue)
        self.core.tick(self.now)

    # The server -------------------------------------------------------------------------------

    def _missing_before(self, room: str, client_id: str) -> list[Draft]:
        """Return what was added earlier, is not stored, and was not refused."""
        earlier = itertools.takewhile(lambda one: one.client_id != client_id, self.added)
        known = self.contents.keys() | self.refused
        return [one for one in earlier if one.room == room and one.client_id not in known]

    def _store_in_order(self, draft: Draft) -> int:
        if draft.client_id not in self.contents:
            assert not self._missing_before(draft.room, draft.client_id)
        return self._store(draft.room, draft.client_id)

    def _store(self, room: str, client_id: str) -> int:
        if client_id not in self.contents:
            self.stored.append((room, client_id))
            self.contents[client_id] = sum(one == room for one, _ in self.stored)
        return self.contents[client_id]

    def _keep(self, draft: Draft) -> None:
        if draft not in self.kept:
            self.kept.append(draft)

    def _submit(self) -> None:
        """Let the queue service submit what it keeps, in order, where it and chat are well."""
        chat = self.state(SOCKET) in WORKS or self.state(HTTP) in WORKS
        if chat and self.state(QUEUE) in WORKS and self.kept:
            draft = self.kept.pop(0)
            seq = self._store_in_order(draft)
            if self.core.online:
                connection = self._connection
                self._after(TRIP_S, lambda: self._hear(_ack(draft, seq, None), connection))
        self._after(SUBMIT_EVERY_S, self._submit)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self.now + seconds, next(self._numbers), call))


def _is_done(state: str, error: ParleyError | None) -> bool:
    return error is None or (state == "lossy" and isinstance(error, Timeout))


def _welcome() -> frames.Welcome:
    return frames.Welcome(protocol=1, session="s", user=frames.User(id="me"), rooms=())


def _ack(message: Any, seq: int, ref: str | None) -> frames.Ack:
    return frames.Ack(
        client_id=message.client_id,
        room=message.room,
        id=f"{message.room}.{seq}",
        seq=seq,
        created_at=AT,
        ref=ref,
    )


def _message(draft: Draft, seq: int) -> frames.Message:
    return frames.Message(
        id=f"{draft.room}.{seq}",
        room=draft.room,
        seq=seq,
        sender="me",
        client_id=draft.client_id,
        content=draft.content,
        created_at=AT,
    )
