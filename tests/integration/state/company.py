"""Who comes and goes, and who types."""

import asyncio

from tests.integration.chat.signing_in import manage
from tests.integration.chat.world import Person
from tests.integration.state.stage import Stage
from tests.integration.waiting import until


async def somebody_comes(s: Stage) -> None:
    eve = await s.acquaintance()
    await s.come(eve)
    await until_seen(s, eve, "online")


async def somebody_comes_and_goes(s: Stage) -> None:
    await was_here(s, await s.acquaintance())


async def somebody_is_away_and_back(s: Stage) -> None:
    eve = await s.acquaintance()
    chat = await s.come(eve)
    chat.activity("away")
    await until_seen(s, eve, "away")
    if s.choice.random() < 1 / 2:
        chat.activity("active")


async def somebody_shows_when_they_were_there(s: Stage) -> None:
    await was_here(s, s.bob)
    await s.bobs.api.change_me(last_seen="nobody")
    await until(lambda: s.witness.chat.presence(s.bob.id).last_seen is None, what="a secret")
    await s.bobs.api.change_me(last_seen="contacts")
    await s.bobs.api.create_room("direct", [s.me.id])


async def one_hides_when_one_was_there(s: Stage) -> None:
    await was_here(s, s.bob)
    await s.mine.api.change_me(last_seen="nobody")


async def was_here(s: Stage, person: Person) -> None:
    """Let somebody come and go, and be seen to."""
    async with s.visit(person):
        await until_seen(s, person, "online")
    await until_seen(s, person, "offline")


async def until_seen(s: Stage, person: Person, status: str) -> None:
    """Wait until I see that somebody is so."""
    await until(lambda: s.witness.chat.presence(person.id).status == status, what=status)


async def the_other_one_of_two_is_deactivated(s: Stage) -> None:
    eve = await s.acquaintance()
    await s.come(eve)
    await until_seen(s, eve, "online")
    done = await asyncio.to_thread(manage, s.world, "deactivate", eve.username)
    assert done.returncode == 0, done.stderr
    await until_seen(s, eve, "offline")


async def an_acquaintance_becomes_a_stranger(s: Stage) -> None:
    room = (await s.bobs.api.create_room("group", [s.me.id, s.world.person().id], name="Short")).id
    eve = s.world.person("Eve")
    await s.bobs.api.add_members(room, [eve.id])
    async with s.visit(eve):
        await until_seen(s, eve, "online")
        await s.bobs.api.remove_member(room, eve.id)


async def one_becomes_a_stranger_to_all(s: Stage) -> None:
    eve = s.world.person("Eve")
    room = (await s.bobs.api.create_room("group", [s.me.id, eve.id], name="Short")).id
    async with s.visit(eve):
        await until_seen(s, eve, "online")
        await s.mine.api.remove_member(room, s.me.id)


async def somebody_types(s: Stage) -> None:
    chat = await s.come(s.ann)
    await s.goes_on(lambda: chat.type(s.direct))
    await until_typing(s)


async def somebody_stops_typing(s: Stage) -> None:
    async with s.visit(s.ann) as chat:
        await until_seen(s, s.ann, "online")  # who comes and goes at once is not told of at all
        chat.type(s.direct)
        await until_typing(s)


async def somebody_sends_what_they_typed(s: Stage) -> None:
    async with s.visit(s.ann) as chat:
        await until_seen(s, s.ann, "online")  # who comes and goes at once is not told of at all
        chat.type(s.direct)
        await until_typing(s)
        await chat.send(s.direct, "that was it")


async def until_typing(s: Stage) -> None:
    """Wait until I see somebody type."""
    await until(lambda: s.witness.chat.typists(s.direct), what="somebody to type")


async def one_types_here(s: Stage) -> None:
    s.device.chat.type(s.direct)
    await s.device.chat.send(s.direct, "typed")


EVENTS = (
    somebody_comes,
    somebody_comes_and_goes,
    somebody_is_away_and_back,
    somebody_shows_when_they_were_there,
    one_hides_when_one_was_there,
    the_other_one_of_two_is_deactivated,
    an_acquaintance_becomes_a_stranger,
    one_becomes_a_stranger_to_all,
    somebody_types,
    somebody_stops_typing,
    somebody_sends_what_they_typed,
    one_types_here,
)
