import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from libs.common.clock import ManualClock
from libs.common.errors import Unauthenticated, Unavailable
from services.chat.consumers import ChatConsumer
from services.chat.domain.activity import SILENT_AFTER_S
from services.chat.domain.drafts import Stored
from services.chat.frames.server import Limits
from services.chat.hub import Hub, Session
from services.chat.hub.activity import ActivityWatch
from services.chat.hub.statuses import MessageStatusManager
from services.chat.hub.typing import TypingIndicatorManager
from tests.unit.chat.hub.fake_database import FakeDatabase
from tests.unit.chat.hub.fake_wire import FakeWire

ROOM = "018f0000-0000-7000-8000-000000000001"
CLIENT_ID = "018f0000-0000-4000-8000-00000000000a"
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Database(FakeDatabase):
    def session_owner(self, *, sid, user_id):
        if sid != "sid":
            return None
        return SimpleNamespace(
            id=user_id,
            username=user_id,
            display_name=user_id.title(),
            send_read_receipts=user_id != "private",
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


class Visit:
    """A connection to a consumer, and what came back over it."""

    def __init__(self, token: str | None = None):
        self.wire, self.writer, self.database = FakeWire(), Writer(), Database()
        self.database.add_room(ROOM, "alice", head=7)
        self.clock = ManualClock()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events.put_nowait({"type": "websocket.connect"})
        self.sent: list[dict[str, Any]] = []
        self.hub = Hub(database=self.database)  # type: ignore[arg-type]  # a fake
        self.reporter, self.teller = Reporter(), Teller()
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
            "database": self.database,
            "verifier": Verifier(),
            "clock": self.clock,
        }
        limits = Limits(frame_bytes=1, content_chars=1, messages_per_s=1, messages_burst=2)
        consumer = ChatConsumer(**parts, limits=limits, wire_for=lambda scope, send: self.wire)
        headers = [(b"authorization", f"Bearer {token or 'sid'}".encode())]
        scope = {"type": "websocket", "headers": headers, "query_string": b""}
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

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0)

    async def answer(self, **frame):
        """Send a frame; return the last one that came back."""
        before = len(self.frames)
        self.say(**frame)
        await self.until(lambda: len(self.frames) > before)
        return self.frames[-1]

    async def leave(self):
        self.events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


@pytest.fixture
async def visit():
    visit = Visit()
    await visit.until(lambda: visit.frames)
    yield visit
    await visit.leave()


def message(**members):
    return {"type": "message", "room": ROOM, "client_id": CLIENT_ID, "content": "x", **members}


async def test_the_handshake_is_accepted_and_the_first_frame_is_welcome(visit):
    [welcome] = visit.frames

    assert visit.sent == [{"type": "websocket.accept"}]
    assert welcome["type"] == "welcome"
    assert [(room["id"], room["last_seq"]) for room in welcome["rooms"]] == [(ROOM, 7)]


@pytest.mark.parametrize("token", ["bad", "signed out"])
async def test_who_cannot_sign_in_is_accepted_and_closed_with_4001(token):
    visit = Visit(token)

    await visit.until(lambda: visit.wire.codes)
    await visit.leave()

    assert visit.sent == [{"type": "websocket.accept"}]
    assert (visit.wire.codes, visit.frames, visit.hub.all_sessions()) == ([4001], [], [])


async def test_who_comes_while_the_database_is_down_is_closed_as_overloaded():
    visit = Visit()
    visit.database.down = True

    await visit.until(lambda: visit.wire.codes)
    await visit.leave()

    assert (visit.wire.codes, visit.hub.all_sessions()) == ([4503], [])


async def test_a_message_goes_to_the_writer_and_its_ack_repeats_what_was_given(visit):
    ack = await visit.answer(**message(client_id=CLIENT_ID.upper(), ref="mine"))

    [draft] = visit.writer.drafts
    assert (draft.sender, draft.client_id, draft.room) == ("alice", CLIENT_ID, ROOM)
    assert (ack["type"], ack["client_id"], ack["ref"]) == ("ack", CLIENT_ID.upper(), "mine")
    assert draft.session == visit.hub.all_sessions()[0].id


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unavailable(retry_after_s=1), "unavailable"), (ZeroDivisionError(), "internal")],
)
async def test_an_error_is_answered_and_the_connection_lives_on(visit, error, code):
    visit.writer.error = error

    answer = await visit.answer(**message(ref="mine"))
    pong = await visit.answer(type="ping", ref="still there")

    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "mine")
    assert answer["client_id"] == CLIENT_ID
    assert (pong["type"], pong["ref"], visit.wire.codes) == ("pong", "still there", [])


