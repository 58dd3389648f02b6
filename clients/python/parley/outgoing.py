"""``OutgoingMessages``: what a program that shows own messages holds, beside ``Chat.send``.

``send`` waits for one message and forgets it at its deadline. What is put in here nobody waits for:
it stays until it is stored, and where it is refused, until somebody retries or discards it.
"""

from collections.abc import Iterator

from .engine import Engine
from .feed import Feed
from .pending import Draft, Outgoing, Standing, draft_of


class OutgoingMessages:
    """Own messages that are not known to be stored; those of ``send`` and ``post`` included.

    In memory only. One that failed because nothing could be reached goes again by itself when
    something answers (``Outgoing.goes_again``); a refused one does not.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __iter__(self) -> Iterator[Outgoing]:
        """Yield them as they stand, in the order in which they were added."""
        return iter(self._engine.core.outbox)

    def __len__(self) -> int:
        return len(self._engine.core.outbox)

    def changes(self) -> Feed[Outgoing]:
        """Return a feed of messages that stand otherwise than before, as they stand since.

        The last of a message is ``sent``, or ``failed`` where that is for good.
        """
        return self._engine.outgoing.open()

    def queue_outgoing_message(
        self,
        room: str,
        content: str,
        *,
        reply_to: int | None = None,
        client_id: str | None = None,
    ) -> Outgoing:
        """Put a message in, to be sent after those of its room; return at once.

        Args:
            room: its id.
            content: 1…4096 characters, not blank.
            reply_to: the seq of the message that this one answers.
            client_id: a UUID that a program chose itself.

        Raises:
            BadFrame: the content holds a lone surrogate.
            OutboxFull: too many messages wait already; discard failed ones.
            TooLarge: the frame would be over the server's limit.
        """
        draft: Draft = draft_of(room, content, reply_to, client_id)
        self._engine.queue(draft)
        return Outgoing(
            client_id=draft.client_id,
            room=room,
            content=content,
            reply_to=reply_to,
            standing=Standing.PENDING,
        )

    def retry(self, client_id: str) -> bool:
        """Try a failed message again, whatever it failed of; return whether there was one."""
        found = self._engine.core.outbox.retry(client_id, self._engine.now)
        self._carry_on()
        return found

    def discard(self, client_id: str) -> bool:
        """Forget a failed message; return whether there was one. It may be stored nonetheless."""
        return self._engine.core.outbox.discard(client_id)

    def _carry_on(self) -> None:
        self._engine.core.tick(self._engine.now)
        self._engine.pump()
