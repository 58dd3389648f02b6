"""Own messages on their way: from the draft to what became of it."""

from collections.abc import Callable

from .commands import encode
from .errors import TooLarge, error_of
from .frames import Ack, Error, Failed, Limits, Message
from .outbox import Outbox
from .outcomes import Output, Sent, Settled
from .pace import Pace
from .pending import Draft, Pending, Request, Road


class Sending:
    """What one device sends.

    Args:
        output: what is to be sent, and what became of it, goes there.
        random: returns a float in [0, 1).
    """

    def __init__(self, output: Output, *, random: Callable[[], float]) -> None:
        self._output = output
        self._pace = Pace()
        self._limits = Limits()
        self._is_online = False
        self.outbox = Outbox(random=random, pace=self._pace)

    def connected(self, limits: Limits, now: float) -> None:
        """Begin a connection: what has no answer goes out again."""
        self._is_online = True
        self._limits = limits
        self._pace.limit(rate_per_s=limits.messages_per_s, burst=limits.messages_burst, now=now)
        self.outbox.connected(now)
        self.process_queued_messages(now)

    def disconnected(self, now: float) -> None:
        """End a connection; what has no answer waits for the next."""
        self._is_online = False
        self.outbox.disconnected(now)

    def send(
        self, draft: Draft, *, now: float, deadline: float, by_socket: bool, is_kept: bool
    ) -> str:
        """Take a message on; see ``Core.send``."""
        pending = self.outbox.add(
            draft, now=now, deadline=deadline, by_socket=by_socket, is_kept=is_kept
        )
        if len(encode(pending.frame())) > self._limits.frame_bytes:
            error = TooLarge(f"a frame holds at most {self._limits.frame_bytes} bytes")
            self.outbox.forget(pending.ref, error)
            raise error
        return pending.ref

    def process_queued_messages(self, now: float) -> None:
        """Send what is due of the outbox, in order, over whatever road it takes now."""
        due = self.outbox.due(now, online=self._is_online)
        self._output.commands += due.frames
        self._output.requests += due.requests

    def acknowledged(self, ack: Ack, user: str, now: float) -> Message | None:
        """Take in that a message is stored; return it, as everybody will see it.

        Returns:
            None where it is not known here what it says.
        """
        pending = self.outbox.acknowledged(ack.ref, room=ack.room, client_id=ack.client_id, now=now)
        if not pending:
            return None
        message = Message(
            id=ack.id,
            room=ack.room,
            seq=ack.seq,
            sender=user,
            client_id=ack.client_id,
            content=pending[0].draft.content,
            reply_to=pending[0].draft.reply_to,
            created_at=ack.created_at,
        )
        for one in pending:
            self._settle(one, message, duplicate=ack.duplicate)
        return message

    def came_back(self, message: Message, now: float) -> None:
        """Take in an own message that came as others' do: so it is stored.

        Where another device wrote it under a client_id that is used here too, nothing is settled:
        the server will refuse what is here.
        """
        written = Draft(
            room=message.room,
            content=message.content,
            reply_to=message.reply_to,
            client_id=message.client_id,
        )
        for one in self.outbox.stored(written, now):
            # The answer of a first request may come later than what it tells of.
            is_first = one.road is Road.HTTP and one.sends == 1
            self._settle(one, message, duplicate=not is_first)

    def posted(self, request: Request, message: Message, now: float, *, duplicate: bool) -> None:
        """Take in the answer to a request: chat has stored the message."""
        self.outbox.posted(request)
        for one in self.outbox.stored(request.draft, now):
            self._settle(one, message, duplicate=duplicate)

    def refused(self, ref: str, error: Error, now: float) -> None:
        """Take in that the server did not take the frame of this ``ref``."""
        reason = error_of(
            error.code, error.message, fields=error.fields, retry_after_s=error.retry_after
        )
        self.outbox.refused(ref, reason, now=now)
        self.process_queued_messages(now)

    def failed(self, frame: Failed) -> None:
        """Take in that the queue service gave a message up."""
        error = error_of(frame.code, frame.message)
        self.outbox.failed(frame.room, frame.client_id, error)

    def tick(self, now: float) -> None:
        """Do what time brings: expiry, and repetitions."""
        for pending, error in self.outbox.expired(now):
            self._output.settled.append(Settled(pending.ref, error))
        self.process_queued_messages(now)
        self._output.looks |= self.outbox.look(now)

    def speak_last(self) -> None:
        """Tell what has changed of own messages since this was last called."""
        self._output.outgoing, self.outbox.changes = self.outbox.changes, []
        refusals, self.outbox.refusals = self.outbox.refusals, []
        self._output.settled += [Settled(pending.ref, error) for pending, error in refusals]

    def _settle(self, pending: Pending, message: Message, *, duplicate: bool) -> None:
        sent = Sent.of(message, duplicate=duplicate)
        self._output.settled.append(Settled(pending.ref, sent))
