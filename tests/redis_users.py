"""What Redis refused to whom, for everybody who runs some."""

from contextlib import closing
from typing import Any

from redis import Redis

TOLD = ("username", "reason", "object", "context", "client-info")


def refusals(redis_url: str) -> list[dict[str, Any]]:
    """Return what anybody was refused since Redis began, for people to read.

    Args:
        redis_url: the administrator's.
    """
    with closing(Redis.from_url(redis_url, decode_responses=True)) as administrator:
        return [{name: entry[name] for name in TOLD} for entry in administrator.acl_log()]
