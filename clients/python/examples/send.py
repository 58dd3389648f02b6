"""Sends one message to one person, and ends with 0 once it is stored.

PARLEY_PASSWORD=… python send.py http://127.0.0.1:8000 deploy alice "Version 7 is up."
"""

import asyncio
import os
import sys

import parley

REFUSED, NOT_KNOWN = 1, 75


async def main(url: str, username: str, to: str, text: str, *, password: str) -> int:
    """Send it; return the exit status. Where that is 75, the message may still arrive."""
    # What waits for this user is somebody else's to receive: this program tells nobody it has it.
    options = parley.Options(automatic_receipts=False)
    try:
        async with await parley.sign_in(url, username, password, options) as chat:
            room = await chat.direct_room(to)
            sent = await chat.send(room.id, text, timeout_s=20)
    except parley.NotAcknowledged as error:
        print(error.message, file=sys.stderr)
        return NOT_KNOWN
    except parley.ParleyError as error:
        print(f"{error.code}: {error.message} {error.fields or ''}", file=sys.stderr)
        return REFUSED
    print(sent.id)
    return 0


sys.exit(asyncio.run(main(*sys.argv[1:], password=os.environ["PARLEY_PASSWORD"])))
