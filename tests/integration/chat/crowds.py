"""Rooms with many members, made in one statement."""

from tests.integration.chat.world import World


def crowd(world: World, room: str, count: int) -> None:
    """Put so many new people into a room; nobody is told of it."""
    world.rows(
        "with people as (insert into chat_user (id, username, display_name, password, is_active,"
        " is_staff, is_superuser) select gen_random_uuid(), left(gen_random_uuid()::text, 30), 'P',"
        " '!', true, false, false from generate_series(1, %s) returning id)"
        " insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
        " select %s, id, 'member', 0, 0, 0 from people",
        *(count, room),
    )
