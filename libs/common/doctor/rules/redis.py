"""What a Redis, or Valkey, has to be like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libs.common.doctor import checks
from libs.common.doctor.checks import Finding
from libs.common.doctor.rules.clocks import judge_clock, judge_latency

OLDEST_MAJOR = 7
"""Below this a group does not say how far behind it is, and users cannot be narrowed as ours are."""
TESTED_MAJORS = {"Redis": 8, "Valkey": 9}
NOEVICTION = "noeviction"
ADMINISTRATOR = "default"
NEARLY_ALL = 0.9
MANY = 0.75
MIB = 1024 * 1024
LOST = (
    "after a restart people count as offline for up to 45 s, and what stood on the streams is told"
    " again from PostgreSQL"
)

REFUSES = {
    "full": (
        "its memory is full",
        "Raise maxmemory as its administrator (CONFIG SET), then see which stream grows.",
    ),
    "disk": ("it cannot write its file", "Make room on its disk; it tries again by itself."),
    "replica": ("it is a replica", "Let REDIS_URL lead to the primary."),
}
"""By reason, as ``redis_refusals`` calls it, why it takes no writes, and what to do."""


@dataclass(frozen=True, kw_only=True)
class RedisFacts:
    """What Redis said.

    Attributes:
        variant: ``Redis`` or ``Valkey``.
        version: such as ``8.0.1``.
        mode: ``standalone``, ``cluster`` or ``sentinel``.
        is_replica: whether it takes no writes.
        replicas: that follow it.
        refuses: why it takes no writes from anybody, by ``REFUSES``; None where it does.
        appends: whether there is an append-only file.
        writes_well: whether it could write its files the last time.
        eviction: ``maxmemory_policy``; None where it does not say.
        used_bytes: of memory.
        max_bytes: how much it may use; 0 for no bound.
        user: as whom we came; ``default`` where the address names nobody.
        refused: commands and keys of the services that this user may not use.
        ahead_s: its clock against ours.
        best_ms: the shortest round trip.
    """

    variant: str
    version: str
    mode: str
    is_replica: bool
    replicas: int
    refuses: str | None
    appends: bool
    writes_well: bool
    eviction: str | None
    used_bytes: int
    max_bytes: int
    user: str
    refused: Sequence[str]
    ahead_s: float
    best_ms: float


def judge_redis(facts: RedisFacts) -> Iterator[Finding]:
    """Judge all that it said."""
    yield judge_role(facts)
    yield judge_writes(facts)
    yield judge_version(facts)
    yield judge_persistence(facts)
    yield judge_eviction(facts)
    yield judge_memory(facts)
    yield judge_user(facts)
    yield judge_clock(checks.REDIS_CLOCK, "", ahead_s=facts.ahead_s)
    yield judge_latency(checks.REDIS_LATENCY, "", best_ms=facts.best_ms)


def judge_role(facts: RedisFacts) -> Finding:
    """Judge whether it is one that our clients know, and takes writes."""
    if facts.mode != "standalone":
        return checks.REDIS.wrong(
            "",
            f"It runs as {facts.mode}, which the clients do not know.",
            "Let REDIS_URL lead to one server, or to a pair behind one address.",
        )
    if facts.is_replica:
        return checks.REDIS.wrong(
            "",
            "This is a replica, which takes no writes.",
            "Let REDIS_URL lead to the primary.",
        )
    return checks.REDIS.ok("", "It answers.")


def judge_writes(facts: RedisFacts) -> Finding:
    """Judge whether it takes what services tell."""
    if facts.refuses is None:
        return checks.REDIS_WRITES.ok("", "It takes writes.")
    why, do = REFUSES[facts.refuses]
    return checks.REDIS_WRITES.wrong("", f"It refuses to be written: {why}.", do)


def judge_version(facts: RedisFacts) -> Finding:
    """Judge its major version."""
    major, tested = int(facts.version.partition(".")[0]), TESTED_MAJORS[facts.variant]
    seen = f"It is {facts.variant} {facts.version}."
    if major < OLDEST_MAJOR:
        return checks.REDIS_VERSION.wrong("", seen, f"Upgrade it to {facts.variant} {tested}.")
    if major < tested:
        return checks.REDIS_VERSION.look(
            "", seen, f"Plan an upgrade to {facts.variant} {tested}, with which it is tested."
        )
    return checks.REDIS_VERSION.ok("", seen)


def judge_persistence(facts: RedisFacts) -> Finding:
    """Judge what a restart of it takes away."""
    check = checks.REDIS_PERSISTENCE
    if not facts.writes_well:
        return check.wrong(
            "",
            "It could not write its file the last time, and may refuse to be written.",
            "Look at its disk, and at its log.",
        )
    if facts.appends:
        return check.ok("", "It keeps an append-only file.")
    if facts.replicas:
        return check.ok(
            "", f"It keeps no append-only file, and {facts.replicas} replicas follow it."
        )
    return check.look(
        "",
        f"It keeps no append-only file, and no replica follows it: {LOST}.",
        "Set appendonly yes, unless that is fine with you.",
    )


def judge_eviction(facts: RedisFacts) -> Finding:
    """Judge what it does when memory ends."""
    check, set_it = checks.REDIS_EVICTION, f"Set maxmemory-policy {NOEVICTION}."
    if facts.eviction is None:
        return check.look("", "It does not say what it does when memory ends.", set_it)
    if facts.eviction != NOEVICTION:
        return check.wrong(
            "",
            f"maxmemory-policy is {facts.eviction}: it would throw streams away, unread.",
            set_it,
        )
    return check.ok("", f"maxmemory-policy is {NOEVICTION}.")


def judge_memory(facts: RedisFacts) -> Finding:
    """Judge how near it is to refusing writes."""
    check, used_mib = checks.REDIS_MEMORY, facts.used_bytes / MIB
    if not facts.max_bytes:
        return check.ok("", "maxmemory is not set: the memory of its machine is the bound.")
    seen = f"{used_mib:.0f} of {facts.max_bytes / MIB:.0f} MiB are used."
    do = "See which stream grows, and whose group does not read; then raise maxmemory."
    if facts.used_bytes >= NEARLY_ALL * facts.max_bytes:
        return check.wrong("", seen, do)
    if facts.used_bytes >= MANY * facts.max_bytes:
        return check.look("", seen, do)
    return check.ok("", f"Less than {MANY:.0%} of maxmemory is used.")


def judge_user(facts: RedisFacts) -> Finding:
    """Judge whether we may do what services do, and nothing else."""
    if facts.refused:
        return checks.REDIS_USER.wrong(
            "",
            f"Its user may not use {', '.join(facts.refused)}.",
            "Give it what libs/common/redis_users.acl lists, as that file is in this version.",
        )
    if facts.user == ADMINISTRATOR:
        return checks.REDIS_USER.look(
            "",
            "The services are the administrator of Redis.",
            "Make the user `parley` of libs/common/redis_users.acl, and let REDIS_URL name it.",
        )
    return checks.REDIS_USER.ok("", "Its user may do what the services do.")


UNREACHABLE = {
    "password": ("It refuses the user, or the password.", "Compare REDIS_URL with its users."),
    "tls": (
        "TLS fails: its certificate is not accepted, or it speaks none.",
        "Look at REDIS_URL (rediss:// or redis://), and at the server's certificate.",
    ),
    "loading": ("It is still reading its file.", "Wait, and ask again."),
    "refused": (
        "Its user may not even ask for INFO and TIME.",
        "Give it what libs/common/redis_users.acl lists.",
    ),
    "away": (
        "Nobody listens there, or does not answer in time.",
        "See that it runs, that REDIS_URL is its address, and that a network policy lets us reach it.",
    ),
    "url": ("REDIS_URL cannot be read.", "Quote what is special in the password: @ is %40."),
    "other": ("It answers with an error.", "Its own log says why."),
}
"""By kind, what is seen and what to do."""


def judge_unreachable(kind: str) -> Finding:
    """Say why there is no Redis; ``kind`` is one of ``UNREACHABLE``."""
    return checks.REDIS.wrong("", *UNREACHABLE[kind])
