"""Answers whatever is written to it.

PARLEY_PASSWORD=… python echo.py http://127.0.0.1:8000 echo
"""

import asyncio
import os
import sys

import parley


async def main(url: str, username: str, *, password: str) -> None:
    """Answer until somebody stops the program; a connection that is lost comes back by itself."""
    async with await parley.sign_in(url, username, password) as chat:
        async for message in chat.messages():
            chat.read(message.room, message.seq)
            await chat.send(message.room, message.content, reply_to=message.seq)


asyncio.run(main(*sys.argv[1:], password=os.environ["PARLEY_PASSWORD"]))
