"""A bot in twenty lines: it hears `/roll 2d6`, is seen to type, and tells what the dice show.

PARLEY_PASSWORD=… python dice.py http://127.0.0.1:8000 dice
"""

import asyncio
import os
import re
import secrets
import sys

import parley

ROLL = re.compile(r"/roll ([1-9]\d?)d([1-9]\d{0,2})")


async def answer(chat: parley.Chat, message: parley.Message) -> None:
    """Answer one message, where it asks for something."""
    chat.read(message.room, message.seq)
    if asked := ROLL.fullmatch(message.content):
        chat.type(message.room)
        count, sides = map(int, asked.groups())
        shown = [secrets.randbelow(sides) + 1 for _ in range(count)]
        text = f"{' + '.join(map(str, shown))} = {sum(shown)}"
        await chat.send(message.room, text, reply_to=message.seq)


async def main(url: str, username: str, *, password: str) -> None:
    """Answer whoever writes; what the server refuses ends no bot."""
    async with await parley.sign_in(url, username, password) as chat:
        async for message in chat.messages():
            try:
                await answer(chat, message)
            except parley.ParleyError as error:
                print(f"{message.id}: {error.code}: {error.message}", file=sys.stderr)


asyncio.run(main(*sys.argv[1:], password=os.environ["PARLEY_PASSWORD"]))
