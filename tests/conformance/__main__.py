"""``python -m tests.conformance --url http://127.0.0.1:8000``: does a server keep to the protocol?

Needs Python 3.11, httpx and websockets, and nothing of Parley's own code: any server will do on
which people may register.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.conformance.people import Server
from tests.conformance.reading import Behaviour, behaviours, chosen
from tests.conformance.running import AT_ONCE, WITHIN_S, Company, play_all, say


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server")
    parser.add_argument("--origin", help="that the server allows, if its address is none")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS")
    parser.add_argument("--list", action="store_true", help="name the behaviours and stop")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="how many conversations")
    parser.add_argument("--within", type=float, default=WITHIN_S, help="seconds for each step")
    options = parser.parse_args(arguments)
    wanted = chosen(behaviours(), options.only)
    if options.list:
        say("\n".join(map(str, wanted)))
        return 0
    return asyncio.run(look_at(wanted, options))


async def look_at(wanted: Sequence[Behaviour], options: argparse.Namespace) -> int:
    """Play the behaviours on a server; return 1 if one is not as it should be."""
    server = Server(options.url, origin=options.origin)
    try:
        company = Company(server, at_once=options.at_once, within_s=options.within)
        return await play_all(company.play, wanted)
    finally:
        await server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
