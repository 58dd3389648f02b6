"""What the safety net asks PostgreSQL each second."""

from services.chat.selectors.heads import heads_unless_as


def test_heads_are_read_again_as_soon_as_a_transaction_has_raised_them(world, orm):
    room = world.room(*world.people(2))
    with world.transaction() as cursor:
        cursor.execute("update room set last_seq = 7 where id = %s", [room])
        snapshot, before = heads_unless_as([room], snapshot=None)

    _, after = heads_unless_as([room], snapshot=snapshot)

    assert [head.last_seq for head in before or ()] == [0]
    assert [head.last_seq for head in after or ()] == [7]


def test_nothing_is_read_while_nothing_is_written(world, orm):
    room = world.room(*world.people(2))
    snapshot = None

    # The processes write now and then, too: two looks have to come between.
    for _ in range(100):
        snapshot, heads = heads_unless_as([room], snapshot=snapshot)
        if heads is None:
            break

    assert heads is None
