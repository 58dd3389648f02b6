"""What staff is told of one message: each of these sentences stands for a way to be stuck."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from services.chat.domain.message_trace.durations import lasting
from services.chat.domain.message_trace.facts import (
    MessageFacts,
    Others,
    PresenceFacts,
    QueueFacts,
    Reader,
    ReceiptFacts,
    RecipientFacts,
    StreamFacts,
)
from services.chat.domain.message_trace.recipients import recipient_of
from services.chat.domain.message_trace.stages import stages_of, tick_of
from services.chat.domain.message_trace.summary import summary_of

WRITTEN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
AT_MS = int(WRITTEN.timestamp() * 1000) + 7
BOB = RecipientFacts(user="b", username="bob", delivered=False, read=False)
HAS_IT = ReceiptFacts(True, False, "2026-03-01T12:00:02.500Z", None)
READ_IT = ReceiptFacts(True, True, "2026-03-01T12:00:00.640Z", "2026-03-01T12:05:00.000Z")
LACKS_IT = ReceiptFacts(False, False, None, None)
OFFLINE = PresenceFacts("offline", "2026-03-01T11:58:00.000Z")
WAITS = QueueFacts(from_seq=6, since="2026-03-01T12:00:02.000Z", offers=0, has_expired=False)
ON_STREAM = StreamFacts(entry="1-0", at_ms=AT_MS, readers=[Reader(group="receipts", is_past=True)])


def facts(*, recipients=1, delivered=0, read=0, is_in_outbox=False):
    return MessageFacts(
        room="r",
        seq=7,
        sender="a",
        client_id="c",
        created_at=WRITTEN,
        is_in_outbox=is_in_outbox,
        recipients=recipients,
        delivered=delivered,
        read=read,
    )


def others(*, receipt=LACKS_IT, here=OFFLINE, waits=WAITS, **known):
    given: dict[str, Any] = {
        "knows_message": True,
        "receipts": {"b": receipt},
        "presence": {"b": here},
        "queue": {} if waits is None else {"b": waits},
    }
    return Others(**{**given, **known})


def stage(name, message, stream, said):
    return next(each for each in stages_of(message, stream, said) if each.stage == name)


@pytest.mark.parametrize(
    ("recipients", "delivered", "read", "tick"),
    [
        (0, 0, 0, "sent"),
        (3, 2, 2, "sent"),
        (3, 3, 2, "delivered"),
        (3, 3, 3, "read"),
    ],
)
def test_its_ticks_are_those_of_whoever_is_furthest_behind(recipients, delivered, read, tick):
    assert tick_of(facts(recipients=recipients, delivered=delivered, read=read)) == tick


def test_who_has_it_is_told_with_the_time_that_it_took():
    told = recipient_of(facts(), BOB, others(receipt=READ_IT))

    assert told.status == "read"
    assert told.words.startswith(
        "bob received it at 2026-03-01T12:00:00.640Z, 640 ms after it was written, and read it at"
        " 2026-03-01T12:05:00.000Z, 5 min after it was written."
    )


def test_what_receipts_counted_and_chat_did_not_is_the_fault_of_the_way_back():
    told = recipient_of(facts(), BOB, others(receipt=HAS_IT))

    assert told.status == "delivered"
    assert "2.5 s after" in told.words
    assert "chat has not taken note of that" in told.words


def test_who_is_away_has_it_waiting_in_the_queue():
    told = recipient_of(facts(), BOB, others())

    assert told.words == (
        "bob is offline since 2026-03-01T11:58:00.000Z: it is offered to the next session."
        " It has waited in the queue since 2026-03-01T12:00:02.000Z."
    )


def test_who_is_there_and_says_nothing_has_a_client_that_fails():
    waits = QueueFacts(from_seq=6, since="t", offers=2, has_expired=False)

    told = recipient_of(facts(), BOB, others(here=PresenceFacts("online", None), waits=waits))

    assert "bob is online, and no device has said that it holds the message" in told.words
    assert "was offered again 2 times without an acknowledgement" in told.words


def test_what_waited_for_too_long_is_said_to_have():
    expired = QueueFacts(from_seq=7, since="t", offers=0, has_expired=True)

    assert "It waited for seven days" in recipient_of(facts(), BOB, others(waits=expired)).words


def test_what_the_queue_was_not_told_is_said_too():
    assert "not been told" in recipient_of(facts(), BOB, others(waits=None)).words


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("receipts", "receipts did not answer: it may have been received"),
        ("queue", "The queue did not answer"),
        ("presence", "whether anybody is there is not known"),
    ],
)
def test_whoever_does_not_answer_is_named(missing, words):
    assert words in recipient_of(facts(), BOB, others(**{missing: None})).words


def test_without_any_answer_it_is_told_what_chat_knows():
    nobody = Others()
    reader = RecipientFacts(user="b", username="bob", delivered=True, read=True)

    assert recipient_of(facts(), reader, nobody).words == "bob received it, and read it."
    assert recipient_of(facts(), BOB, nobody).status == "sent"


def test_what_was_announced_has_the_time_of_redis():
    found = stage("announced", facts(), ON_STREAM, others())

    assert (found.state, found.at, found.after_ms) == ("done", "2026-03-01T12:00:00.007Z", 7)


def test_when_all_have_it_is_when_the_last_of_them_had():
    late = ReceiptFacts(True, True, "2026-03-01T12:00:09.000Z", None)
    both = others(receipts={"b": READ_IT, "c": late})

    two = facts(recipients=2, delivered=2, read=2)

    assert stage("delivered", two, ON_STREAM, both).after_ms == 9_000
    assert stage("delivered", two, ON_STREAM, both).at == late.delivered_at
    assert stage("read", two, ON_STREAM, both).at is None
    assert stage("delivered", facts(recipients=3, delivered=3), ON_STREAM, both).at is None
    assert stage("delivered", facts(recipients=2, delivered=1), ON_STREAM, both).at is None


def test_who_is_deactivated_is_not_said_to_be_offered_it_when_they_come():
    told = recipient_of(facts(), msgspec.structs.replace(BOB, is_active=False), others())

    assert told.words.startswith("bob is deactivated: nobody receives anything for them")
    assert "next session" not in told.words


@pytest.mark.parametrize(
    ("message", "stream", "state", "words"),
    [
        (facts(is_in_outbox=True), None, "waits", "Redis does not answer"),
        (facts(is_in_outbox=True), StreamFacts(), "waits", "it is not on chat.events"),
        (facts(), None, "unknown", "Redis did not answer"),
        (facts(), StreamFacts(is_cut=True), "done", "not found among the first thousands"),
        (facts(), StreamFacts(is_trimmed=True), "done", "not on chat.events any more"),
        (facts(), StreamFacts(), "unknown", "Redis has lost it"),
    ],
)
def test_what_was_not_announced_waits_for_redis(message, stream, state, words):
    found = stage("announced", message, stream, others())

    assert found.state == state
    assert words in found.words


@pytest.mark.parametrize(
    ("reader", "known", "state", "words"),
    [
        (Reader(group="receipts", is_past=True), True, "done", "receipts knows"),
        (Reader(group="receipts", is_past=False, lag=9), None, "waits", "(9 wait)"),
        (Reader(group="receipts", is_past=True, pending_ms=42_000), None, "waits", "for 42 s"),
        (Reader(group="receipts", is_past=True), None, "unknown", "receipts did not answer"),
        (Reader(group="other", is_past=False), False, "waits", "has not heard of it"),
    ],
)
def test_until_receipts_has_taken_note_nobody_counts_as_behind(reader, known, state, words):
    stream = StreamFacts(entry="1-0", at_ms=AT_MS, readers=[reader])

    found = stage("counted", facts(), stream, others(knows_message=known))

    assert found.state == state
    assert words in found.words


def summary(message, said, people=(BOB,), stream=ON_STREAM):
    stages = stages_of(message, stream, said)
    return summary_of(message, stages, [recipient_of(message, each, said) for each in people])


def test_the_summary_names_who_lacks_it_and_why():
    told = summary(facts(recipients=2, delivered=1), others())

    assert told.startswith("One tick: 1 of 2 has not received it (bob). bob is offline since")


def test_the_summary_names_the_service_that_stands_still_first():
    stopped = StreamFacts(
        entry="1-0", at_ms=AT_MS, readers=[Reader(group="receipts", is_past=False, lag=3)]
    )
    nobody = Others(presence={"b": OFFLINE}, queue={})

    told = summary(facts(), nobody, stream=stopped)

    assert "receipts has not read its entry yet (3 wait)." in told
    assert "ServiceDown" in told


def test_the_summary_names_some_of_many():
    crowd = [
        RecipientFacts(user=f"u{number}", username=f"u{number}", delivered=False, read=False)
        for number in range(5)
    ]

    told = summary(facts(recipients=9, delivered=4), others(), crowd)

    assert told.startswith("One tick: 5 of 9 have not received it (u0, u1, u2, …). u0 has not")


def test_the_summary_quotes_nobody_who_has_it():
    ann = RecipientFacts(user="a", username="ann", delivered=True, read=True)
    counted = others(receipts={"a": READ_IT, "b": HAS_IT})

    elsewhere = summary(facts(recipients=9, delivered=8), counted, [ann])
    on_its_way = summary(facts(recipients=2, delivered=1), counted, [ann, BOB])

    assert elsewhere.endswith("as far as chat knows. None of them is on this page.")
    assert "bob received it" in on_its_way
    assert "chat has not taken note of that" in on_its_way


def test_that_redis_does_not_answer_is_no_reason_where_receipts_knows_the_message():
    assert "Redis" not in summary(facts(), others(), stream=None)
    assert "Redis did not answer" in summary(facts(), others(knows_message=None), stream=None)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (facts(recipients=0), "One tick: there is nobody else"),
        (
            facts(recipients=3, delivered=3, read=1),
            "Two ticks: everybody has received it, and 1 of 3",
        ),
        (facts(recipients=3, delivered=3, read=3), "Two blue ticks"),
    ],
)
def test_the_summary_of_what_went_well_is_short(message, words):
    assert summary(message, others(), []).startswith(words)


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (640, "640 ms"),
        (2_500, "2.5 s"),
        (42_000, "42 s"),
        (300_000, "5 min"),
        (180_000_000, "50 h"),
    ],
)
def test_durations_have_the_unit_that_fits(duration_ms, words):
    assert lasting(duration_ms) == words
