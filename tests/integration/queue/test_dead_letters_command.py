"""``python -m services.queue dead_letters`` beside a running suite, as operators use it."""

import asyncio
import subprocess

from dev.manage import surroundings_of
from dev.services import service_environment
from dev.settings import ROOT
from tests.integration.own_database import service_named
from tests.integration.queue.dead import dead_letter, ending_of, known_room
from tests.integration.waiting import WITHIN_S, until


async def manage(world, *arguments, **variables):
    """Run a command on the suite's database."""
    queue = service_named("queue")
    around = surroundings_of(world.suite.run_dir, world.suite.state)
    return await asyncio.to_thread(
        subprocess.run,
        queue.command(*arguments),
        cwd=ROOT,
        env=service_environment(queue, around, port=1, internal_port=2) | variables,
        capture_output=True,
        text=True,
        timeout=2 * WITHIN_S,
        check=False,
    )


async def test_dead_letters_are_listed_without_what_they_say_replayed_and_discarded(world):
    ann = world.person()
    room = await known_room(world, ann)
    first, second = (dead_letter(world, ann, room, "private words") for _ in range(2))

    listed = await manage(world, "dead_letters")
    replayed = await manage(world, "dead_letters", "--replay", str(first), "0")
    discarded = await manage(world, "dead_letters", "--discard", str(second))
    await until(lambda: ending_of(world, first) == "sent", what="the message to be sent")

    lines = [line for line in listed.stdout.splitlines() if room in line]
    assert [line.split(":")[0] for line in lines] == [str(first), str(second)]
    assert "private words" not in listed.stdout
    assert "1 of 2 will be sent again" in replayed.stdout
    assert "1 of 1 were discarded" in discarded.stdout
    assert ending_of(world, second) == "discarded"


async def test_a_database_that_is_away_is_told_in_one_line(world):
    away = "postgresql://parley:secret@127.0.0.1:9/parley"

    done = await manage(world, "dead_letters", DATABASE_URL=away)

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The queue is busy, or out of reach")
    assert "secret" not in done.stderr
