"""What a load showed: counts, quantiles, and the CPU that each process used."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class ReceiptsReport:
    """What a load of receipts showed. Times are in seconds of one clock.

    Attributes:
        due: when each receipt was due to be sent, in order of time.
        told: when the author was told of it, or of a later one; missing where they never were.
        status_frames: frames that told authors.
        status_bytes: their length together.
        cpu_s: user and system time by process, over the whole load.
    """

    due: Sequence[float]
    told: Mapping[int, float]
    status_frames: int
    status_bytes: int
    cpu_s: Mapping[str, float]

    @property
    def lost(self) -> int:
        """Receipts of which nobody was told."""
        return len(self.due) - len(self.told)

    def figures(self) -> dict[str, object]:
        """Return everything as plain values: milliseconds, and ms of CPU per receipt."""
        count = max(1, len(self.due))
        return {
            "sent": len(self.due),
            "told": len(self.told),
            "lost": self.lost,
            "told_ms": quantiles([at - self.due[number] for number, at in self.told.items()]),
            "status_per_receipt": {
                "frames": round(self.status_frames / count, 2),
                "bytes": round(self.status_bytes / count, 1),
            },
            "cpu_ms_per_receipt": {
                name: round(1000 * used / count, 4) for name, used in self.cpu_s.items()
            },
        }


@dataclass(frozen=True, slots=True)
class PresenceReport:
    """What it took to tell everybody of everybody.

    Attributes:
        connected_s: until all sockets were open.
        settled_s: until everybody knew of all whom they know that they are there.
        frames: presence frames, by socket.
        bytes: of all these frames.
        cpu_s: user and system time by process, over all of it.
    """

    people: int
    connected_s: float
    settled_s: float
    frames: Sequence[int]
    bytes: int
    cpu_s: Mapping[str, float]

    def figures(self) -> dict[str, object]:
        """Return everything as plain values: seconds, frames of a socket, and ms of CPU a person."""
        ordered = sorted(self.frames)
        return {
            "people": self.people,
            "connected_s": round(self.connected_s, 2),
            "settled_s": round(self.settled_s, 2),
            "frames_per_socket": {"p50": ordered[len(ordered) // 2], "max": ordered[-1]},
            "kb_per_socket": round(self.bytes / self.people / 1000, 2),
            "cpu_ms_per_person": {
                name: round(1000 * used / self.people, 3) for name, used in self.cpu_s.items()
            },
        }


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What it took to bring people what they missed. Lists have an entry for each of the people.

    Attributes:
        rooms: in which it was written.
        missed: messages that each of them missed.
        messages: that each of them was sent, in order and once.
        first_s: until the first came.
        drained_s: until all had come.
        cpu_s: user and system time by process, over all of it.
        grown_kib: by how much each process grew at most meanwhile.
    """

    rooms: int
    people: int
    missed: int
    messages: Sequence[int]
    first_s: Sequence[float]
    drained_s: Sequence[float]
    cpu_s: Mapping[str, float]
    grown_kib: Mapping[str, int]

    @property
    def lost(self) -> int:
        """Messages that somebody did not get before ``drained``."""
        return sum(self.missed - messages for messages in self.messages)

    def figures(self) -> dict[str, object]:
        """Return everything as plain values: milliseconds, ms of CPU a message, and KiB."""
        count = max(1, sum(self.messages))
        return {
            "people": self.people,
            "rooms": self.rooms,
            "messages_each": self.missed,
            "lost": self.lost,
            "first_ms": quantiles(self.first_s),
            "drained_ms": quantiles(self.drained_s),
            "messages_per_s": round(count / max(self.drained_s)),
            "cpu_ms_per_message": {
                name: round(1000 * used / count, 4) for name, used in self.cpu_s.items()
            },
            "grown_kib_at_most": dict(self.grown_kib),
        }


@dataclass(frozen=True, slots=True)
class OverloadStep:
    """What became of a load of so many messages a second.

    Attributes:
        rate: messages that were due in a second.
        seconds: over which it was counted.
        latencies_s: of what was acknowledged, since it was due.
        counts: ``acked``, error codes, messages that were sent again, and sockets by close code.
        cpu_s: user and system time by process.
    """

    name: str
    rate: float
    seconds: float
    latencies_s: Sequence[float]
    counts: Mapping[str, int]
    cpu_s: Mapping[str, float]

    @property
    def goodput(self) -> float:
        """Messages that were acknowledged in a second."""
        return self.counts.get("acked", 0) / self.seconds

    @property
    def share(self) -> float:
        """Of the messages that were due."""
        return self.goodput / self.rate

    @property
    def p99_s(self) -> float:
        """Of the latencies."""
        ordered = sorted(self.latencies_s) or [0.0]
        return ordered[round(0.99 * (len(ordered) - 1))]

    def figures(self) -> dict[str, object]:
        """Return everything as plain values: messages a second, milliseconds, and cores."""
        return {
            "step": self.name,
            "due_per_s": round(self.rate),
            "acked_per_s": round(self.goodput),
            "ack_ms": quantiles(self.latencies_s),
            "others": {name: count for name, count in self.counts.items() if name != "acked"},
            "cores": {name: round(used / self.seconds, 2) for name, used in self.cpu_s.items()},
        }


def table(figures: Mapping[str, object]) -> str:
    """Return figures for people, a line each."""
    lines = []
    for name, value in figures.items():
        parts = value if isinstance(value, dict) else {"": value}
        text = "  ".join(f"{part} {number}".strip() for part, number in parts.items())
        lines.append(f"  {name:<20} {text}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Report:
    """Times are in seconds of one clock; keys are client_ids.

    Attributes:
        due: when each message was due to be sent.
        acked: when its ``ack`` came.
        received: when the partner had it.
        cpu_s: user and system time by process, over the whole load.
    """

    due: Mapping[str, float]
    acked: Mapping[str, float]
    received: Mapping[str, float]
    cpu_s: Mapping[str, float]

    @property
    def lost(self) -> int:
        """Messages that were acknowledged and did not arrive."""
        return len(self.acked.keys() - self.received.keys())

    def figures(self) -> dict[str, object]:
        """Return everything as plain values: milliseconds, and ms of CPU per message."""
        count = max(1, len(self.received))
        return {
            "sent": len(self.due),
            "acked": len(self.acked),
            "received": len(self.received),
            "lost": self.lost,
            "ack_ms": quantiles([self.acked[key] - self.due[key] for key in self.acked]),
            "receive_ms": quantiles([self.received[key] - self.due[key] for key in self.received]),
            "cpu_ms_per_message": {
                name: round(1000 * used / count, 3) for name, used in self.cpu_s.items()
            },
        }


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p95, p99 and the maximum, in milliseconds; zeros for nothing."""
    ordered = sorted(seconds) or [0.0]
    last = len(ordered) - 1
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * ordered[round(share * last)], 1) for name, share in shares.items()}


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process and its children, those that ended included."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    used_s = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            used_s += sum(child.cpu_times()[:2])
    return float(used_s)
