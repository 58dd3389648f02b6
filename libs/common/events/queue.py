"""What waits: messages for people who were away, and messages that chat could not take yet."""

import msgspec

from libs.common.events.event import Event


class MissedRange(msgspec.Struct, frozen=True, array_like=True):
    """Messages of a room that somebody has not received: ``after_seq`` < seq <= ``to_seq``."""

    room: str
    after_seq: int
    to_seq: int


class ReplayOffered(Event, frozen=True, kw_only=True, tag="replay.offered"):
    """What a session is to be sent; without ranges nothing waits for its person.

    Offers may repeat: what is not acknowledged is offered again.
    """

    session: str
    user: str
    ranges: list[MissedRange]


class Submission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message that waits to be sent.

    Attributes:
        id: of its queued message; comes back with the outcome.
        attempt: which submission of it this is, from 1; likewise.
    """

    id: int
    attempt: int
    room: str
    sender: str
    client_id: str
    content: str
    reply_to: int | None = None


class MessagesSubmitted(Event, frozen=True, kw_only=True, tag="messages.submitted"):
    """Messages are to be sent. The same may be submitted again while no outcome is known."""

    submissions: list[Submission]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a submission.

    Attributes:
        id: of its queued message.
        attempt: of the submission.
        seq: of the message; 0 where it was not sent.
        at: when it was written, as clients see times; empty where it was not.
        code: why it was not sent, see ``libs.common.errors``; empty where it was.
        message: the same for people.
        is_refusal: chat has judged, and would not take it; otherwise chat was not able to.
    """

    id: int
    attempt: int
    seq: int = 0
    at: str = ""
    code: str = ""
    message: str = ""
    is_refusal: bool = False


class SubmissionsSettled(Event, frozen=True, kw_only=True, tag="submissions.settled"):
    """Submissions have an outcome. The same may be told again."""

    outcomes: list[Outcome]


class OutgoingSent(Event, frozen=True, kw_only=True, tag="outgoing.sent"):
    """A queued message of somebody is in its room: for all sessions of theirs."""

    user: str
    room: str
    client_id: str
    seq: int
    at: str


class OutgoingFailed(Event, frozen=True, kw_only=True, tag="outgoing.failed"):
    """A queued message of somebody was given up: for all sessions of theirs."""

    user: str
    room: str
    client_id: str
    code: str
    message: str


class LagRequested(Event, frozen=True, kw_only=True, tag="lag.requested"):
    """The queue service wants to know how far members are: it may have missed news of them.

    Attributes:
        members: of these rooms (first) and users (second); None means everybody who lags.
    """

    members: list[tuple[str, str]] | None = None
