"""What a PostgreSQL has to be like."""

from collections.abc import Iterator
from dataclasses import dataclass

from libs.common.doctor import checks
from libs.common.doctor.checks import Finding
from libs.common.doctor.rules.clocks import judge_clock, judge_latency

OLDEST_MAJOR = 14
"""Below this Django 5.2 does not work."""
TESTED_MAJOR = 18
NEARLY_ALL = 0.95
MANY = 0.8
OLD_TRANSACTION_S = 60
STUCK_TRANSACTION_S = 900
"""Vacuum and the safe point wait for the oldest transaction."""
PER_MAJOR = 10_000


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    """What one database said.

    Attributes:
        service: whose it is.
        version: as ``server_version_num``.
        is_standby: whether it takes no writes.
        synchronous_commit: the setting of a new session.
        fsync: likewise.
        full_page_writes: likewise.
        connections: all that are open on the server.
        places: how many there may be, without those kept for superusers.
        oldest_transaction_s: of this database, prepared ones included.
        ahead_s: its clock against ours.
        best_ms: the shortest round trip.
    """

    service: str
    version: int
    is_standby: bool
    synchronous_commit: str
    fsync: str
    full_page_writes: str
    connections: int
    places: int
    oldest_transaction_s: float
    ahead_s: float
    best_ms: float


def judge_database(facts: DatabaseFacts) -> Iterator[Finding]:
    """Judge all that a database said."""
    yield judge_role(facts)
    yield judge_version(facts)
    yield judge_durability(facts)
    yield judge_connections(facts)
    yield judge_transactions(facts)
    yield judge_clock(checks.DATABASE_CLOCK, facts.service, ahead_s=facts.ahead_s)
    yield judge_latency(checks.DATABASE_LATENCY, facts.service, best_ms=facts.best_ms)


def judge_role(facts: DatabaseFacts) -> Finding:
    """Judge whether it can be written."""
    if facts.is_standby:
        return checks.DATABASE.wrong(
            facts.service,
            "This is a standby, which takes no writes.",
            "Let DATABASE_URL lead to the primary.",
        )
    return checks.DATABASE.ok(facts.service, "It answers, and takes writes.")


def judge_version(facts: DatabaseFacts) -> Finding:
    """Judge its major version."""
    major = facts.version // PER_MAJOR
    if major < OLDEST_MAJOR:
        return checks.DATABASE_VERSION.wrong(
            facts.service, f"It is PostgreSQL {major}.", f"Upgrade it to {TESTED_MAJOR}."
        )
    if major < TESTED_MAJOR:
        return checks.DATABASE_VERSION.look(
            facts.service,
            f"It is PostgreSQL {major}, with which not everything is tested.",
            f"Plan an upgrade to {TESTED_MAJOR}.",
        )
    return checks.DATABASE_VERSION.ok(facts.service, f"It is PostgreSQL {major}.")


def judge_durability(facts: DatabaseFacts) -> Finding:
    """Judge whether what is acknowledged survives a power cut."""
    check, service = checks.DATABASE_DURABILITY, facts.service
    for name, value in (("fsync", facts.fsync), ("synchronous_commit", facts.synchronous_commit)):
        if value == "off":
            return check.wrong(
                service,
                f"{name} is off: a power cut takes messages that were acknowledged.",
                f"Set {name} = on, for the server and for the role.",
            )
    if facts.full_page_writes == "off":
        return check.look(
            service,
            "full_page_writes is off: a power cut may leave half a page.",
            "Set full_page_writes = on, unless the file system writes pages at once.",
        )
    if facts.synchronous_commit in {"local", "remote_write"}:
        return check.look(
            service,
            f"synchronous_commit is {facts.synchronous_commit}: a standby may lack what was acknowledged.",
            "Set synchronous_commit = on, if a standby is to take over.",
        )
    return check.ok(service, "fsync and synchronous_commit are on.")


def judge_connections(facts: DatabaseFacts) -> Finding:
    """Judge how near the server is to refusing the next connection."""
    check, used = checks.DATABASE_CONNECTIONS, facts.connections / max(1, facts.places)
    seen = f"{facts.connections} of {facts.places} connections are open."
    do = "Raise max_connections, or lower DATABASE_THREADS or the number of processes."
    if used >= NEARLY_ALL:
        return check.wrong(facts.service, seen, do)
    if used >= MANY:
        return check.look(facts.service, seen, do)
    return check.ok(facts.service, f"Less than {MANY:.0%} of {facts.places} connections are open.")


def judge_transactions(facts: DatabaseFacts) -> Finding:
    """Judge the transaction that has been open for longest."""
    check, age_s = checks.DATABASE_TRANSACTIONS, facts.oldest_transaction_s
    seen = f"A transaction has been open for {age_s:.0f} s."
    do = "Find it in pg_stat_activity (or pg_prepared_xacts), and end it: pg_terminate_backend."
    if age_s >= STUCK_TRANSACTION_S:
        return check.wrong(facts.service, seen, do)
    if age_s >= OLD_TRANSACTION_S:
        return check.look(facts.service, seen, do)
    return check.ok(facts.service, "No transaction is old.")


UNREACHABLE = {
    "password": (
        "It refuses the password, or the role.",
        "Compare DATABASE_URL with the role's password.",
    ),
    "database": ("There is no such database.", "Make it, with the role as its owner."),
    "permission": (
        "The role may not connect to this database.",
        "GRANT CONNECT, or make the role its owner.",
    ),
    "full": (
        "It takes no more connections.",
        "Raise max_connections, or lower DATABASE_THREADS or the number of processes.",
    ),
    "tls": (
        "TLS fails: its certificate is not accepted, or one of both insists.",
        "Look at sslmode and sslrootcert of DATABASE_URL, and at the server's certificate.",
    ),
    "name": ("Its name is not known here.", "Look at the host in DATABASE_URL, and at DNS."),
    "away": (
        "Nobody listens there, or does not answer in time.",
        "See that it runs, and that a network policy lets this pod reach it.",
    ),
    "url": ("DATABASE_URL cannot be read.", "Quote what is special in the password: @ is %40."),
    "other": ("It cannot be connected to.", "Its own log says why."),
}
"""By kind, what is seen and what to do."""


def judge_unreachable(service: str, kind: str) -> Finding:
    """Say why there is no database; ``kind`` is one of ``UNREACHABLE``."""
    return checks.DATABASE.wrong(service, *UNREACHABLE[kind])


KINDS = (
    ("password authentication failed", "password"),
    ("no password supplied", "password"),
    ("role", "password"),
    ("permission denied", "permission"),
    ("database", "database"),
    ("too many", "full"),
    ("remaining connection slots", "full"),
    ("certificate", "tls"),
    ("SSL", "tls"),
    ("translate host name", "name"),
    ("refused", "away"),
    ("timeout", "away"),
    ("no answer", "away"),
    ("unreachable", "away"),
    ("No route", "away"),
)
"""Words of libpq and the server, and what they mean; the first that is there counts."""


def kind_of(text: str) -> str:
    """Classify what libpq said; the text itself is told to nobody."""
    return next((kind for words, kind in KINDS if words in text), "other")
