"""What is known of each whom a message is for, in words."""

import datetime as dt

import msgspec

from services.chat.domain.message_trace.durations import lasting, milliseconds
from services.chat.domain.message_trace.facts import (
    Here,
    MessageFacts,
    Others,
    PresenceFacts,
    QueueFacts,
    ReceiptFacts,
    RecipientFacts,
)
from services.chat.domain.message_trace.stages import Tick


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a message is for, and what is known of their having it.

    ``is_noted``: chat knows that they have received it; by that its sender sees ticks.
    """

    user: str
    username: str
    status: Tick
    is_noted: bool
    presence: Here
    delivered_at: str | None
    read_at: str | None
    words: str


def recipient_of(facts: MessageFacts, person: RecipientFacts, others: Others) -> Recipient:
    """Return what is known of one recipient, in words."""
    receipt = None if others.receipts is None else others.receipts.get(person.user)
    here = None if others.presence is None else others.presence.get(person.user)
    delivered = person.delivered or (receipt is not None and receipt.delivered)
    read = person.read or (receipt is not None and receipt.read)
    words = (
        _told_to_have_it(facts, person, receipt)
        if delivered or read
        else " ".join(_why_not(facts, person, others))
    )
    return Recipient(
        user=person.user,
        username=person.username,
        status="read" if read else "delivered" if delivered else "sent",
        is_noted=person.delivered,
        presence="unknown" if here is None else here.status,
        delivered_at=None if receipt is None else receipt.delivered_at,
        read_at=None if receipt is None else receipt.read_at,
        words=words,
    )


def _told_to_have_it(
    facts: MessageFacts, person: RecipientFacts, receipt: ReceiptFacts | None
) -> str:
    delivered_at = None if receipt is None else receipt.delivered_at
    read_at = None if receipt is None else receipt.read_at
    parts = [f"{person.username} received it{_when(facts, delivered_at)}"]
    if person.read or (receipt is not None and receipt.read):
        parts.append(f"read it{_when(facts, read_at)}")
    told = ", and ".join(parts) + "."
    if receipt is not None and receipt.delivered and not person.delivered:
        told += (
            " chat has not taken note of that: its group on receipts.events is behind, or"
            " receipts has not published it. See the runbook ConsumerLags."
        )
    return told


def _when(facts: MessageFacts, at: str | None) -> str:
    if at is None:
        return ""
    after_ms = milliseconds(dt.datetime.fromisoformat(at) - facts.created_at)
    return f" at {at}, {lasting(after_ms)} after it was written"


def _why_not(facts: MessageFacts, person: RecipientFacts, others: Others) -> list[str]:
    """Say what is known of why somebody has not received it."""
    waiting = None if others.queue is None else others.queue.get(person.user)
    here = None if others.presence is None else others.presence.get(person.user)
    told = [_presence_told(person, here)]
    if waiting is not None and waiting.has_expired and waiting.from_seq >= facts.seq:
        told.append("It waited for seven days, and is not offered any more; history has it.")
    elif waiting is not None and waiting.from_seq < facts.seq:
        told.append(_waiting_told(waiting))
    elif others.queue is None:
        told.append("The queue did not answer, so whether it waits there is not known.")
    else:
        told.append("The queue has not been told that it waits: receipts tells it within 2 s.")
    if others.receipts is None:
        told.append(
            "receipts did not answer: it may have been received, and nobody has counted that."
        )
    return told


def _presence_told(person: RecipientFacts, here: PresenceFacts | None) -> str:
    who = person.username
    if not person.is_active:
        return (
            f"{who} is deactivated: nobody receives anything for them until they are active again."
        )
    match "unknown" if here is None else here.status:
        case "online" | "away" as status:
            return (
                f"{who} is {status}, and no device has said that it holds the message: it is on its"
                " way, or what the client keeps failed."
            )
        case "offline":
            since = "" if here is None or here.last_seen is None else f" since {here.last_seen}"
            return f"{who} is offline{since}: it is offered to the next session."
        case _:
            return f"{who} has not received it; whether anybody is there is not known."


def _waiting_told(waiting: QueueFacts) -> str:
    again = ""
    if waiting.offers:
        times = "once" if waiting.offers == 1 else f"{waiting.offers} times"
        again = f", and was offered again {times} without an acknowledgement"
    return f"It has waited in the queue since {waiting.since}{again}."
