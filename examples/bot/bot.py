"""A bot that answers `ping`, `count …` and `help`, each message once.

PARLEY_PASSWORD=… python bot.py http://127.0.0.1:8000 pingbot
"""

import asyncio
import os
import sys
import uuid

import parley

ANSWERS = uuid.UUID("5c0f3e57-9a4b-4a8e-9a55-0d6f3c1b7a21")  # make your own: uuid.uuid4()
HELP = "I know: ping, count and some words, help. In a group, begin with my name."
FOR_GOOD, TRY_AGAIN = 1, 75


def answer_to(text: str) -> str | None:
    """Say what is answered, or nothing; this needs no network to be tested."""
    match text.split():
        case ["ping"]:
            return "pong"
        case ["count", *words]:
            return f"{len(words)} words"
        case ["help"]:
            return HELP
        case _:
            return None


class Bot:
    """Answers what is said to it on a chat."""

    def __init__(self, chat: parley.Chat, username: str) -> None:
        self.chat = chat
        self.username = username
        self.names: dict[str, str] = {}

    async def run(self) -> None:
        """Deal with one message after the other, and say so, until the chat ends."""
        async for message in self.chat.messages():
            await self.deal_with(message)
            self.chat.read(message.room, message.seq)

    async def deal_with(self, message: parley.Message) -> None:
        """Answer a message; what the server refuses ends no bot, and what it cannot do now waits."""
        while True:
            try:
                return await self.answer(message)
            except parley.ParleyError as error:
                print(f"{message.id}: {error.code}: {error.message}", file=sys.stderr)
                if not error.retriable:
                    return None
                await asyncio.sleep(error.retry_after_s or 2)

    async def answer(self, message: parley.Message) -> None:
        """Try once; a message that was answered already is not answered again."""
        answer = answer_to(self.meant(message))
        if answer is None or (await self.name_of(message.sender)).endswith("bot"):
            return
        self.chat.type(message.room)
        client_id = str(uuid.uuid5(ANSWERS, message.id))
        await self.chat.send(message.room, answer, reply_to=message.seq, client_id=client_id)

    def meant(self, message: parley.Message) -> str:
        """Return what is said to this bot: in private everything, in a group what names it first."""
        room = self.chat.rooms.get(message.room)
        if room is not None and room.kind == "direct":
            return message.content
        name, _, text = message.content.partition(" ")
        return text if name.strip("@:,") == self.username else ""

    async def name_of(self, user: str) -> str:
        """Return somebody's username."""
        if user not in self.names:
            people = await self.chat.api.users_by_id([user])
            self.names[user] = people[0].username if people else ""
        return self.names[user]


async def enter(url: str, username: str, password: str) -> parley.Chat:
    """Sign in; the first time, make the user."""
    # "Received" is told by `read` alone, so it means: dealt with.
    options = parley.Options(automatic_receipts=False)
    try:
        return await parley.sign_in(url, username, password, options)
    except parley.Unauthenticated:
        return await parley.register(url, username, password, options=options)


async def main(url: str, username: str, *, password: str) -> int:
    """Answer until the chat ends; return whether another start is worth trying."""
    try:
        async with await enter(url, username, password) as chat:
            print(f"{username} is here", flush=True)
            await Bot(chat, username).run()
    except (parley.Unauthenticated, parley.BadFrame) as error:
        print(f"{error} {dict(error.fields)}", file=sys.stderr)
        return FOR_GOOD
    except parley.ParleyError as error:
        print(error, file=sys.stderr)
    return TRY_AGAIN


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:], password=os.environ["PARLEY_PASSWORD"])))
