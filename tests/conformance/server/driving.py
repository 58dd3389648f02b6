"""A client under test, in a process of its own: a command a line goes in, an answer comes out.

What it has to understand stands in the README.
"""

import asyncio
import contextlib
import json
import shlex
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.conformance.server.playing import Client

ENDS_WITHIN_S = 5.0


@contextlib.asynccontextmanager
async def running(command: str, *, within_s: float) -> AsyncIterator[Client]:
    """Run an adapter for as long as the block lasts; it ends when its input does.

    Args:
        command: that starts it.
        within_s: how long an answer may take; after that, and where the adapter has ended, what is
            yielded raises ``ConnectionError``.
    """
    process = await create_subprocess_exec(*shlex.split(command), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    writer, reader = process.stdin, process.stdout

    async def do(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        writer.write(json.dumps(asked).encode() + b"\n")
        try:
            async with asyncio.timeout(within_s):
                line = await reader.readline()
        except TimeoutError:
            raise ConnectionError(f"the client does not answer {asked}") from None
        if not line:
            raise ConnectionError("the client has ended")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    try:
        yield do
    finally:
        writer.close()
        await _ended(process)


async def _ended(process: Process) -> None:
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
