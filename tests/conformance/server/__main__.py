"""``python -m tests.conformance.server --client "node adapter.mjs"``: does a client do its part?

Plays a server to it, often a bad one, and judges what it does.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.conformance.reading import Behaviour, chosen
from tests.conformance.running import play_all, say
from tests.conformance.server.running import AT_ONCE, WITHIN_S, play, scenarios


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.server", description=__doc__)
    parser.add_argument("--client", metavar="COMMAND", help="that starts the client's adapter")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="how many clients")
    parser.add_argument("--within", type=float, default=WITHIN_S, help="seconds for each step")
    options = parser.parse_args(arguments)
    wanted = chosen(scenarios(), options.only)
    if options.list:
        say("\n".join(map(str, wanted)))
        return 0
    if options.client is None:
        parser.error("--client says how to start the client")
    return asyncio.run(look_at(wanted, options))


async def look_at(wanted: Sequence[Behaviour], options: argparse.Namespace) -> int:
    """Play the scenarios to clients; return 1 if one does not do its part."""
    some = asyncio.Semaphore(options.at_once)

    async def one(scenario: Behaviour) -> None:
        async with some:
            await play(scenario, options.client, within_s=options.within)

    return await play_all(one, wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
