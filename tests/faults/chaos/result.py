"""What a round has shown: values, and nothing else."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Happening:
    """One fault of a round.

    Attributes:
        began_s: in seconds since the run began.
        ended_s: when all was whole again.
        effect: how much was seen to happen.
        victims: what was struck, where there was a choice.
        acked: messages acknowledged from its beginning until all was healed.
        acked_meanwhile: those of them that were acknowledged before it ended.
        heal_s: how long after the end everybody heard everybody again; None where not in time.
    """

    fault: str
    began_s: float
    ended_s: float = 0.0
    effect: int = 0
    victims: list[str] = field(default_factory=list)
    acked: int = 0
    acked_meanwhile: int = 0
    heal_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One moment of a round.

    Attributes:
        at_s: in seconds since the run began.
        unacked: messages that were begun and are not acknowledged.
        unseen: messages that some have and others of their room do not.
        ack_ms: the median of what was acknowledged since the last moment; None without any.
    """

    at_s: float
    unacked: int
    unseen: int
    ack_ms: float | None


@dataclass(kw_only=True)
class Result:
    """One round.

    Attributes:
        broken: every promise that was, as sentences.
        invalid: why it shows nothing, where it does not.
        unknown: messages whose senders gave up without knowing.
    """

    happenings: list[Happening] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    invalid: str = ""
    sent: int = 0
    acked: int = 0
    received: int = 0
    unknown: int = 0
