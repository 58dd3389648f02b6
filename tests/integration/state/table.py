"""The table of events, and of the frames that carry state."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from tests.integration.state import company, messages, returning, rooms
from tests.integration.state.stage import Stage

Event = Callable[[Stage], Awaitable[None]]

EVENTS: Mapping[str, tuple[Event, ...]] = {
    "messages": messages.EVENTS,
    "rooms": rooms.EVENTS,
    "company": company.EVENTS,
    "returning": returning.EVENTS,
}

HERE: frozenset[Event] = frozenset(
    {
        messages.one_writes_here_without_the_socket,
        messages.the_same_is_sent_twice,
        messages.an_answer_is_written,
        messages.what_is_queued_is_stored,
        messages.what_is_queued_is_given_up,
        rooms.one_opens_a_group_here,
        rooms.one_leaves_here,
    }
)
"""What needs a network where it happens."""

LASTING: frozenset[Event] = frozenset(
    {
        messages.what_is_queued_is_given_up,
        company.somebody_comes_and_goes,
        company.somebody_shows_when_they_were_there,
        company.one_hides_when_one_was_there,
        company.somebody_types,
        company.the_other_one_of_two_is_deactivated,
        returning.ones_sign_in_has_to_be_renewed,
        returning.the_process_that_serves_one_restarts,
        returning.others_come_and_type_while_one_is_away,
    }
)
"""What takes seconds, or does not end: too much for a story of many events."""


class Silence(NamedTuple):
    """What a client does not know to which one kind of frame does not come.

    Attributes:
        event: brings such a frame.
        missing: a part of where its store differs then.
    """

    event: Event
    missing: str


STATEFUL: Mapping[str, Silence] = {
    "welcome": Silence(returning.one_is_away_for_a_moment, "online"),
    "ack": Silence(messages.one_writes_here, "_sending.outbox._at"),
    "message": Silence(messages.somebody_writes, ".cursor"),
    "status": Silence(messages.somebody_receives_and_reads, "marks._rooms"),
    "failed": Silence(messages.what_is_queued_is_given_up, "_sending.outbox._at"),
    "typing": Silence(company.somebody_types, "company.typists"),
    "presence": Silence(company.somebody_comes, "company.presences"),
    "drained": Silence(returning.one_is_away_for_a_moment, "_recovery._replay_until"),
    "synced": Silence(returning.what_is_missed_was_received_elsewhere, "_recovery._asked"),
    "room": Silence(rooms.a_group_is_renamed, ".name"),
    "error": Silence(messages.what_one_writes_is_refused, "_sending.outbox._at"),
}
"""The frames of ``/ws/chat/`` that carry state."""

OF_BADGES = "notification"
"""The one of ``/ws/notifications/`` that does."""

STATELESS: Mapping[str, str] = {
    "custom": "belongs to other code; the client hands it on and keeps nothing",
    "reconnect": "says when to come back; the close behind it has the client come back as well",
    "pong": "a sign of life, and the time, which `welcome` has told already",
}
