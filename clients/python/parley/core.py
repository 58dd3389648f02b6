"""The whole client without a network: frames and time in, frames, messages and outcomes out.

``Core`` never waits and never writes. After each call its owner empties ``take_output()``, sends
the commands (in order), gives out the messages and tells the senders. Frames may be fed in any
order and more than once; that is what ``Rooms`` is for.
"""

from collections.abc import Callable, Iterable, Mapping, Set

from .commands import Delivered, ReadReceipt
from .company import Company
from .frames import (
    Ack,
    Drained,
    Error,
    Failed,
    Message,
    Room,
    ServerFrame,
    Status,
    Synced,
    SyncedRoom,
    Welcome,
)
from .marks import Marks, Moved
from .outbox import Outbox
from .outcomes import Output
from .pending import Draft, Request
from .receipts import Receipts
from .recovery import Recovery
from .rooms import Rooms
from .sending import Sending


class Core:
    """The decisions of one device. ``user_id`` is empty until the first ``welcome``.

    Args:
        random: returns a float in [0, 1).
        automatic_receipts: report ``delivered`` whenever a cursor moves.
    """

    def __init__(self, *, random: Callable[[], float], automatic_receipts: bool = True) -> None:
        self.rooms = Rooms()
        self.marks = Marks()
        self.user_id = ""
        self.online = False
        self._output = Output()
        self.company = Company(self._output)
        self._sending = Sending(self._output, random=random)
        self._receipts = Receipts(automatic=automatic_receipts)
        self._recovery = Recovery(self.rooms)
        self._held: Mapping[str, int] = {}

    # What the owner calls ---------------------------------------------------------------------

    def take_output(self) -> Output:
        """Return what is to be done and forget it."""
        self._sending.speak_last()
        self.company.speak_last()
        return self._output.take()

    @property
    def outbox(self) -> Outbox:
        """Own messages that are not known to be stored."""
        return self._sending.outbox

    @property
    def owes_receipts(self) -> bool:
        """Whether receipts wait for their time on this connection."""
        return self.online and self._receipts.pending

    @property
    def busy(self) -> bool:
        """Whether time alone will bring something to do; otherwise ``tick`` need not be called."""
        waits = self.rooms.has_holes or self._receipts.pending or self.company.pending
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
        ref = self._sending.send(
            draft, now=now, deadline=deadline, by_socket=by_socket, is_kept=is_kept
        )
        self.company.sent(draft.room)
        self._sending.process_queued_messages(now)
        return ref

    def forget(self, ref: str) -> None:
        """Give up a send whose caller went away; it may still be stored."""
        self.outbox.forget(ref)

    def read(self, room: str, seq: int) -> None:
        """Report that everything up to ``seq`` was seen, as soon as it is also held."""
        self._receipts.see(room, seq)

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
        self._sending.tick(now)
        if self.online:
            self._output.commands += self.take_receipts(now)
            self.company.tick(now)
            self._output.commands += self._recovery.sync_missed_messages(now)

    def disconnected(self, now: float) -> None:
        """Stop sending; what has no answer goes out again after the next ``welcome``.

        Who is there and who types is not known any more.
        """
        self.online = False
        self._held = dict(self.rooms.cursors())
        self._recovery.disconnected()
        self._sending.disconnected(now)
        self.company.disconnected()

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
                self.company.hear(frame, now)

    def learn(self, rooms: Iterable[Room], now: float) -> None:
        """Take in rooms from HTTP or from a frame."""
        for room in rooms:
            self._recovery.expect(room)
            before = self.rooms.known.get(room.id)
            if before is not None and room.version > before.version:
                self.marks.forget_members(room.id)  # perhaps some have left
            self._release(self.rooms.learn(room, now))
            if room.removed:
                self._forget(room.id)
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
        mine = [one for one in members if one.user == self.user_id]
        delivered = max([status.delivered_seq, *(one.delivered_seq for one in mine)])
        read = max([status.read_seq, *(one.read_seq for one in mine)])
        own = self.rooms.advance(room, delivered=delivered, read=read)
        self._server_knows(room, delivered=delivered, read=read)
        others = self.marks.fold(room, lowest=status.lowest, members=members, me=self.user_id)
        self._tell_moved(room, own=own, others=others)

    def take(self, message: Message, now: float) -> None:
        """Take in a message from the socket, a 201 or a page; an own one settles its send."""
        if message.sender == self.user_id:
            self._sending.came_back(message, now)
            self._wrote(message.room, message.seq)
        if self.rooms.is_news(message):  # an old one says nothing about who types now
            self.company.wrote(message.room, message.sender, now)
        self._release(self.rooms.take(message, now))

    def synced(self, rooms: Iterable[SyncedRoom], now: float) -> None:
        """Take in the end of a ``sync``, and ask at once for what is still to come."""
        self._release(self.rooms.synced(rooms, now))
        if self.online:
            self._output.commands += self._recovery.sync_missed_messages(now)

    def posted(self, request: Request, message: Message, now: float, *, duplicate: bool) -> None:
        """Take in that chat has stored a message."""
        self._sending.posted(request, message, now, duplicate=duplicate)
        self.take(message, now)

    # The decisions ----------------------------------------------------------------------------

    def _welcomed(self, welcome: Welcome, now: float) -> None:
        self.online = True
        self.user_id = welcome.user.id
        self.company.server_clock.set(welcome.server_time, now)
        self._receipts.connected()
        self.company.connected(now)
        self._recovery.connected(now)
        if not welcome.more_rooms:
            self._leave_all_but({room.id for room in welcome.rooms}, now)
        self._forget_other_lives(welcome.rooms)
        self.learn(welcome.rooms, now)
        self.rooms.ask_anew(now)
        self._sending.connected(welcome.limits, now)

    def _leave_all_but(self, rooms: Set[str], now: float) -> None:
        """Forget the rooms from which one was removed while nobody could tell."""
        gone = [room for room in self.rooms.known if room not in rooms]
        self.learn([Room(id=room, removed=True) for room in gone], now)

    def _forget_other_lives(self, told: Iterable[Room]) -> None:
        """Begin rooms anew that end below what was held: the server was set back to older data.

        What came since the connection was lost does not count: it may be newer than what is told.
        """
        for room in told:
            if self._held.get(room.id, 0) > room.last_seq:
                self.rooms.forget(room.id)
                self._forget(room.id)

    def _forget(self, room: str) -> None:
        self._receipts.forget(room)
        self.marks.forget(room)
        self.company.forget(room)

    def _recovered(self, end: Drained | Synced, now: float) -> None:
        """Take in that everything was replayed, or a ``sync`` answered; ask for what is missing."""
        if isinstance(end, Drained):
            self._recovery.drained(now)
            self.synced((), now)
        else:
            self._recovery.answered()
            self.synced(end.rooms, now)

    def _answered(self, frame: Ack | Error | Failed, now: float) -> None:
        """Take in what became of a frame of ours."""
        match frame:
            case Ack():
                self._wrote(frame.room, frame.seq)
                message = self._sending.acknowledged(frame, self.user_id, now)
                if message is None:
                    self.rooms.note_head(frame.room, frame.seq, now)
                else:
                    self._release(self.rooms.take(message, now))
            case Error(ref=str(ref)) if not self._recovery.refused(ref):
                self._sending.refused(ref, frame, now)
            case Failed():
                self._sending.failed(frame)

    def _release(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._output.messages.append(message)
            self._receipts.hold(message.room, message.seq)

    def _wrote(self, room: str, seq: int) -> None:
        """Count an own message as read where all before it is: who wrote it is not told that."""
        known = self.rooms.known.get(room)
        if known is not None and seq == known.read_seq + 1:
            self.rooms.advance(room, delivered=seq, read=seq)
            self._tell_moved(room, own=True, others=False)

    def _server_knows(self, room: str, *, delivered: int, read: int) -> None:
        held = self.rooms.cursor(room)
        self._receipts.server_knows(room, delivered=delivered, read=read, held=held)

    def _tell_moved(self, room: str, *, own: bool, others: bool) -> None:
        if own or others:
            self._output.moved.append(Moved(room, own=own, others=others))
