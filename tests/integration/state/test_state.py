"""What a client knows is what it knew before and the frames since: it needs no fetching afresh.

After each kind of event a client that was there all along is compared, in every member of its
store, with one that connects now and with what HTTP answers. That the comparison finds what is
missing is shown by clients to which one kind of frame does not come.

Events happen to people of their own, many at the same time, because most of them wait.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import get_args

import pytest

from services.chat.frames.server import AnyServerFrame
from tests.integration.chat.world import World
from tests.integration.state.agreement import agreed
from tests.integration.state.anatomy import differences, picture
from tests.integration.state.device import TO_CHAT, TO_QUEUE, heard_everything
from tests.integration.state.stage import Stage
from tests.integration.state.table import EVENTS, OF_BADGES, STATEFUL, STATELESS, Event, Silence
from tests.integration.waiting import until

pytestmark = pytest.mark.promise(number=4)


@contextlib.asynccontextmanager
async def set_stage(world: World) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        me, ann, bob = (world.person(name) for name in ("Me", "Ann", "Bob"))
        yield await Stage(world, stack).set(me, ann, bob)


async def failures(scenes: Mapping[str, Callable[[], Awaitable[None]]]) -> dict[str, str]:
    """Let scenes happen at the same time; return those that failed, and why."""
    ends = await asyncio.gather(*(scene() for scene in scenes.values()), return_exceptions=True)
    named = zip(scenes, ends, strict=True)
    return {name: f"{type(end).__name__}: {end}" for name, end in named if end is not None}


@pytest.mark.parametrize("kind", EVENTS)
async def test_what_is_known_is_what_was_known_and_the_frames_since(world, kind):
    async def happens(event: Event) -> None:
        async with set_stage(world) as stage:
            device = await stage.connect()
            await event(stage)
            await agreed(device, stage.mine.api)

    failed = await failures({each.__name__: partial(happens, each) for each in EVENTS[kind]})

    assert failed == {}


async def test_a_client_to_which_a_kind_of_frame_does_not_come_is_found_out(world):
    async def is_found_out(kind: str, silence: Silence) -> None:
        async with set_stage(world) as stage:
            stage.witness, deaf = [await stage.device_at(world.chats[0]) for _ in range(2)]
            stage.device = deaf
            for device in (stage.witness, deaf):
                await agreed(device, stage.mine.api)
            deaf.deaf_to, deaf.unreachable = kind, (TO_CHAT, TO_QUEUE)  # and no other way round

            await silence.event(stage)
            afresh = await agreed(stage.witness, stage.mine.api)
            await until(lambda: deaf.withheld, what=kind)
            if deaf.chat.connected:
                await heard_everything(deaf.chat)

            found = differences(picture(deaf.core), afresh)
            assert [where for where in found if silence.missing in where], found

    failed = await failures(
        {kind: partial(is_found_out, kind, silence) for kind, silence in STATEFUL.items()}
    )

    assert failed == {}


def test_of_every_kind_of_frame_it_is_said_whether_it_carries_state():
    kinds = {frame.__struct_config__.tag for frame in get_args(AnyServerFrame)}

    assert {*STATEFUL, OF_BADGES, *STATELESS} == kinds
