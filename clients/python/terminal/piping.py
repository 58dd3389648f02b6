"""For scripts: the lines of the standard input become messages of one room."""

import sys

from clients.python.parley import Chat, NotAcknowledged, ParleyError
from clients.python.terminal.directory import Directory
from clients.python.terminal.screen import InputLines
from clients.python.terminal.sentences import sentence_of


async def send_input(chat: Chat, directory: Directory, *, to: str, timeout_s: float) -> int:
    """Send each line that is not blank, one after the other, until one is refused.

    Args:
        chat: connected.
        directory: finds the room.
        to: a number, a room's name or a username.
        timeout_s: how long to try each.

    Returns:
        The exit status: 0 where all of them are stored; otherwise it was said on the standard
        error which is not.
    """
    sent, number = 0, 0
    try:
        room = await directory.room_called(to)
        lines = InputLines()
        while (line := await lines.next()) is not None:
            number += 1
            if not line.strip():
                continue
            await chat.send(room.id, line, timeout_s=timeout_s)
            sent += 1
    except ParleyError as error:
        is_queued = isinstance(error, NotAcknowledged) and error.is_queued
        word = "is not stored yet" if is_queued else "was not sent"
        where = f"line {number} {word}: " if number else ""
        sys.stderr.write(f"parley: {where}{sentence_of(error)} (sent before: {sent})\n")
        return 1
    return 0
