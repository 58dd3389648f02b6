"""An adapter of a client that does nothing of what it should: it gives out whatever comes.

It is what the scenarios must fail; and it is how small an adapter may be.
"""

import asyncio
import json
import sys
from collections import defaultdict
from typing import Any

from websockets.asyncio.client import connect


class Naive:
    """Connects once, and counts."""

    def __init__(self) -> None:
        self.given: defaultdict[str, list[int]] = defaultdict(list)
        self.reading: asyncio.Task[None] | None = None

    async def do(self, command: Any) -> Any:
        """Do what is asked for, badly."""
        if command["do"] == "connect":
            self.reading = asyncio.create_task(self._read(command["url"]))
        if command["do"] == "send":
            return {"client_id": "1"}
        if command["do"] == "state":
            return {
                "connected": True,
                "over": False,
                "given": self.given,
                "cursors": {},
                "sent": {},
            }
        return {"ok": True}

    def end(self) -> None:
        """Leave."""
        if self.reading is not None:
            self.reading.cancel()

    async def _read(self, url: str) -> None:
        async with connect("ws" + url.removeprefix("http") + "/ws/chat/", proxy=None) as socket:
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "message":
                    self.given[frame["room"]].append(frame["seq"])


async def main() -> None:
    """Answer line by line until the input ends."""
    naive, lines = Naive(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        sys.stdout.write(json.dumps(await naive.do(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
