"""More rooms than one ``welcome`` holds: what is beyond is as true, also after an absence."""

from tests.integration.state.test_state import set_stage
from tests.integration.waiting import until

MANY = 140
LONG = "x" * 80


async def test_what_is_known_of_rooms_beyond_the_welcome_stays_true(world):
    async with set_stage(world) as stage:
        left, renamed = await stage.new_group(), await stage.new_group()
        for _ in range(MANY):
            world.room(stage.me, stage.ann, name=LONG)
        device = await stage.connect()
        await until(lambda: left in device.chat.rooms, what="the rooms beyond")
        await device.lose_network()
        await stage.anns.api.remove_member(left, stage.me.id)
        await stage.anns.api.change_room(renamed, name="Beyond")
        await device.find_network()
        await until(lambda: left not in device.chat.rooms, what="the room to be left")

        assert device.chat.welcome.more_rooms
        assert device.chat.rooms[renamed].name == "Beyond"
        assert len(device.chat.rooms) == MANY + 3
