"""From ``watermarks.advanced`` on the stream to ``status`` frames on the sockets."""


async def test_an_advance_is_told_to_the_others_and_not_to_its_session(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    world.fill(room, alice, 9)

    async with world.clients([alice, bob]) as [ann, ben]:
        world.advance(room, bob, 5, 4, session=ben.welcome["session"])
        told = await ann.until_marks(room, bob.id, delivered=5, read=4)
        world.advance(room, alice, 9, 9)
        await ben.until_marks(room, alice.id, read=9)

    assert told == (5, 4)
    assert ben.marks(room, bob.id) == (5, 4)
    assert len(ben.statuses(room)) == 1
