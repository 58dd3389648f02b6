"""What happens to rooms, to the people in them, and to what those are called."""

import asyncio

from tests.integration.state.stage import Stage
from tests.integration.waiting import until
from tests.pictures import painted, written


async def somebody_opens_a_direct_room(s: Stage) -> None:
    await s.bobs.api.create_room("direct", [s.me.id])


async def somebody_opens_a_group(s: Stage) -> None:
    await s.new_group()


async def one_opens_a_group_here(s: Stage) -> None:
    await s.device.chat.group_room("Mine", [s.ann.username])


async def one_opens_a_group_elsewhere(s: Stage) -> None:
    await s.mine.api.create_room("group", [s.bob.id], name="Mine")


async def a_group_is_renamed(s: Stage) -> None:
    await s.anns.api.change_room(await s.group(), name=f"Trip {s.choice.random()}")


async def a_group_is_renamed_again_and_again(s: Stage) -> None:
    room = await s.group()
    for number in range(5):
        await s.anns.api.change_room(room, name=f"Trip {number}")
        await s.say(s.bobs, room)


async def a_history_is_opened(s: Stage) -> None:
    room = await s.group()
    await s.anns.api.change_room(room, open_history=s.choice.random() < 2 / 3)


async def one_gets_another_role(s: Stage) -> None:
    role = s.choice.choice(["admin", "member"])
    await s.anns.api.set_role(await s.group(), s.me.id, role)


async def a_group_is_handed_over(s: Stage) -> None:
    room = await s.group()
    await s.anns.api.set_role(room, s.me.id, "owner")
    await s.mine.api.set_role(room, s.ann.id, "owner")


async def somebody_joins(s: Stage) -> None:
    room, new = await s.group(), s.world.person("Eve")
    await s.say(s.anns, room)
    await s.anns.api.add_members(room, [new.id])


async def somebody_is_removed(s: Stage) -> None:
    room = await s.group()
    await s.say(s.bobs, room)
    await s.anns.api.remove_member(room, s.bob.id)
    await s.say(s.anns, room)
    await s.anns.api.add_members(room, [s.bob.id])


async def one_is_removed(s: Stage) -> None:
    room = await s.group()
    await s.say(s.bobs, room)
    s.groups.remove(room)
    await s.anns.api.remove_member(room, s.me.id)
    await s.say(s.bobs, room)


async def one_leaves_here(s: Stage) -> None:
    room = await s.group()
    s.groups.remove(room)
    await s.device.chat.leave(room)


async def one_leaves_elsewhere(s: Stage) -> None:
    room = await s.group()
    s.groups.remove(room)
    await s.mine.api.remove_member(room, s.me.id)


async def one_leaves_and_joins_again(s: Stage) -> None:
    room, device = await s.group(), s.witness
    await s.say(s.anns, room, "before")
    await s.mine.api.remove_member(room, s.me.id)
    await until(lambda: room not in device.chat.rooms or not device.has_network, what="the end")
    await s.say(s.anns, room, "without me")
    await s.anns.api.add_members(room, [s.me.id])
    await s.say(s.anns, room, "again")
    await s.until_known(room)


async def everybody_else_leaves(s: Stage) -> None:
    room = (await s.mine.api.create_room("group", [s.bob.id], name="The two of us")).id
    seq = await s.say(s.mine, room)
    await s.bobs.api.report_receipts(room, read_seq=seq)
    await s.bobs.api.remove_member(room, s.bob.id)


async def who_is_furthest_behind_leaves(s: Stage) -> None:
    people = [s.me.id, s.bob.id, s.world.person("Eve").id]
    room = (await s.anns.api.create_room("group", people, name="Behind")).id
    seq = await s.say(s.mine, room)
    await s.anns.api.report_receipts(room, read_seq=seq)
    await s.bobs.api.report_receipts(room, read_seq=seq)
    await s.anns.api.remove_member(room, people[-1])


async def much_happens_to_a_group_at_once(s: Stage) -> None:
    room, (one, other) = await s.group(), s.world.people(2)
    api = s.anns.api
    await asyncio.gather(
        api.add_members(room, [one.id]),
        api.change_room(room, name="All at once"),
        api.add_members(room, [other.id]),
        api.set_role(room, s.me.id, "admin"),
        s.say(s.mine, room),
        s.say(s.bobs, room),
    )
    await api.remove_member(room, one.id)


async def somebody_is_called_otherwise(s: Stage) -> None:
    await s.anns.api.change_me(display_name=f"Ann {s.choice.random()}")


async def one_is_called_otherwise(s: Stage) -> None:
    await s.mine.api.change_me(display_name="Me, Myself")


async def somebody_shows_another_picture(s: Stage) -> None:
    color = tuple(s.choice.randrange(256) for _ in "rgb")
    await s.anns.api.show_picture(written(painted(color)))


async def somebody_shows_no_picture(s: Stage) -> None:
    await s.anns.api.hide_picture()


EVENTS = (
    somebody_opens_a_direct_room,
    somebody_opens_a_group,
    one_opens_a_group_here,
    one_opens_a_group_elsewhere,
    a_group_is_renamed,
    a_group_is_renamed_again_and_again,
    a_history_is_opened,
    one_gets_another_role,
    a_group_is_handed_over,
    somebody_joins,
    somebody_is_removed,
    one_is_removed,
    one_leaves_here,
    one_leaves_elsewhere,
    one_leaves_and_joins_again,
    everybody_else_leaves,
    who_is_furthest_behind_leaves,
    much_happens_to_a_group_at_once,
    somebody_is_called_otherwise,
    one_is_called_otherwise,
    somebody_shows_another_picture,
    somebody_shows_no_picture,
)
