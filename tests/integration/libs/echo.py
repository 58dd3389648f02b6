"""An ASGI application served by daphne, as a program: ``python -m tests.integration.libs.echo``.

``port``, ``ping_every_s`` and ``grace_s`` are its arguments; it says on standard output what it goes through.
"""

import asyncio
import sys
from typing import Any

import uvloop

GRACE_S = 2.0
PART = "x" * 65_536
TAKES_NOTHING = asyncio.Event()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await answer(scope["path"], receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] != "websocket.disconnect":
        await act(event, send)
    say("left")


async def act(event: Any, send: Any) -> None:
    """Obey a word of the client."""
    word, _, argument = (event.get("text") or "bytes").partition(" ")
    match word:
        case "close":
            await send({"type": "websocket.close", "code": int(argument)})
        case "flood":
            for number in range(int(argument)):
                await send({"type": "websocket.send", "text": PART})
                say(f"sent {number + 1}")
        case "deaf":
            say("deaf")
            await TAKES_NOTHING.wait()
        case _:
            await send({"type": "websocket.send", "text": word})


async def answer(path: str, receive: Any, send: Any) -> None:
    """Answer with the size of the body, in two parts."""
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event["body"]), event["more_body"]
    if path == "/slow":
        say("slow")
        await asyncio.sleep(1.0)
    if path == "/never":
        say("never")
        await TAKES_NOTHING.wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d " % size, "more_body": True})
    await send({"type": "http.response.body", "body": b"bytes"})


async def serve(port: int, ping_every_s: float, grace_s: float) -> None:
    # Not above: Twisted takes the loop that runs by now.
    from libs.common.serving_daphne import DaphneServer

    async def before_stop() -> None:
        say("before stop")

    server = DaphneServer(
        application,
        host="127.0.0.1",
        port=port,
        backlog=128,
        frame_bytes=1024 * 1024,
        ping_every_s=ping_every_s,
        grace_s=grace_s,
        before_stop=before_stop,
    )
    await server.serve()
    say("served")


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
