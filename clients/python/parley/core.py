"""The whole client without a network: frames and time in, frames, messages and outcomes out.

``Core`` never waits and never writes. After each call its owner empties ``take_output()``, sends
the commands (in order), gives out the messages and tells the senders. Frames may be fed in any
order and more than once; that is what ``Rooms`` is for.
"""

from collections.abc import Callable, Iterable

from clients.python.parley.attendance import Attendance, State
from clients.python.parley.commands import Delivered, ReadReceipt, encode
from clients.python.parley.errors import TooLarge, error_of
from clients.python.parley.frames import (
    Ack,
    Drained,
    Error,
    Failed,
    Limits,
    Message,
    Pong,
    Presence,
    Room,
    ServerFrame,
    Status,
    Synced,
    SyncedRoom,
    Typing,
    Welcome,
)
from clients.python.parley.keystrokes import Keystrokes
from clients.python.parley.marks import Marks, Moved
from clients.python.parley.outbox import Outbox
from clients.python.parley.outcomes import Output, Sent, Settled
from clients.python.parley.pace import Pace
from clients.python.parley.pending import Draft, Pending, Request, Road
from clients.python.parley.presence import Presences
from clients.python.parley.receipts import Receipts
from clients.python.parley.recovery import Recovery
from clients.python.parley.rooms import Rooms
from clients.python.parley.server_clock import ServerClock
from clients.python.parley.typists import Typists


