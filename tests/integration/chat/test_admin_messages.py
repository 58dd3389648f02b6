"""``/api/chat/admin/messages/``: staff finds messages, and reads them only where a setting says so."""

import uuid

import pytest

from tests.integration.admin_visit import FORBIDDEN, Visit, visiting
from tests.integration.lonely import lonely_process

SECRET = "a very secret thing"


@pytest.fixture
def ann(world):
    return world.person("Ann")


@pytest.fixture
def room(world, ann):
    return written(world, ann, SECRET)


def written(world, author, *contents):
    """Make a room of some messages."""
    room = world.room(author)
    for seq, content in enumerate(contents, start=1):
        world.rows(
            "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
            " values (%s, %s, %s, gen_random_uuid(), %s, now())",
            *(room, seq, author.id, content),
        )
    world.rows("update room set last_seq = %s where id = %s", len(contents), room)
    return room


def reading(world, **more):
    """Run a process of chat whose staff may read."""
    more = {"STAFF_READS_MESSAGES": "true", **more}
    return lonely_process(world, "chat", database_url=world.database_url, **more)


async def test_messages_are_found_by_room_sender_and_client_id(world, staff, ann, room):
    ((client_id,),) = world.rows("select client_id::text from message where room_id = %s", room)

    by_room = await staff.shown(f"messages/?room={room}")
    by_sender = await staff.shown(f"messages/?sender={ann.username}")
    by_id = await staff.shown(f"messages/?room={room}&client_id={client_id}")
    by_another = await staff.shown(f"messages/?room={room}&client_id={uuid.uuid4()}")

    assert all(f"{room}.1" in text for text in (by_room, by_sender, by_id))
    assert f'href="/api/chat/rooms/{room}/messages/1/trace"' in by_room
    assert f"{room}.1" not in by_another


async def test_what_they_say_is_not_shown_nor_searched_in(world, staff, room):
    shown = await staff.shown(f"messages/?room={room}&text=nothing+of+it")

    assert f"{room}.1" in shown
    assert SECRET not in shown
    assert 'name="text"' not in shown
    assert world.rows("select 1 from audit_entry where room_id = %s", room) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("client_id=018f0000-0000-7000-8000-000000000000", "Name a room or a sender"),
        ("sender=nobody-of-that-name", "There is nobody of that name"),
        ("room=x", "Enter a valid UUID"),
        ("room=018f0000-0000-7000-8000-000000000000&until=x", "Enter a valid date/time"),
        ("sender=%00", "Null characters are not allowed"),
    ],
)
async def test_what_cannot_be_searched_for_is_said(staff, query, words):
    assert words in await staff.shown(f"messages/?{query}")


async def test_where_staff_may_read_it_finds_by_words_and_that_is_noted(world, chief, ann):
    room = written(world, ann, SECRET, "nothing much")
    with reading(world) as url:
        async with visiting(world, "chat", chief, url=url) as http:
            found = await Visit(http).shown(f"messages/?room={room}&text=VERY+secret")
            nothing = await Visit(http).shown(f"messages/?room={room}&text=100%25")

    assert SECRET in found
    assert "nothing much" not in found
    assert "<h2>0 found" in nothing
    noted = "select action, actor_id::text, details from audit_entry where room_id = %s"
    assert world.rows(noted, room) == [("messages_read", chief.id, {})]


async def test_what_is_shown_cannot_be_a_script(world, chief, ann):
    room = written(world, ann, "<script>x</script>")
    with reading(world) as url:
        async with visiting(world, "chat", chief, url=url) as http:
            found = await Visit(http).shown(f"messages/?room={room}")

    assert "&lt;script&gt;x&lt;/script&gt;" in found
    assert "<script>x" not in found


async def test_whoever_is_not_staff_is_told_so(world, ann):
    async with visiting(world, "chat", ann) as http:
        refused = await http.get("messages/")

    assert refused.status_code == FORBIDDEN
