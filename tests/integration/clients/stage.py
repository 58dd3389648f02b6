"""People at terminals, scripts beside them, and what became of it in the databases."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dev.settings import ROOT, environment
from tests.integration.chat.world import Person, World
from tests.integration.clients.terminal import PROGRAM, WITHIN_S, Terminal


@contextmanager
def at_terminals(
    world: World, *people: Person, env: Mapping[str, str] | None = None
) -> Iterator[list[Terminal]]:
    terminals = []
    try:
        for person in people:
            given = {"PARLEY_TOKEN": person.token, **(env or {})}
            terminals.append(Terminal(["--url", world.url], env=given))
        for terminal in terminals:
            terminal.until("Signed in as", "no conversation >")
        yield terminals
    finally:
        for terminal in terminals:
            terminal.close()


def piped(
    world: World, *arguments: str, text: str = "", url: str = "", **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, "--url", url or world.url, *arguments],
        input=text.encode(),
        capture_output=True,
        cwd=ROOT,
        env={**environment(), **env},
        timeout=WITHIN_S,
        check=False,
    )


def contents(world: World, room: str) -> list[str]:
    return [
        row[0]
        for row in world.rows("select content from message where room_id=%s order by seq", room)
    ]


def room_of(world: World, *people: Person) -> str:
    sql = "select room_id from member group by room_id having array_agg(user_id::text) @> %s"
    return str(world.rows(sql, [person.id for person in people])[0][0])


def reported(world: World, room: str, person: Person) -> tuple[int, int]:
    rows = world.receipts_rows(
        "select delivered_seq, read_seq from watermark where room_id=%s and user_id=%s",
        *(room, person.id),
    )
    return rows[0] if rows else (0, 0)