class Core:
    """The decisions of one device. ``user_id`` is empty until the first ``welcome``.

    Args:
        random: returns a float in [0, 1).
        automatic_receipts: report ``delivered`` whenever a cursor moves.
    """

    def __init__(self, *, random: Callable[[], float], automatic_receipts: bool = True) -> None:
        self.rooms = Rooms()
        self.marks = Marks()
        self.typists = Typists()
        self.presences = Presences()
        self.server_clock = ServerClock()
        self.user_id = ""
        self.online = False
        self._pace = Pace()
        self.outbox = Outbox(random=random, pace=self._pace)
        self._receipts = Receipts(automatic=automatic_receipts)
        self._keystrokes = Keystrokes()
        self._attendance = Attendance()
        self._limits = Limits()
        self._output = Output()
        self._recovery = Recovery(self.rooms)

    # What the owner calls ---------------------------------------------------------------------

    def take_output(self) -> Output:
        """Return what is to be done and forget it."""
        output, self._output = self._output, Output()
        output.outgoing, self.outbox.changes = self.outbox.changes, []
        refusals, self.outbox.refusals = self.outbox.refusals, []
        output.settled += [Settled(pending.ref, error) for pending, error in refusals]
        output.commands += self._attendance.behind(output.commands)
        return output

    @property
    def owes_receipts(self) -> bool:
        """Whether receipts wait for their time on this connection."""
        return self.online and self._receipts.pending

    @property
    def is_typing(self) -> bool:
        """Whether the others may believe that one types, or are about to."""
        return self._keystrokes.pending

    @property
    def busy(self) -> bool:
        """Whether time alone will bring something to do; otherwise ``tick`` need not be called."""
        parts = (self._receipts, self._keystrokes, self.typists)
        waits = self.rooms.has_holes or any(part.pending for part in parts)
        return self.outbox.waits or (self.online and waits)

    def send(
        self,
        draft: Draft,
        *,
        now: float,
        deadline: float,
        by_socket: bool = True,
        is_kept: bool = False,
    ) -> str:
        """Take a message on; the ``Settled`` of the returned ref tells the rest.

        Args:
            draft: the message.
            now: in monotonic seconds.
            deadline: when its sender stops waiting.
            by_socket: whether it may go over the WebSocket.
            is_kept: whether it stays in the outbox when it was refused.

        Raises:
            TooLarge: the frame would be over the server's limit.
            OutboxFull: too many messages wait already.
        """
        pending = self.outbox.add(
            draft, now=now, deadline=deadline, by_socket=by_socket, is_kept=is_kept
        )
        if len(encode(pending.frame())) > self._limits.frame_bytes:
            error = TooLarge(f"a frame holds at most {self._limits.frame_bytes} bytes")
            self.outbox.forget(pending.ref, error)
            raise error
        self._keystrokes.sent(draft.room)
        self.process_queued_messages(now)
        return pending.ref

    def forget(self, ref: str) -> None:
        """Give up a send whose caller went away; it may still be stored."""
        self.outbox.forget(ref)

    def read(self, room: str, seq: int) -> None:
        """Report that everything up to ``seq`` was seen, as soon as it is also held."""
        self._receipts.see(room, seq)

    def type(self, room: str, now: float) -> None:
        """Note a key of a text for a room; nothing is told, now or later, while offline."""
        if self.online:
            self._keystrokes.press(room, now)
            self._output.commands += self._keystrokes.due(now)

    def stop_typing(self, room: str, now: float) -> None:
        """Note that nothing is being written in a room any more."""
        self._keystrokes.stop(room)
        self._output.commands += self._keystrokes.due(now)

    def activity(self, state: State, now: float) -> None:
        """Note whether somebody is in front of this device; the next connection hears it too."""
        told = self._attendance.change(state, now)
        if self.online:
            self._output.commands += told

    def take_receipts(self, now: float) -> list[Delivered | ReadReceipt]:
        """Return the receipts to report now; those of a connection go with its commands."""
        receipts = self._receipts.due(now)
        for receipt in receipts:
            read = receipt.seq if isinstance(receipt, ReadReceipt) else 0
            own = self.rooms.advance(receipt.room, delivered=receipt.seq, read=read)
            self._tell_moved(receipt.room, own=own, others=False)
        return receipts

    def tick(self, now: float) -> None:
        """Do what time brings: expiry, repetitions, receipts, questions for holes."""
        for pending, error in self.outbox.expired(now):
            self._output.settled.append(Settled(pending.ref, error))
        self.process_queued_messages(now)
        self._output.looks |= self.outbox.look(now)
        if self.online:
            self._output.commands += self.take_receipts(now)
            self._output.commands += self._keystrokes.due(now)
            self._output.typing += self.typists.due(now)
            self._output.commands += self._recovery.sync_missed_messages(now)

    def disconnected(self, now: float) -> None:
        """Stop sending; what has no answer goes out again after the next ``welcome``.

        Who is there and who types is not known any more.
        """
        self.online = False
        self._recovery.disconnected()
        self.outbox.disconnected(now)
        self._keystrokes.clear()
        self._output.typing += self.typists.clear()
        self._output.presences += self.presences.clear()

    # What comes in ----------------------------------------------------------------------------

    def receive(self, frame: ServerFrame, now: float) -> None:
        """Take in one frame of the server; types that need no decision are ignored."""
        match frame:
            case Message():
                self._recovery.hear(frame, now)
                self.take(frame, now)
            case Ack() | Error() | Failed():
                self._answered(frame, now)
            case Drained() | Synced():
                self._recovered(frame, now)
            case Room():
                self.learn([frame], now)
            case Status():
                self.advance(frame)
            case Welcome():
                self._welcomed(frame, now)
            case _:
                self._hear(frame, now)

    def learn(self, rooms: Iterable[Room], now: float) -> None:
        """Take in rooms from HTTP or from a frame."""
        for room in rooms:
            self._recovery.expect(room)
            before = self.rooms.known.get(room.id)
            self._release(self.rooms.learn(room, now))
            if room.removed:
                self._receipts.forget(room.id)
                self.marks.forget(room.id)
                self._keystrokes.forget(room.id)
                self._output.typing += self.typists.forget(room.id)
                continue
            self._server_knows(room.id, delivered=room.delivered_seq, read=room.read_seq)
            others = bool(self.user_id) and self.marks.fold(
                room.id, lowest=room.lowest, me=self.user_id
            )
            own = before is not None and before.read_seq < self.rooms.known[room.id].read_seq
            self._tell_moved(room.id, own=own, others=others)

    def advance(self, status: Status) -> None:
        """Take in watermarks of a known room that went up, from a frame or over HTTP.

        Of a room that is not known yet they are dropped: what makes it known brings them anew.
        """
        room, members = status.room, status.members or ()
        if room not in self.rooms.known:
            return
        own = False
        for one in members:
            if one.user == self.user_id:
                delivered, read = one.delivered_seq, one.read_seq
                own |= self.rooms.advance(room, delivered=delivered, read=read)
                self._server_knows(room, delivered=delivered, read=read)
        others = self.marks.fold(room, lowest=status.lowest, members=members, me=self.user_id)
        self._tell_moved(room, own=own, others=others)

    def take(self, message: Message, now: float) -> None:
        """Take in a message from the socket, a 201 or a page; an own one settles its send."""
        if message.sender == self.user_id:
            pending = self.outbox.acknowledged(
                None, room=message.room, client_id=message.client_id, now=now
            )
            for one in pending:
                # The answer of a first request may come later than what it tells of.
                is_first = one.road is Road.HTTP and one.sends == 1
                self._settle(one, message, duplicate=not is_first)
        if self.rooms.is_news(message):  # an old one says nothing about who types now
            self._output.typing += self.typists.wrote(message.room, message.sender, now)
        self._release(self.rooms.take(message, now))

    def synced(self, rooms: Iterable[SyncedRoom], now: float) -> None:
        """Take in the end of a ``sync``, and ask at once for what is still to come."""
        self._release(self.rooms.synced(rooms, now))
        if self.online:
            self._output.commands += self._recovery.sync_missed_messages(now)

    def posted(self, request: Request, message: Message, now: float, *, duplicate: bool) -> None:
        """Take in that chat has stored a message."""
        self.outbox.posted(request)
        room, client_id = request.draft.room, request.draft.client_id
        for one in self.outbox.acknowledged(None, room=room, client_id=client_id, now=now):
            self._settle(one, message, duplicate=duplicate)
        self.take(message, now)

    # The decisions ----------------------------------------------------------------------------

    def _welcomed(self, welcome: Welcome, now: float) -> None:
        self.online = True
        self.user_id = welcome.user.id
        self._limits = welcome.limits
        self._pace.limit(
            rate_per_s=welcome.limits.messages_per_s, burst=welcome.limits.messages_burst, now=now
        )
        self.server_clock.set(welcome.server_time, now)
        self._receipts.connected()
        self._output.commands += self._attendance.connected(now)
        self._recovery.connected(now)
        self.learn(welcome.rooms, now)
        self.rooms.ask_anew(now)
        self.outbox.connected(now)
        self.process_queued_messages(now)

    def _recovered(self, end: Drained | Synced, now: float) -> None:
        """Take in that everything was replayed, or a ``sync`` answered; ask for what is missing."""
        if isinstance(end, Drained):
            self._recovery.drained(now)
            self.synced((), now)
        else:
            self._recovery.answered()
            self.synced(end.rooms, now)

    def _hear(self, frame: ServerFrame, now: float) -> None:
        """Take in what is true for the moment only."""
        match frame:
            case Typing():
                self._output.typing += self.typists.hear(frame)
            case Presence():
                self._output.presences += self.presences.learn(frame.users)
            case Pong():
                self.server_clock.set(frame.server_time, now)

    def _answered(self, frame: Ack | Error | Failed, now: float) -> None:
        match frame:
            case Ack():
                self._acknowledged(frame, now)
            case Error():
                self._refused(frame, now)
            case Failed():
                error = error_of(frame.code, frame.message)
                self.outbox.failed(frame.room, frame.client_id, error, now)

    def _acknowledged(self, ack: Ack, now: float) -> None:
        pending = self.outbox.acknowledged(ack.ref, room=ack.room, client_id=ack.client_id, now=now)
        if not pending:
            self.rooms.note_head(ack.room, ack.seq, now)
            return
        message = Message(
            id=ack.id,
            room=ack.room,
            seq=ack.seq,
            sender=self.user_id,
            client_id=ack.client_id,
            content=pending[0].draft.content,
            reply_to=pending[0].draft.reply_to,
            created_at=ack.created_at,
        )
        for one in pending:
            self._settle(one, message, duplicate=ack.duplicate)
        self._release(self.rooms.take(message, now))

    def _refused(self, error: Error, now: float) -> None:
        if error.ref is None or self._recovery.refused(error.ref):
            return
        reason = error_of(
            error.code,
            error.message,
            fields=error.fields,
            retry_after_s=error.retry_after,
        )
        self.outbox.refused(error.ref, reason, now=now)
        self.process_queued_messages(now)

    def _settle(self, pending: Pending, message: Message, *, duplicate: bool) -> None:
        sent = Sent.of(message, duplicate=duplicate)
        self._output.settled.append(Settled(pending.ref, sent))

    def _release(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._output.messages.append(message)
            self._receipts.hold(message.room, message.seq)

    def _server_knows(self, room: str, *, delivered: int, read: int) -> None:
        held = self.rooms.cursor(room)
        self._receipts.server_knows(room, delivered=delivered, read=read, held=held)

    def _tell_moved(self, room: str, *, own: bool, others: bool) -> None:
        if own or others:
            self._output.moved.append(Moved(room, own=own, others=others))

    def process_queued_messages(self, now: float) -> None:
        """Send what is due of the outbox, in order, over whatever road it takes now."""
        due = self.outbox.due(now, online=self.online)
        self._output.commands += due.frames
        self._output.requests += due.requests
