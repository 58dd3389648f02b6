"""All databases go back to a moment, by the commands of docs/back-up-and-restore.md."""

import asyncio
from contextlib import suppress

from dev.containers.docker import Failed
from tests.containers import people
from tests.containers.stack import Stack
from tests.containers.steps import ALL, NAMES

SAVED = ("receipts", "queue", "presence", "chat")
"""In this order: chat can tell the others what they lack, and nobody can tell chat."""
DUMP = "/tmp/{}.dump"  # noqa: S108 - in a container of ours
EMPTY_REDIS = 'REDISCLI_AUTH="$(cat /run/secrets/redis_password)" redis-cli flushall'
RECONCILE = ("python", "-m", "services.receipts", "reconcile")


def backed_up(stack: Stack) -> str:
    """What was said until then is there again, what was said since is not, and people talk on."""
    asyncio.run(people.conversation(stack.url))
    before = messages(stack)
    for name in SAVED:
        into = ("--format=custom", f"--file={DUMP.format(name)}")
        postgres(stack, "pg_dump", *into, f"parley_{name}")
    asyncio.run(people.conversation(stack.url))
    assert messages(stack) > before

    restored(stack)

    assert messages(stack) == before
    asyncio.run(people.conversation(stack.url))
    with suppress(Failed):  # it asks for what it lacks, and has it the second time
        stack.inside(stack.container("receipts"), *RECONCILE)
    stack.inside(stack.container("receipts"), *RECONCILE)
    return f"{before} messages are there again, and the services agree"


def restored(stack: Stack) -> None:
    """Set all databases back, and let everything begin anew."""
    stack.compose("stop", *NAMES)
    for name in SAVED:
        again = ("--clean", "--create", "--if-exists", "--dbname=postgres")
        postgres(stack, "pg_restore", *again, DUMP.format(name))
    stack.compose("run", "--rm", "migrate")
    for name in ("chat", "receipts"):
        postgres(stack, "psql", "--command=delete from safe_point", f"parley_{name}")
    stack.inside(stack.container("redis"), "sh", "-c", EMPTY_REDIS)
    # Not by waiting for the gateway, which is not healthy any more, and will be again.
    stack.compose("up", "--detach", "--no-build", "--pull=never")
    stack.until_healthy(ALL)


def postgres(stack: Stack, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs in its container."""
    stack.inside(stack.container("postgres"), program, "--username=postgres", *arguments)


def messages(stack: Stack) -> int:
    """Return how many chat has."""
    (row,) = stack.query("chat", "select count(*) as n from message")
    return int(row["n"])
