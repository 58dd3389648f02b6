"""A connection to the chat consumer, with everything around it made of fakes."""

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from libs.common.clock import ManualClock
from libs.common.errors import Unauthenticated, Unavailable
from services.chat.admission import Admission
from services.chat.consumers import ChatConsumer
from services.chat.consumers.credentials import arrivals_in
from services.chat.domain.drafts import Stored
from services.chat.domain.pace import Rate, Rates
from services.chat.frames.server import Limits
from services.chat.hub import Hub, Session
from services.chat.hub.activity import ActivityWatch
from services.chat.hub.statuses import MessageStatusManager
from services.chat.hub.typing import TypingIndicatorManager
from services.chat.selectors.arrivals import Arrival
from tests.unit.chat.doors import open_door
from tests.unit.chat.hub.fake_database import FakeDatabase
from tests.unit.chat.hub.fake_wire import FakeWire
from tests.waiting import WITHIN_S

ROOM = "018f0000-0000-7000-8000-000000000001"
CLIENT_ID = "018f0000-0000-4000-8000-00000000000a"
CLIENT = ("192.0.2.1", 50_000)
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Database(FakeDatabase):
    def arrivals_of(self, claimed):
        return {
            (sid, user): Arrival(_user(user), self.rooms_of(user_id=user))
            for sid, user in claimed
            if sid == "sid"
        }


def _user(user: str) -> Any:
    return SimpleNamespace(
        id=user,
        username=user,
        display_name=user.title(),
        avatar_version="",
        send_read_receipts=user != "private",
    )


class Verifier:
    def verify(self, token):
        if token == "bad":
            raise Unauthenticated
        return SimpleNamespace(sub="alice", sid=token)


class Writer:
    """Stores whatever comes, unless told otherwise."""

    error: Exception | None = None

    def __init__(self):
        self.drafts = []

    def submit(self, draft, reply):
        if isinstance(self.error, Unavailable):
            reply(self.error)
        elif self.error is not None:
            raise self.error
        else:
            self.drafts.append(draft)
            reply(Stored(draft.room, len(self.drafts), AT))


class Reporter:
    """Keeps what is reported."""

    def __init__(self):
        self.reported = []

    def report(self, receipt):
        self.reported.append(receipt)


class Teller:
    """Keeps what is told of typists."""

    def __init__(self):
        self.told = []

    def tell(self, news):
        self.told += news


class Allowances:
    """Lets a person write until told otherwise."""

    def __init__(self):
        self.wait_s = 0.0

    def take(self, user):
        return self.wait_s


LIMITS = Limits(**dict.fromkeys(Limits.__struct_fields__, 1))
RATES = Rates(
    frames=Rate(1, 700),
    frame_bytes=Rate(1, 100_000),
    messages=Rate(1, 2),
    typing=Rate(1, 2),
    receipts=Rate(1, 2),
)


class Visit:
    """A connection to a consumer, and what came back over it."""

    def __init__(self, token: str | None = None, *, door: Admission | None = None, **knobs: Any):
        self.wire, self.writer, self.database = FakeWire(), Writer(), Database()
        self.database.add_room(ROOM, "alice", head=7)
        self.clock, self.allowances = ManualClock(), Allowances()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events.put_nowait({"type": "websocket.connect"})
        self.sent: list[dict[str, Any]] = []
        self.hub = Hub(database=self.database)  # type: ignore[arg-type]  # a fake
        self.reporter, self.teller = Reporter(), Teller()
        self.admission = door or open_door(self.hub.sessions_of, **knobs)
        self.changed: list[Session] = []
        statuses = MessageStatusManager(
            hub=self.hub,
            reporter=cast(Any, self.reporter),
            pusher=cast(Any, None),
            clock=self.clock,
        )
        parts: dict[str, Any] = {
            "hub": self.hub,
            "writer": self.writer,
            "statuses": statuses,
            "typing": TypingIndicatorManager(
                room_of=self.hub.local_room,
                teller=self.teller,
                clock=self.clock,
                most_members=100,
            ),
            "activity": ActivityWatch(
                all_sessions=self.hub.all_sessions,
                on_changed=self.changed.append,
                clock=self.clock,
            ),
            "admission": self.admission,
            "database": self.database,
            "arrivals": arrivals_in(cast(Any, self.database)),
            "verifier": Verifier(),
            "clock": self.clock,
        }
        consumer = ChatConsumer(
            **parts,
            allowances=cast(Any, self.allowances),
            limits=LIMITS,
            rates=RATES,
            wire_for=lambda scope, send: self.wire,
        )
        headers = [(b"authorization", f"Bearer {token or 'sid'}".encode())]
        scope = {"type": "websocket", "headers": headers, "query_string": b"", "client": CLIENT}
        self.task = asyncio.create_task(consumer(scope, self.events.get, self._send))

    async def _send(self, event):
        self.sent.append(event)

    @property
    def frames(self):
        return [msgspec.json.decode(text) for text in self.wire.written]

    def say(self, **frame):
        self.events.put_nowait(
            {"type": "websocket.receive", "text": msgspec.json.encode(frame).decode()}
        )

    async def until(self, condition, within_s=WITHIN_S):
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0)

    async def answer(self, **frame):
        """Send a frame; return the last one that came back."""
        before = len(self.frames)
        self.say(**frame)
        await self.until(lambda: len(self.frames) > before)
        return self.frames[-1]

    async def leave(self):
        """Leave; doing it again changes nothing."""
        self.events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


def message(**members):
    return {"type": "message", "room": ROOM, "client_id": CLIENT_ID, "content": "x", **members}
