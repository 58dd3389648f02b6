"""What every WebSocket has: opening, reading frames, ending. What frames do is the consumers' own.

Thin: Channels routes and judges the Origin, the loop below is ours, because the stock one hops
through a thread for every frame.
"""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, TypedDict, Unpack, get_args

import msgspec
import structlog
from channels.consumer import AsyncConsumer

from libs.common import metrics
from libs.common.clock import Clock, to_wire
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, RateLimited, Unauthenticated, check_rate
from libs.common.events import SessionKind
from libs.common.tasks import TaskSet
from libs.common.tokens import Claims, Ticket, Verifier
from services.chat.admission import Admission
from services.chat.consumers.bugs import told
from services.chat.consumers.credentials import Arrivals, address_of, claims_of, owner_of
from services.chat.domain.closing import (
    NOT_AUTHENTICATED,
    OVERLOADED,
    RATE_LIMITED,
    UNSUPPORTED_DATA,
)
from services.chat.domain.pace import Pace, Rates
from services.chat.frames import client, server
from services.chat.hub import Hub, Outbound, Session, Wire
from services.chat.hub.activity import ActivityWatch
from services.chat.hub.session import Listener
from services.chat.models import User
from services.chat.selectors.people import person

HEARTBEAT_S = 30
"""How often a client is asked to send ``ping``."""
WELCOME_ROOMS_BYTES = 48 * 1024
"""Rooms in ``welcome``; the rest is to be had over HTTP."""

REFUSED = metrics.counter(
    "parley_frames_refused", "Frames that were answered with an error, by its code.", ["code"]
)
RECEIVED = metrics.counter("parley_frames_received", "Frames that could be read.", ["type"])
BY_SHAPE = {
    shape: RECEIVED.labels(shape.__struct_config__.tag) for shape in get_args(client.AnyClientFrame)
}

log = structlog.get_logger(__name__)


class SocketParts(TypedDict):
    """The parts of the process that every WebSocket stands on."""

    hub: Hub
    database: DatabaseThreads
    arrivals: Arrivals
    verifier: Verifier
    clock: Clock
    limits: server.Limits
    rates: Rates
    activity: ActivityWatch
    admission: Admission
    wire_for: Callable[[Any, Any], Wire]


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]  # Channels has no types
    """One WebSocket. Made by ``as_asgi(...)`` of the consumers that say what frames do."""

    kind: ClassVar[SessionKind]

    def __init__(self, **parts: Unpack[SocketParts]) -> None:
        self.hub = parts["hub"]
        self.database = parts["database"]
        self.arrivals = parts["arrivals"]
        self.verifier = parts["verifier"]
        self.clock = parts["clock"]
        self.limits = parts["limits"]
        self.pace = Pace(parts["rates"])
        self.activity = parts["activity"]
        self.admission = parts["admission"]
        self.wire_for = parts["wire_for"]
        self.tasks = TaskSet()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket from its handshake to its end."""
        with self.admission.counted():
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        wire = self.wire_for(scope, send)
        self.outbound = Outbound(wire)
        session: Session | None = None
        try:
            session = await self._open(scope)
            if session is not None:
                self._entered(session)
                wire.hear(partial(self._receive, session))
            while (event := await receive())["type"] != "websocket.disconnect":
                if session is not None:
                    self._receive(session, event.get("text"))
        finally:
            self.outbound.abandon()
            if session is not None:
                self._ended()
                self.hub.leave(session)
            await self.tasks.stop()

    def _listener(self, user: str) -> Listener:  # noqa: ARG002 - whose it is, where that matters
        """Return what takes the news of the session that is being opened."""
        return self.outbound

    def _entered(self, session: Session) -> None:
        """Take note that ``welcome`` has gone out."""

    def _ended(self) -> None:
        """Let go of what the session has; its seats are still there."""

    def _act(self, session: Session, frame: client.AnyClientFrame) -> None:
        """Do what a frame asks for.

        Raises:
            ParleyError: what is answered instead.
        """
        raise NotImplementedError

    async def _open(self, scope: Any) -> Session | None:
        """Let the user in and send ``welcome``, or close and return None."""
        try:
            self.admission.check_handshake(address_of(scope))
            claims = claims_of(scope, self.verifier)
            self.admission.check_person(claims.sub)
            listener = self._listener(claims.sub)
            session = Session(str(uuid.uuid4()), claims.sub, claims.sid, listener, self.kind)
            try:
                user, rooms = await self._let_in(session, claims)
                is_private = not user.send_read_receipts
                self.hub.private_reading.settle(session, is_private=is_private)
                self._send(self._welcome(session, user, rooms))
                self.hub.go_live(session)
            except BaseException:
                self.hub.leave(session)
                raise
        except Unauthenticated:
            self.outbound.close(NOT_AUTHENTICATED)
            return None
        except RateLimited:
            self.outbound.close(RATE_LIMITED)
            return None
        except ParleyError as error:
            log.info("session_refused", code=error.code)
            self.outbound.close(OVERLOADED)
            return None
        return session

    async def _let_in(
        self, session: Session, claims: Claims | Ticket
    ) -> tuple[User, list[server.RoomEntry]]:
        """Seat a session in the rooms of its user, and return both.

        The sign-in is judged when the hub knows the session: a sign-out from then on closes it.

        Raises:
            Unauthenticated: the sign-in has ended; or the session was closed meanwhile.
        """
        if isinstance(claims, Ticket):
            rooms = await self.hub.open(session)
            user = await owner_of(claims, self.database)
        else:
            self.hub.enter(session)
            arrival = await self.arrivals.ask((claims.sid, claims.sub))
            if arrival is None:
                raise Unauthenticated
            user, rooms = arrival.user, await self.hub.seat(session, arrival.rooms)
        if self.outbound.closed:
            raise Unauthenticated
        return user, rooms

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

    def _receive(self, session: Session, text: str | None) -> None:
        """Parse one frame and act on it; whatever is wrong with it is answered.

        ``text`` is None of a binary one.
        """
        if self.outbound.closed:
            return
        if text is None:
            self.outbound.close(UNSUPPORTED_DATA)
            return
        size_bytes = len(text) if text.isascii() else len(text.encode(errors="replace"))
        wait_s = self.pace.frame(size_bytes, self.clock.monotonic())
        try:
            frame = client.parse(text)
        except client.Refused as refused:
            error = RateLimited(retry_after_s=round(wait_s, 3)) if wait_s > 0 else refused.error
            self._refuse(error, ref=refused.ref, client_id=refused.client_id)
            return
        BY_SHAPE[type(frame)].inc()
        try:
            check_rate(wait_s)
            self._act(session, frame)
        except Exception as error:  # noqa: BLE001 - an error never ends the connection
            self._refuse(told(error), ref=frame.ref, client_id=getattr(frame, "client_id", None))

    def _refuse(self, error: ParleyError, *, ref: str | None, client_id: str | None) -> None:
        """Answer what is not done; end a connection that is too fast and does not learn."""
        REFUSED.labels(error.code).inc()
        self._send(server.error_frame(error, ref=ref, client_id=client_id))
        if isinstance(error, RateLimited) and not self.pace.is_borne(self.clock.monotonic()):
            self.outbound.close(RATE_LIMITED)

    def _pong(self, ping: client.Ping) -> None:
        now = to_wire(self.clock.now())
        self._send(server.Pong(server_time=now, ref=server.given(ping.ref)))
