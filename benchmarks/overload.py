"""The scenario ``overload``: ever more messages a second, then twice what was borne.

Everybody behaves as clients should. What is refused with ``retry_after`` waits for so long, and all
that its writer has to say waits behind it. Then one message goes first, and as many more as were
acknowledged. What has no answer after ``ANSWER_WITHIN_S`` is sent again under the same client_id.
"""

import asyncio
import contextlib
import itertools
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.crowd import Somebody
from benchmarks.report import OverloadStep, cpu_seconds

ANSWER_WITHIN_S = 5.0
"""How long a client waits for an ``ack``. Source: the deadlines in docs/limits.md."""
TICK_S = 0.005
WINDOW = 64
"""Messages of a writer that may be without an answer."""
AT_ONCE = 50
"""Sockets that are opened at the same time."""
WARM_UP_S = 2.0
"""The part of each step that does not count: the load has only just changed."""
SUSTAINED = 0.98
"""Share of the messages due that a step has to bring through, to count as borne."""
SETTLE_S = 10.0
"""How long what waits of a step may take before the next begins."""
LATE_P99_S = 1.0
"""Above it a step is not borne either, though everything arrived."""


@dataclass(slots=True, eq=False)
class Writer:
    """Somebody who writes.

    Attributes:
        outbox: client_ids of what is due and not sent, oldest first.
        flying: when each was sent that has no answer.
        hold_until_s: until when the server asked for patience.
        window: how many may fly at the same time.
    """

    person: Somebody
    socket: ClientConnection
    outbox: deque[str] = field(default_factory=deque)
    flying: dict[str, float] = field(default_factory=dict)
    hold_until_s: float = 0.0
    window: int = WINDOW
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Load:
    """Writers on a suite, and what became of their messages."""

    url: str
    people: Sequence[Somebody]
    seconds: float
    _due_s: dict[str, float] = field(default_factory=dict)
    _latencies_s: list[float] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _counting: bool = False

    async def run(
        self, processes: Sequence[tuple[str, int]], *, first_rate: float, growth: float
    ) -> list[OverloadStep]:
        """Raise the rate until it is not borne, then load with twice the last one that was."""
        gate = asyncio.Semaphore(AT_ONCE)
        writers = await asyncio.gather(*(self._connect(each, gate) for each in self.people))
        tasks = [
            asyncio.create_task(work(each))
            for each in writers
            for work in (self._send, self._listen)
        ]
        steps: list[OverloadStep] = []
        borne = first_rate
        for rate in _growing(first_rate, growth):
            step = await self._step(writers, rate, processes, name="rising")
            steps.append(step)
            if step.share < SUSTAINED or step.p99_s > LATE_P99_S:
                break
            borne = rate
        steps.append(await self._step(writers, 2 * borne, processes, name="twice what was borne"))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(each.socket.close() for each in writers), return_exceptions=True)
        return steps

    async def _connect(self, person: Somebody, gate: asyncio.Semaphore) -> Writer:
        async with gate:
            socket = await connect(
                self.url.replace("http", "ws", 1) + "/ws/chat/",
                additional_headers={"Authorization": f"Bearer {person.token}"},
                compression=None,
                ping_interval=None,
            )
            await socket.recv()
        return Writer(person, socket)

    async def _step(
        self,
        writers: Sequence[Writer],
        rate: float,
        processes: Sequence[tuple[str, int]],
        *,
        name: str,
    ) -> OverloadStep:
        """Have messages due at a rate, and count what is acknowledged after the first moment."""
        began_s = time.perf_counter()
        turns = itertools.cycle(writers)
        made, before = 0, dict[str, float]()
        self._counts.clear()
        self._latencies_s.clear()
        while (passed_s := time.perf_counter() - began_s) < WARM_UP_S + self.seconds:
            if not self._counting and passed_s >= WARM_UP_S:
                self._counting = True
                before = {each: cpu_seconds(pid) for each, pid in processes}
            for _ in range(round(rate * passed_s) - made):
                made += 1
                self._make(next(turns), began_s + made / rate)
            await asyncio.sleep(TICK_S)
        self._counting = False
        step = OverloadStep(
            name=name,
            rate=rate,
            seconds=self.seconds,
            latencies_s=list(self._latencies_s),
            counts=dict(self._counts),
            cpu_s={each: cpu_seconds(pid) - before[each] for each, pid in processes},
        )
        for writer in writers:
            writer.outbox.clear()
        await self._settle(writers)
        return step

    def _make(self, writer: Writer, due_s: float) -> None:
        client_id = str(uuid.uuid4())
        self._due_s[client_id] = due_s
        writer.outbox.append(client_id)
        writer.wake.set()

    async def _settle(self, writers: Sequence[Writer]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                for writer in writers:
                    while writer.flying:
                        writer.wake.clear()
                        await writer.wake.wait()
        for writer in writers:
            writer.outbox.clear()
            writer.flying.clear()
            writer.hold_until_s = 0.0
            writer.window = WINDOW

    async def _send(self, writer: Writer) -> None:
        """Send what is due, unless the server asked for patience; again what has no answer."""
        try:
            while True:
                now_s = time.perf_counter()
                self._send_again(writer, now_s)
                if writer.hold_until_s > now_s:
                    await asyncio.sleep(writer.hold_until_s - now_s)
                elif writer.outbox and len(writer.flying) < writer.window:
                    client_id = writer.outbox.popleft()
                    writer.flying[client_id] = now_s
                    await writer.socket.send(_frame(writer, client_id))
                else:
                    writer.wake.clear()
                    await asyncio.wait_for(writer.wake.wait(), 1.0)
        except TimeoutError:
            await self._send(writer)
        except ConnectionClosed as closed:
            self._note(f"closed {closed.rcvd.code if closed.rcvd else 1006}")

    def _send_again(self, writer: Writer, now_s: float) -> None:
        late = [key for key, at_s in writer.flying.items() if now_s - at_s > ANSWER_WITHIN_S]
        for client_id in reversed(late):
            del writer.flying[client_id]
            writer.outbox.appendleft(client_id)
            self._note("sent again")

    async def _listen(self, writer: Writer) -> None:
        try:
            async for text in writer.socket:
                if '"type":"ack"' in text[:20]:
                    self._acked(writer, msgspec.json.decode(text)["client_id"])
                elif '"type":"error"' in text[:20]:
                    self._refused(writer, msgspec.json.decode(text))
        except ConnectionClosed:
            return  # who sends has noted it

    def _acked(self, writer: Writer, client_id: str) -> None:
        writer.flying.pop(client_id, None)
        writer.window = min(WINDOW, writer.window + 1)
        writer.wake.set()
        due_s = self._due_s.pop(client_id, None)
        if due_s is not None and self._counting:
            self._counts["acked"] += 1
            self._latencies_s.append(time.perf_counter() - due_s)

    def _refused(self, writer: Writer, error: dict[str, object]) -> None:
        self._note(str(error["code"]))
        writer.wake.set()
        client_id = str(error.get("client_id"))
        if writer.flying.pop(client_id, None) is not None:
            writer.outbox.appendleft(client_id)
        writer.window = 1
        wait_s = float(str(error.get("retry_after", 0.0)))
        writer.hold_until_s = max(writer.hold_until_s, time.perf_counter() + wait_s)

    def _note(self, what: str) -> None:
        if self._counting:
            self._counts[what] += 1


def _growing(first: float, growth: float) -> Iterator[float]:
    return (first * growth**number for number in itertools.count())


def _frame(writer: Writer, client_id: str) -> str:
    frame = {
        "type": "message",
        "room": writer.person.room,
        "client_id": client_id,
        "content": "How are you today?",
    }
    return msgspec.json.encode(frame).decode()
