"""What chat makes of the answers of others, of which some do not know the question."""

import asyncio
import datetime as dt
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.ids import BEFORE_ALL
from services.chat.domain.message_trace.facts import MessageFacts, RecipientFacts
from services.chat.selectors.inquiry import Inquiry
from services.chat.selectors.neighbours import Neighbours, OnBehalf

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NOBODY = "redis://127.0.0.1:1"
BEHALF = OnBehalf(token="t", host="chat.example.org")
BOB = RecipientFacts(user="b", username="bob", delivered=False, read=False)
FACTS = MessageFacts(
    room="r",
    seq=7,
    sender="a",
    client_id="c",
    created_at=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC),
    is_in_outbox=False,
    recipients=1,
    delivered=0,
    read=0,
)


@asynccontextmanager
async def answering(reply):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_who_does_not_know_the_question_has_not_answered():
    async with answering(NOT_FOUND) as address, Redis.from_url(NOBODY) as redis:
        inquiry = Inquiry(
            redis=redis,
            neighbours=Neighbours(address, clock=SystemClock()),
            partitions=1,
            clock=SystemClock(),
        )
        stream, others = await inquiry.about(FACTS, [BOB], after=BEFORE_ALL, behalf=BEHALF)

    assert stream is None
    assert (others.presence, others.queue) == (None, None)
    assert (others.knows_message, others.receipts) == (False, {})
