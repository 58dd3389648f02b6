"""``python -m benchmarks.page``: how soon the page draws, and what a long conversation costs it.

It needs Chromium. Latencies are by the page's own clock: from the key, or from the server's text, to
when the frame was out that shows the message. A long conversation is written straight into the tables,
so it is measured on a suite of its own only; ``--url`` measures latencies elsewhere.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import stacks
from benchmarks.growth.filling import tables_of
from benchmarks.measure.stores import stores_of
from benchmarks.page import lasting, latency, listing, loading, scrolling
from benchmarks.page.people import Reader, Writer
from benchmarks.page.tables import HEAD
from benchmarks.report import titled
from dev import chromium
from dev.harness import RunningSuite, wait_until

KNOWN_WITHIN_S = 120.0


def read(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--url", help="of a deployment; else a suite is started for it")
    parser.add_argument(
        "--messages", type=int, default=400, help="whose latency counts (default: 400)"
    )
    parser.add_argument(
        "--rows", type=int, default=10_000, help="of the long conversation (default: 10000)"
    )
    parser.add_argument("--rooms", type=int, default=1_000, help="of the long list (default: 1000)")
    parser.add_argument(
        "--traffic",
        type=int,
        default=3_600,
        help="messages that come while the heap is watched: one a second for an hour (default: 3600)",
    )
    return parser.parse_args(argv)


def latencies(browser: Browser, url: str, *, messages: int) -> str:
    """Measure in a conversation that has just begun; return a table."""
    with closing(Writer(url)) as writer:
        reader = Reader(browser, url)
        room = writer.room_with(reader.user)
        took = latency.measure(reader.open(room), writer, room, messages=messages)
        reader.context.close()
    return titled("a new conversation, ms", [HEAD, *latency.rows(took)])


def long_conversation(browser: Browser, suite: RunningSuite, *, rows: int, messages: int) -> str:
    """Measure in a conversation that is long, and all of it in the page; return tables.

    There is no other room, because all rooms are filled.
    """
    url = suite.state.gateway_url
    with closing(Writer(url)) as writer:
        reader = Reader(browser, url)
        room = writer.room_with(reader.user)
        with stores_of(suite.state) as stores:
            wait_until(stores.are_rooms_known, within_s=KNOWN_WITHIN_S, what="the room to be known")
        with tables_of(suite.state) as tables:
            tables.add_messages(rows)
        page = reader.open(room)
        scrolled = scrolling.scroll(browser, page)
        page.get_by_test_id("messages").evaluate("box => { box.scrollTop = box.scrollHeight; }")
        took = latency.measure(page, writer, room, messages=messages)
        reader.context.close()
    name = f"a conversation of {rows}"
    return "\n\n".join(
        [
            titled(name, scrolling.size_rows(scrolled)),
            titled(f"{name}: each frame of scrolling, ms", [HEAD, *scrolling.cost_rows(scrolled)]),
            titled(f"{name}: at its end, ms", [HEAD, *latency.rows(took)]),
        ]
    )


def visits(browser: Browser, url: str) -> str:
    """Visit the page twice, as a phone; return a table."""
    rows = loading.rows(*loading.visit(browser, url))
    return titled("a visit, on a slow phone", [loading.HEAD, *rows])


def long_list(browser: Browser, suite: RunningSuite, *, rooms: int, messages: int) -> str:
    """Measure with many rooms in the list; return tables. There is nobody else, and no other room."""
    url = suite.state.gateway_url
    with closing(Writer(url)) as writer:
        reader = Reader(browser, url)
        room = writer.room_with(reader.user)
        with tables_of(suite.state) as tables:
            tables.add_rooms(rooms)
        page, rows = listing.whole(reader, room, rooms=rooms)
        cells = listing.news(page, writer, room, messages=messages)
        reader.context.close()
    name = f"a list of {rooms}"
    return "\n\n".join(
        [titled(name, rows), titled(f"{name}: frame to painted, ms", [HEAD, ["received", *cells]])]
    )


def traffic(browser: Browser, url: str, *, messages: int) -> str:
    """Let many messages come, to the room that is shown and to one that is not; return a table."""
    with closing(Writer(url)) as writer:
        reader = Reader(browser, url)
        rooms = [writer.room_with(reader.user), writer.group_with(reader.user)]
        page = reader.open(rooms[0])
        found = lasting.last(page, writer, rooms, messages=messages)
        reader.context.close()
    return titled("a page through the hours", [lasting.HEAD, *found])


@contextmanager
def own_suite() -> Iterator[RunningSuite]:
    """Run a suite in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="parley-page-") as folder,
        stacks.parley(Path(folder)) as suite,
    ):
        yield suite


def main() -> int:
    """Measure, and print the tables; return 2 where there is no Chromium."""
    given = read(sys.argv[1:])
    if chromium.PROGRAM is None:
        sys.stderr.write("Chromium is not installed (apt-get install chromium).\n")
        return 2
    if given.url:
        with chromium.running() as browser:
            tables = [latencies(browser, given.url.rstrip("/"), messages=given.messages)]
    else:
        with own_suite() as suite, chromium.running() as browser:
            tables = [
                visits(browser, suite.state.gateway_url),
                long_conversation(browser, suite, rows=given.rows, messages=given.messages),
                latencies(browser, suite.state.gateway_url, messages=given.messages),
                traffic(browser, suite.state.gateway_url, messages=given.traffic),
            ]
        with own_suite() as suite, chromium.running() as browser:
            tables.append(long_list(browser, suite, rooms=given.rooms, messages=given.messages))
    sys.stdout.write("\n\n".join(tables) + "\n")
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
