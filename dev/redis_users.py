"""Who may do what in Redis (``libs/common/redis_users.acl``), as lines that a server takes."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from dev.settings import ROOT

USERS = ROOT / "libs" / "common" / "redis_users.acl"
SERVICES_USER = "parley"
PUSH_USER = "parley-push"
PASSWORD_PLACE = "@password@"  # noqa: S105 - where one is put


def users(passwords: Mapping[str, str]) -> Iterator[str]:
    """Yield the line of each user for the configuration.

    Args:
        passwords: by user; the lines hold digests only.
    """
    text = USERS.read_text(encoding="utf-8").splitlines()
    rules = " ".join(line for line in text if not line.startswith("#"))
    for each in rules.split("user ")[1:]:
        name = each.split()[0]
        yield f"user {' '.join(each.replace(PASSWORD_PLACE, digest(passwords[name])).split())}"


def administrator(password: str) -> str:
    """Return the line of ``default``, who may do everything, for a file of users."""
    return f"user default on #{digest(password)} ~* &* +@all"


def digest(password: str) -> str:
    """Return what a server keeps of a password."""
    return sha256(password.encode()).hexdigest()
