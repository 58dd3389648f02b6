"""``/ws/chat/``: all rooms of one user over one socket. It parses and answers, nothing else."""

from functools import partial
from typing import Unpack

from libs.common.clock import to_wire
from libs.common.errors import ParleyError, PermissionDenied, check_rate
from libs.common.ids import uuid_of
from libs.common.rates.allowances import Allowances
from services.chat.consumers.receipts import HeldReceipts
from services.chat.consumers.socket import SocketConsumer, SocketParts
from services.chat.consumers.syncing import Syncing
from services.chat.domain.drafts import Draft, Stored
from services.chat.frames import client, server
from services.chat.hub import Session
from services.chat.hub.session import Listener
from services.chat.hub.statuses import MessageStatusManager
from services.chat.hub.typing import TypingIndicatorManager
from services.chat.writer import Writer


class ChatConsumer(SocketConsumer):
    """One WebSocket. Made by ``as_asgi(...)`` with the parts of the process."""

    kind = "chat"

    def __init__(
        self,
        *,
        writer: Writer,
        statuses: MessageStatusManager,
        typing: TypingIndicatorManager,
        allowances: Allowances,
        **parts: Unpack[SocketParts],
    ) -> None:
        super().__init__(**parts)
        self.writer = writer
        self.statuses = statuses
        self.typing = typing
        self.allowances = allowances

    def _listener(self, user: str) -> Listener:
        self.syncing = Syncing(
            user=user,
            outbound=self.outbound,
            database=self.database,
            clock=self.clock,
            tasks=self.tasks,
        )
        return self.outbound

    def _entered(self, session: Session) -> None:
        self.held = HeldReceipts(
            delivered=partial(self.statuses.mark_as_delivered, session),
            read=partial(self.statuses.mark_as_read, session),
        )

    def _ended(self) -> None:
        self.held.flush()

    def _act(self, session: Session, frame: client.AnyClientFrame) -> None:
        match frame:
            case client.SendMessage() | client.RetryMessage():
                self._on_message(session, frame)
            case client.Delivered() | client.ReadReceipt():
                self._on_receipt(session, frame)
            case client.Typing():
                self._on_typing(session, frame)
            case client.Sync():
                self.syncing.begin(frame)
            case client.Ping():
                self._pong(frame)
            case client.Activity():
                self.activity.say(session, frame.state)

    def _on_message(
        self, session: Session, frame: client.SendMessage | client.RetryMessage
    ) -> None:
        """Hand a message to the writer; ``ack`` follows when it is in the database."""
        check_rate(self.pace.message(self.clock.monotonic()))
        check_rate(self.allowances.take(session.user))
        if frame.room not in session.seats and uuid_of(frame.room) is None:
            raise PermissionDenied
        self.activity.act(session)
        self.typing.stop_typing(session, frame.room)
        draft = Draft(
            room=frame.room,
            sender=session.user,
            client_id=frame.client_id.lower(),
            content=frame.content,
            reply_to=frame.reply_to,
            session=session.id,
            is_private=session.is_private is not False,
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
        self.statuses.mark_as_sent(outcome.room, outcome.seq)
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

    def _on_receipt(self, session: Session, frame: client.Delivered | client.ReadReceipt) -> None:
        is_read = isinstance(frame, client.ReadReceipt)
        if is_read:
            self.activity.act(session)
        if frame.room in session.seats and self.pace.receipt(self.clock.monotonic()) > 0:
            read_seq = frame.seq if is_read else 0
            self.held.hold(frame.room, delivered_seq=frame.seq, read_seq=read_seq)
        elif is_read:
            self.statuses.mark_as_read(session, frame.room, frame.seq)
        else:
            self.statuses.mark_as_delivered(session, frame.room, frame.seq)

    def _on_typing(self, session: Session, frame: client.Typing) -> None:
        check_rate(self.pace.typing(self.clock.monotonic()))
        seat = session.seats.get(frame.room)
        if seat is None or seat.until is not None:
            raise PermissionDenied
        if frame.is_typing:
            self.activity.act(session)
            self.typing.start_typing(session, frame.room)
        else:
            self.typing.stop_typing(session, frame.room)
