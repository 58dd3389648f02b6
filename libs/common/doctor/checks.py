"""What is looked at, by name, and what is said of it.

A finding holds words of ours and numbers, never a text that a server or a library wrote: such a text
may repeat an address, and with it a password that somebody wrote into the wrong place.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    LOOK = "look at this"
    """It works, or cannot be told from here; somebody should know."""
    WRONG = "wrong"
    """People notice, or will."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at.

    Attributes:
        name: as ``docs/doctor.md`` lists it.
        page: what says more.
    """

    name: str
    page: str

    def ok(self, about: str, seen: str) -> "Finding":
        """Say that it is as it should be."""
        return Finding(self, about, Verdict.OK, seen)

    def look(self, about: str, seen: str, do: str) -> "Finding":
        """Say that somebody should look."""
        return Finding(self, about, Verdict.LOOK, seen, do)

    def wrong(self, about: str, seen: str, do: str) -> "Finding":
        """Say that it is wrong."""
        return Finding(self, about, Verdict.WRONG, seen, do)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one thing.

    Attributes:
        check: what was looked at.
        about: of whom: a service, a stream; empty where there is only one.
        verdict: how it stands.
        seen: a sentence.
        do: another, empty where nothing is to be done.
    """

    check: Check
    about: str
    verdict: Verdict
    seen: str
    do: str = ""


DEPLOY = "docs/deploy.md"
SETTINGS = "docs/settings.md"
SECURITY = "docs/security.md"
RUNBOOKS = "docs/runbooks"

OF_SETTINGS = Check("settings", SETTINGS)

DATABASE = Check("database", DEPLOY)
DATABASE_VERSION = Check("database.version", DEPLOY)
DATABASE_MIGRATIONS = Check("database.migrations", DEPLOY)
DATABASE_DURABILITY = Check("database.durability", DEPLOY)
DATABASE_CONNECTIONS = Check("database.connections", "docs/sizing.md")
DATABASE_TRANSACTIONS = Check("database.transactions", f"{RUNBOOKS}/SafePointStuck.md")
DATABASE_CLOCK = Check("database.clock", SECURITY)
DATABASE_LATENCY = Check("database.latency", f"{RUNBOOKS}/DependencySlow.md")

REDIS = Check("redis", DEPLOY)
REDIS_WRITES = Check("redis.writes", f"{RUNBOOKS}/RedisRefuses.md")
REDIS_VERSION = Check("redis.version", DEPLOY)
REDIS_PERSISTENCE = Check("redis.persistence", f"{RUNBOOKS}/RedisFileFails.md")
REDIS_EVICTION = Check("redis.eviction", DEPLOY)
REDIS_MEMORY = Check("redis.memory", f"{RUNBOOKS}/RedisNearlyFull.md")
REDIS_CLOCK = Check("redis.clock", SECURITY)
REDIS_LATENCY = Check("redis.latency", f"{RUNBOOKS}/DependencySlow.md")
REDIS_USER = Check("redis.user", SETTINGS)

STREAMS_GROUPS = Check("streams.groups", f"{RUNBOOKS}/ServiceDown.md")
STREAMS_LAG = Check("streams.lag", f"{RUNBOOKS}/ConsumerLags.md")
STREAMS_PENDING = Check("streams.pending", f"{RUNBOOKS}/ConsumerHangs.md")
STREAMS_DEAD_LETTERS = Check("streams.dead_letters", f"{RUNBOOKS}/DeadLetters.md")
STREAMS_LENGTH = Check("streams.length", f"{RUNBOOKS}/StreamGrows.md")

KEYS_TOKENS = Check("keys.tokens", "docs/rotate-keys.md")
KEYS_SECRET = Check("keys.secret", SECURITY)
KEYS_WEB_PUSH = Check("keys.web_push", "docs/web-push.md")
KEYS_ISSUER = Check("keys.issuer", "docs/users-of-your-own.md")

WAY_IN = Check("way_in", DEPLOY)
WAY_IN_CERTIFICATE = Check("way_in.certificate", DEPLOY)
WAY_IN_REDIRECT = Check("way_in.redirect", SECURITY)
WAY_IN_SERVICES = Check("way_in.services", DEPLOY)
WAY_IN_HEADERS = Check("way_in.headers", SECURITY)
WAY_IN_SOCKETS = Check("way_in.sockets", DEPLOY)
WAY_IN_FOREIGN_PAGES = Check("way_in.foreign_pages", SECURITY)
WAY_IN_BODY = Check("way_in.body", DEPLOY)
WAY_IN_PROXIES = Check("way_in.proxies", SECURITY)
WAY_IN_IDLE = Check("way_in.idle", DEPLOY)

OPEN_FILES = Check("open_files", "docs/sizing.md")
PROCESSES = Check("processes", f"{RUNBOOKS}/ProcessDown.md")

CHECKS = tuple(each for each in tuple(globals().values()) if isinstance(each, Check))
"""All of them, in the order in which they stand above and are told."""
