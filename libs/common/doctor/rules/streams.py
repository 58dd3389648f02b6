"""Streams and their groups: which there have to be, and how far behind one may be.

What services write stands in their tables (``services/*/store``), which nobody else may import; here
is the list of all of them once more, and a test compares both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from libs.common.doctor import checks
from libs.common.doctor.checks import Finding

GROUPS_OF: Mapping[str, Sequence[str]] = {
    "chat.events": ("receipts",),
    "chat.rooms": ("presence", "queue", "receipts"),
    "chat.receipts": ("receipts",),
    "chat.sessions": ("presence", "queue"),
    "chat.typing": (),
    "chat.submitted": ("queue",),
    "chat.requests": ("chat",),
    "receipts.events": ("chat",),
    "receipts.lag": ("queue",),
    "presence.events": (),
    "queue.deliveries": (),
    "queue.submissions": ("chat",),
    "queue.requests": ("receipts",),
}
"""The groups that read each stream; each has the name of its service."""
BY_PARTITION = frozenset({"chat.events", "chat.receipts", "chat.typing", "receipts.events"})
"""Streams that are as many as ``STREAM_PARTITIONS`` says."""
LAG = 1_000
"""Entries behind which somebody should look; where the alert is."""
SILENT_MS = 15_000
"""A process that lives reads again within seconds, and handles nothing for longer than ten."""
PENDING_MS = 60_000
"""Twice the time after which another process takes an entry over."""
MANY_ENTRIES = 500_000
"""Half of what a stream with groups is ever let grow to."""


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """One group of one stream.

    Attributes:
        stream: the key.
        name: of the group, and of its service.
        lag: entries that it has not read; None where Redis cannot tell.
        consumers: processes that are known in it.
        silent_ms: since any of them asked for more; None where there is none.
        stuck: entries that were read more than a minute ago and not acknowledged, as far as counted.
        dead_letters: that it buried.
    """

    stream: str
    name: str
    lag: int | None
    consumers: int
    silent_ms: int | None
    stuck: int
    dead_letters: int


@dataclass(frozen=True, kw_only=True)
class StreamFacts:
    """One partition of a stream.

    Attributes:
        key: its key.
        name: without the partition.
        length: None where it does not exist.
        groups: that exist.
    """

    key: str
    name: str
    length: int | None
    groups: Sequence[GroupFacts]


def judge_streams(streams: Sequence[StreamFacts], *, can_be_read: bool = True) -> Iterator[Finding]:
    """Judge all streams; of what is fine, one line is told for all.

    Where ``can_be_read`` is false Redis lets no group read, which is a write to it: their silence is
    its fault, and not told beside it.
    """
    there = [stream for stream in streams if stream.length is not None]
    if not there:
        yield checks.STREAMS_GROUPS.look(
            "",
            "There are no streams: no service has run with this Redis.",
            "Start the services; if they run, they have another REDIS_URL, or Redis was wiped.",
        )
        return
    groups = [group for stream in there for group in stream.groups]
    yield from judge_groups(streams, can_be_read=can_be_read)
    yield from _or_fine(judge_lag(groups), checks.STREAMS_LAG.ok("", "No group is behind."))
    yield from _or_fine(
        judge_stuck(groups),
        checks.STREAMS_PENDING.ok("", "No entry waits for its acknowledgement."),
    )
    yield from _or_fine(
        judge_dead_letters(groups), checks.STREAMS_DEAD_LETTERS.ok("", "There are no dead letters.")
    )
    yield from _or_fine(
        judge_lengths(there), checks.STREAMS_LENGTH.ok("", f"No stream has {MANY_ENTRIES} entries.")
    )


def judge_groups(streams: Sequence[StreamFacts], *, can_be_read: bool = True) -> Iterator[Finding]:
    """Judge that everybody who has to read a stream does."""
    problems = [finding for stream in streams for finding in _absent(stream)]
    problems += [
        finding
        for stream in streams
        for group in stream.groups
        if can_be_read and (finding := _silent(group)) is not None
    ]
    if not can_be_read and not problems:
        return
    yield from _or_fine(problems, checks.STREAMS_GROUPS.ok("", "Every group is there, and reads."))


def _absent(stream: StreamFacts) -> Iterator[Finding]:
    here = {group.name for group in stream.groups}
    for name in GROUPS_OF[stream.name]:
        if name not in here:
            yield checks.STREAMS_GROUPS.wrong(
                stream.key,
                f"The group {name} is not there: no process of {name} has begun to read.",
                f"Start {name}; if it runs, it has another REDIS_URL or STREAM_PARTITIONS.",
            )


def _silent(group: GroupFacts) -> Finding | None:
    waiting = "" if group.lag is None else f", and {group.lag} entries wait"
    if group.silent_ms is None:
        seen = f"The group {group.name} has no consumer{waiting}."
    elif group.silent_ms > SILENT_MS:
        seen = f"The group {group.name} has not read for {group.silent_ms // 1000} s{waiting}."
    else:
        return None
    return checks.STREAMS_GROUPS.wrong(
        group.stream, seen, f"Start {group.name}, or restart it where it hangs."
    )


def judge_lag(groups: Iterable[GroupFacts]) -> Iterator[Finding]:
    """Judge how many entries each group has yet to read."""
    for group in groups:
        if group.lag is not None and group.lag >= LAG:
            yield checks.STREAMS_LAG.look(
                group.stream,
                f"The group {group.name} is {group.lag} entries behind.",
                f"See what {group.name} waits for; then give it another process.",
            )


def judge_stuck(groups: Iterable[GroupFacts]) -> Iterator[Finding]:
    """Judge what was read and never acknowledged."""
    for group in groups:
        if group.stuck:
            yield checks.STREAMS_PENDING.look(
                group.stream,
                f"{group.stuck} entries or more that {group.name} has read have waited for a minute.",
                f"Look for group_entry_failed in the log of {group.name}, and at its database.",
            )


def judge_dead_letters(groups: Iterable[GroupFacts]) -> Iterator[Finding]:
    """Judge what was given up."""
    for group in groups:
        if group.dead_letters:
            yield checks.STREAMS_DEAD_LETTERS.look(
                group.stream,
                f"{group.name} has buried {group.dead_letters} entries.",
                "Mend the bug that the log names, then replay or discard them at the admin's dead letters.",
            )


def judge_lengths(streams: Iterable[StreamFacts]) -> Iterator[Finding]:
    """Judge how much memory a stream takes."""
    for stream in streams:
        if (stream.length or 0) >= MANY_ENTRIES:
            yield checks.STREAMS_LENGTH.look(
                stream.key,
                f"It has {stream.length} entries.",
                "See which group does not acknowledge: trimming waits for it.",
            )


def _or_fine(findings: Iterable[Finding], fine: Finding) -> Iterable[Finding]:
    return list(findings) or [fine]
