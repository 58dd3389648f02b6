"""Batches of any size are folded in transactions that end in time, and each leaves what is right."""

import uuid
from contextlib import closing

import psycopg2

from services.receipts.actions.fold import ITEMS_PER_CALL, SETUP, News, Own
from services.receipts.domain.watermarks import Claim
from tests.integration.receipts.invariants import faults_of

ROOM, ANN, BOB = (str(uuid.uuid4()) for _ in range(3))
MANY = 15 * ITEMS_PER_CALL
PASS = "select past_own_seqs(%s, %s, 0, false)"
PAGES = 50
"""Of the table and its index; all of them are some hundred."""


def claim(seq, *, second=0):
    return Claim(delivered_seq=seq, read_seq=seq, shown_read_seq=seq, at_ms=1 + second * 1000)


def marks(database, user):
    return database.rows(
        "select delivered_seq, read_seq, shown_read_seq from watermark where user_id = %s", user
    )


async def test_very_many_claims_of_one_member_are_several_transactions(database):
    claims = [((ROOM, ANN), claim(seq, second=seq)) for seq in range(1, MANY + 1)]

    await database.folder.fold(News(claims=claims))

    assert marks(database, ANN) == [(MANY,) * 3]
    assert database.rows("select count(*) from outbox") == [(MANY // ITEMS_PER_CALL,)]
    assert database.rows("select count(*), count(distinct claimed_at) from advance") == [
        (MANY, MANY)
    ]
    assert faults_of(database.url) == []


async def test_a_crowd_with_some_claims_each_is_several_transactions(database):
    users = [str(uuid.uuid4()) for _ in range(ITEMS_PER_CALL)]
    claims = [((ROOM, user), claim(seq, second=seq)) for user in users for seq in (1, 2, 3)]

    await database.folder.fold(News(claims=claims))

    assert database.rows("select distinct delivered_seq from watermark") == [(3,)]
    ((rows, most),) = database.rows("select count(*), max(cardinality(users)) from outbox")
    assert rows >= 4
    assert most <= ITEMS_PER_CALL / 4
    assert database.rows("select sum(cardinality(users)) from outbox") == [(len(users),)]


async def test_own_messages_are_passed_however_many_wait(database):
    await database.folder.fold(News(own={(ROOM, ANN): Own(seqs=list(range(10, 10 + MANY)))}))
    assert marks(database, ANN) == [(0, 0, 0)]

    await database.folder.fold(News(claims=[((ROOM, ANN), claim(9))]))

    assert marks(database, ANN) == [(9 + MANY,) * 3]
    assert database.rows("select count(*) from own_seq") == [(0,)]
    assert faults_of(database.url) == []


async def test_of_own_messages_that_wait_no_more_are_looked_at_than_are_passed(database):
    """Somebody who writes and never reads, as a machine does, has ever more of them."""
    await database.folder.fold(News(own={(ROOM, ANN): Own(seqs=list(range(10, 10 + MANY)))}))

    with closing(psycopg2.connect(database.url)) as connection, connection.cursor() as cursor:
        cursor.execute(SETUP)
        cursor.execute(PASS, [ROOM, ANN])  # its plan is made, which looks at other tables
        cursor.execute(f"explain (analyze, buffers, format json) {PASS}", [ROOM, ANN])
        (((explained,),),) = cursor.fetchall()

    assert explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"] < PAGES
