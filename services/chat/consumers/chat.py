"""``/ws/chat/``: all rooms of one user over one socket.

A thin consumer: Channels routes and judges the Origin, the loop below is ours, because the stock
one hops through a thread for every frame. It parses and answers; it does not decide.
"""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from channels.consumer import AsyncConsumer

from libs.common.clock import Clock, to_wire
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, PermissionDenied, RateLimited, Unauthenticated
from libs.common.tasks import TaskSet
from libs.common.tokens import Verifier
from services.chat.consumers.bugs import told
from services.chat.consumers.credentials import claims_of, owner_of
from services.chat.consumers.syncing import Syncing
from services.chat.domain.bucket import TokenBucket
from services.chat.domain.closing import NOT_AUTHENTICATED, OVERLOADED, UNSUPPORTED_DATA
from services.chat.domain.drafts import Draft, Stored
from services.chat.domain.ids import uuid_of
from services.chat.frames import client, server
from services.chat.hub import Hub, Outbound, Session, Wire
from services.chat.models import User
from services.chat.selectors.people import person
from services.chat.writer import Writer

HEARTBEAT_S = 30
"""How often a client is asked to send ``ping``."""
WELCOME_ROOMS_BYTES = 48 * 1024
"""Rooms in ``welcome``; the rest is to be had over HTTP."""

log = structlog.get_logger(__name__)


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """One WebSocket. Made by ``as_asgi(...)`` with the parts of the process."""

    def __init__(  # noqa: PLR0913 - the parts it stands on, all by name
        self,
        *,
        hub: Hub,
        writer: Writer,
        database: DatabaseThreads,
        verifier: Verifier,
        clock: Clock,
        limits: server.Limits,
        wire_for: Callable[[Any, Any], Wire],
    ) -> None:
        self.hub = hub
        self.writer = writer
        self.database = database
        self.verifier = verifier
        self.clock = clock
        self.limits = limits
        self.wire_for = wire_for
        self.bucket = TokenBucket(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self.tasks = TaskSet()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket from its handshake to its end."""
        await receive()
        await send({"type": "websocket.accept"})
        self.outbound = Outbound(self.wire_for(scope, send))
        session: Session | None = None
        try:
            session = await self._open(scope)
            while (event := await receive())["type"] != "websocket.disconnect":
                if session is not None and not self.outbound.closed:
                    self._receive(session, event)
        finally:
            self.outbound.abandon()
            if session is not None:
                self.hub.leave(session)
            await self.tasks.stop()

    async def _open(self, scope: Any) -> Session | None:
        """Let the user in and send ``welcome``, or close and return None."""
        try:
            claims = claims_of(scope, self.verifier)
            session = Session(str(uuid.uuid4()), claims.sub, claims.sid, self.outbound)
            self.syncing = Syncing(
                user=session.user,
                outbound=self.outbound,
                database=self.database,
                clock=self.clock,
                tasks=self.tasks,
            )
            try:
                rooms = await self.hub.open(session)
                # Judged only now: a sign-out from here on finds the session and closes it.
                user = await owner_of(claims, self.database)
                self._send(self._welcome(session, user, rooms))
                self.hub.go_live(session)
            except BaseException:
                self.hub.leave(session)
                raise
        except Unauthenticated:
            self.outbound.close(NOT_AUTHENTICATED)
            return None
        except ParleyError as error:
            log.info("session_refused", code=error.code)
            self.outbound.close(OVERLOADED)
            return None
        return session

    def _welcome(
        self, session: Session, user: User, rooms: list[server.RoomEntry]
    ) -> server.Welcome:
        shown: list[server.RoomEntry] = []
        left_bytes = WELCOME_ROOMS_BYTES
        for room in rooms:
            left_bytes -= len(msgspec.json.encode(room)) + 1
            if left_bytes < 0:
                break
            shown.append(room)
        return server.Welcome(
            session=session.id,
            user=person(user),
            server_time=to_wire(self.clock.now()),
            heartbeat_s=HEARTBEAT_S,
            limits=self.limits,
            rooms=shown,
            more_rooms=True if len(shown) < len(rooms) else msgspec.UNSET,
        )

    def _send(self, frame: server.AnyServerFrame) -> None:
        self.outbound.send(server.encode(frame))

    def _receive(self, session: Session, event: Any) -> None:
        """Parse one frame and act on it; whatever is wrong with it is answered."""
        text = event.get("text")
        if text is None:
            self.outbound.close(UNSUPPORTED_DATA)
            return
        try:
            frame = client.parse(text)
        except client.Refused as refused:
            answer = server.error_frame(refused.error, ref=refused.ref, client_id=refused.client_id)
            self._send(answer)
            return
        try:
            self._act(session, frame)
        except Exception as error:  # noqa: BLE001 - an error never ends the connection
            client_id = getattr(frame, "client_id", None)
            self._send(server.error_frame(told(error), ref=frame.ref, client_id=client_id))

    def _act(self, session: Session, frame: client.AnyClientFrame) -> None:
        match frame:
            case client.SendMessage() | client.RetryMessage():
                self._on_message(session, frame)
            case client.Delivered() | client.ReadReceipt() | client.Typing():
                self._check_seat(session, frame.room)
            case client.Sync():
                self.syncing.begin(frame)
            case client.Ping():
                now = to_wire(self.clock.now())
                self._send(server.Pong(server_time=now, ref=server.given(frame.ref)))
            case client.Activity():
                pass

    def _on_message(
        self, session: Session, frame: client.SendMessage | client.RetryMessage
    ) -> None:
        """Hand a message to the writer; ``ack`` follows when it is in the database."""
        wait_s = self.bucket.take(self.clock.monotonic())
        if wait_s > 0:
            raise RateLimited(retry_after_s=round(wait_s, 3))
        if uuid_of(frame.room) is None:
            raise PermissionDenied
        draft = Draft(
            room=frame.room,
            sender=session.user,
            client_id=frame.client_id.lower(),
            content=frame.content,
            reply_to=frame.reply_to,
            session=session.id,
        )

        def reply(outcome: Stored | ParleyError) -> None:
            self._answer_message(frame, outcome)

        self.writer.submit(draft, reply)

    def _answer_message(
        self, frame: client.SendMessage | client.RetryMessage, outcome: Stored | ParleyError
    ) -> None:
        if isinstance(outcome, ParleyError):
            self._send(server.error_frame(outcome, ref=frame.ref, client_id=frame.client_id))
            return
        self._send(
            server.Ack(
                client_id=frame.client_id,
                room=outcome.room,
                id=outcome.id,
                seq=outcome.seq,
                created_at=to_wire(outcome.created_at),
                duplicate=outcome.duplicate,
                ref=server.given(frame.ref),
            )
        )

    def _check_seat(self, session: Session, room: str) -> None:
        seat = session.seats.get(room)
        if seat is None or seat.until is not None:
            raise PermissionDenied
