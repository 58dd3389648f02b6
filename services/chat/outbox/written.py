"""What the writer has just committed, as news for the streams."""

import msgspec

from libs.common.clock import to_unix_ms, to_wire
from libs.common.events import MessageCreated, MessageFrame
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import partition_of
from services.chat.domain.drafts import Run, Written
from services.chat.frames.server import Message, encode
from services.chat.store import CHAT_EVENTS


def written_news(written: Written, *, partitions: int) -> list[Outgoing]:
    """Return what is to be published for one transaction of the writer."""
    return [
        Outgoing(CHAT_EVENTS, partition_of(run.room, partitions), [_created(run)])
        for run in written.runs
    ]


def _created(run: Run) -> MessageCreated:
    created_at = to_wire(run.created_at)
    return MessageCreated(
        room=run.room,
        first_seq=run.first_seq,
        last_seq=run.first_seq + len(run.drafts) - 1,
        room_version=run.version,
        written_at_ms=to_unix_ms(run.created_at),
        frames=[
            MessageFrame(
                seq=seq,
                sender=draft.sender,
                session=draft.session,
                is_private=draft.is_private,
                frame=msgspec.Raw(encode(Message.of(draft, seq, created_at)).encode()),
            )
            for seq, draft in enumerate(run.drafts, start=run.first_seq)
        ],
    )