async def test_too_many_messages_are_refused_until_their_time_has_come(visit):
    answers = [await visit.answer(**message()) for _ in range(3)]
    visit.clock.advance(answers[2]["retry_after"])
    later = await visit.answer(**message())

    assert [answer["type"] for answer in answers] == ["ack", "ack", "error"]
    assert (answers[2]["code"], answers[2]["retry_after"]) == ("rate_limited", 1.0)
    assert later["type"] == "ack"


@pytest.mark.parametrize("frame", ["delivered", "read_receipt", "typing"])
async def test_what_is_said_of_a_foreign_room_is_refused(visit, frame):
    foreign = await visit.answer(type=frame, room="other", seq=1, is_typing=True)
    visit.say(type=frame, room=ROOM, seq=1, is_typing=True)
    pong = await visit.answer(type="ping")

    assert foreign["code"] == "permission_denied"
    assert (pong["type"], len(visit.frames)) == ("pong", 3)


async def test_a_binary_frame_closes_with_1003(visit):
    visit.events.put_nowait({"type": "websocket.receive", "bytes": b"{}"})

    await visit.until(lambda: visit.wire.codes)

    assert visit.wire.codes == [1003]


async def test_who_has_gone_is_forgotten():
    visit = Visit()
    await visit.until(lambda: visit.frames)

    await visit.leave()

    assert visit.hub.all_sessions() == []


async def test_typing_is_told_and_ends_with_the_message(visit):
    visit.say(type="typing", room=ROOM, is_typing=True)
    await visit.answer(**message())

    told = [(each.room, each.user, each.is_typing) for each in visit.teller.told]
    assert told == [(ROOM, "alice", True), (ROOM, "alice", False)]


async def test_a_key_that_is_said_to_be_released_ends_it(visit):
    visit.say(type="typing", room=ROOM, is_typing=True)
    visit.say(type="typing", room=ROOM, is_typing=False)
    await visit.answer(type="ping")

    assert [each.is_typing for each in visit.teller.told] == [True, False]


async def test_activity_is_announced_where_it_is_news(visit):
    for state in ("away", "away", "active"):
        visit.say(type="activity", state=state)
    await visit.answer(type="ping")

    assert len(visit.changed) == 2
    assert [each.is_away for each in visit.changed] == [False, False]  # the same session, now


async def test_nobody_types_where_they_are_no_member(visit):
    refused = await visit.answer(type="typing", room="foreign", is_typing=True)

    assert (refused["code"], visit.teller.told) == ("permission_denied", [])


async def test_who_was_removed_types_there_no_more(visit):
    [session] = visit.hub.all_sessions()
    session.seats[ROOM].until = 7

    refused = await visit.answer(type="typing", room=ROOM, is_typing=True)

    assert (refused["code"], visit.teller.told) == ("permission_denied", [])


@pytest.mark.parametrize(
    ("frame", "is_human"),
    [
        (message(), True),
        ({"type": "read_receipt", "room": ROOM, "seq": 7}, True),
        ({"type": "typing", "room": ROOM, "is_typing": True}, True),
        ({"type": "typing", "room": ROOM, "is_typing": False}, False),
        ({"type": "delivered", "room": ROOM, "seq": 7}, False),
        ({"type": "typing", "room": "foreign", "is_typing": True}, False),
        ({"type": "ping"}, False),
    ],
    ids=["message", "read", "key", "no key", "delivered", "foreign key", "ping"],
)
async def test_what_only_a_person_does_brings_back_who_fell_silent(visit, frame, is_human):
    [session] = visit.hub.all_sessions()
    session.activity.act(visit.clock.monotonic())
    visit.clock.advance(SILENT_AFTER_S)
    session.activity.fall_silent(visit.clock.monotonic())

    visit.say(**frame)
    await visit.answer(type="ping")

    assert visit.changed == ([session] if is_human else [])
