"""`python -m clients.python.demo seed` or `company`, with `--url http://127.0.0.1:8000`.

`make up DEMO=1` runs both, one after the other. The status is 0 once all is said, or when it was
asked to stop.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from clients.python.demo.company import keep_company
from clients.python.demo.script import CONVERSATIONS
from clients.python.demo.seeding import Taken, seed
from clients.python.parley import ParleyError

LOCAL_URL = "http://127.0.0.1:8000"
"""Where a suite of this machine is served."""
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

logger = logging.getLogger("clients.python.demo")  # this module itself may be called `__main__`

Part = Callable[[str], Coroutine[Any, Any, None]]
"""What is done with a server, given its address."""


def main(words: Sequence[str]) -> int:
    """Run one part; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m clients.python.demo", description=__doc__)
    parser.add_argument("part", choices=("seed", "company"))
    parser.add_argument(
        "--url", default=LOCAL_URL, type=url_of_this_machine, help="the server (%(default)s)"
    )
    given = parser.parse_args(words)
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    logger.setLevel(logging.INFO)
    parts: Mapping[str, Part] = {"seed": say_everything, "company": keep_company}
    status = 0
    try:
        asyncio.run(until_asked_to_stop(parts[given.part](given.url)))
    except* (asyncio.CancelledError, KeyboardInterrupt):
        pass
    except* (ParleyError, Taken) as errors:
        for error in leaves_of(errors):
            sys.stderr.write(f"{error}\n")
        status = 1
    return status


def url_of_this_machine(text: str) -> str:
    """Return an address as it is; people whose password is known belong nowhere else.

    Raises:
        ArgumentTypeError: it leads elsewhere.
    """
    if urlsplit(text).hostname not in THIS_MACHINE:
        raise argparse.ArgumentTypeError("only a server of this machine, such as " + LOCAL_URL)
    return text


async def say_everything(url: str) -> None:
    """Bring about what the demo begins with, and tell how much of it was new."""
    new = await seed(url)
    all_lines = sum(len(one.lines) for one in CONVERSATIONS)
    logger.info("%d messages are there, %d of them are new", all_lines, new)


async def until_asked_to_stop(doing: Coroutine[Any, Any, None]) -> None:
    """Do it until it ends, or until SIGTERM cancels it."""
    task = asyncio.ensure_future(doing)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, and of the groups in it."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for one in error.exceptions:
        yield from leaves_of(one)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
