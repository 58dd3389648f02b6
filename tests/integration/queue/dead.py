"""Dead letters, in rooms that queue knows, as three refusals leave them."""

from tests.integration.chat.world import Person, World
from tests.integration.waiting import until


async def known_room(world: World, *members: Person) -> str:
    """Return a new room of which queue knows that these people are in it."""
    room = world.room(*members)
    world.tell(room)
    sql = "select count(*) from member where room_id = %s"
    await until(lambda: world.rows_of("queue", sql, room) == [(len(members),)], what="the members")
    return room


def dead_letter(world: World, sender: Person, room: str, content: str = "refused") -> int:
    """Write a message that was given up, as three refusals leave it; return its number."""
    ((number,),) = world.rows_of(
        "queue",
        "insert into queued_message (queue_type, room_id, sender_id, client_id, content,"
        " created_at, attempts, retry_count, is_processed, finished_at, ending, last_error)"
        " values ('retry', %s, %s, gen_random_uuid(), %s, now(), 3, 3, true, now(), 'failed',"
        " 'permission_denied: No member.') returning id",
        *(room, sender.id, content),
    )
    return int(number)


def ending_of(world: World, number: int) -> str:
    """Return how a queued message ended, so far."""
    ((ending,),) = world.rows_of("queue", "select ending from queued_message where id = %s", number)
    return str(ending)
