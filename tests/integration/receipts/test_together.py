"""Everybody who writes of a room, at once: nobody waits in a circle, and nothing is lost or twice."""

import asyncio
import contextlib
import random
import time

import psycopg2
import pytest

from libs.common.clock import SystemClock
from libs.common.postgres import Connection
from services.receipts.actions.fold import Folder, Membership, News, Own
from services.receipts.actions.lag.judge import SETUP as JUDGE_SETUP
from services.receipts.actions.lag.judging import judge
from services.receipts.domain.watermarks import Claim
from services.receipts.outbox.left_over import publish_some
from tests.integration.receipts.chats_streams import new_ids
from tests.integration.receipts.invariants import faults_of
from tests.integration.waiting import WITHIN_S

HAMMER_S = 3.0
TIMEOUTS = 3
"""That a slow machine may cause; circles cause many more."""
SEED = 7
TOP = 400
CROWD = 1024


class Crowd:
    """Some rooms with the same people, several writers, and what they did."""

    def __init__(self, database, rooms, users):
        self.database = database
        self.rooms = sorted(new_ids(rooms))
        self.users = new_ids(users)
        self.claimed = {}
        self.told = {}
        self.rows_told = set()
        self.errors = []
        self.timeouts = 0
        self.until_s = time.monotonic() + HAMMER_S
        self._dice = random.Random(SEED)  # noqa: S311 - to be repeated
        self._folders = []

    def folder(self):
        published = []

        def advanced(row, advances):
            published.append(row)
            self.hear(advances)

        def take():
            taken = published[:]
            published.clear()
            return taken

        folder = Folder(
            dsn=self.database.url,
            clock=SystemClock(),
            on_advanced=advanced,
            take_published=take,
            put_back_published=published.extend,
        )
        self._folders.append(folder)
        return folder

    def hear(self, advances):
        for each in advances:
            marks = (each.delivered_seq, each.read_seq, each.shown_read_seq)
            before = self.told.get((each.room, each.user), (0, 0, 0))
            self.told[each.room, each.user] = tuple(map(max, before, marks))

    def close(self):
        for folder in self._folders:
            folder.close()

    async def again(self, step):
        """Repeat something until time is up; who could not have a lock tries again, as the loop does."""
        while time.monotonic() < self.until_s:
            try:
                await step()
            except psycopg2.errors.LockNotAvailable:
                self.timeouts += 1
            except Exception as error:  # noqa: BLE001 - all are reported
                self.errors.append(error)
                return

    def claiming(self, folder):
        async def step():
            claims = []
            for _ in range(40):
                pair = self._dice.choice(self.rooms), self._dice.choice(self.users)
                delivered, read = sorted(
                    (self._dice.randint(1, TOP) for _ in range(2)), reverse=True
                )
                claim = Claim(delivered_seq=delivered, read_seq=read, shown_read_seq=read, at_ms=1)
                claims.append((pair, claim))
            author = self._dice.choice(self.users)
            own = {(room, author): Own(seqs=[TOP + 10]) for room in self.rooms}
            await folder.fold(News(claims=claims, own=own))
            for pair, claim in claims:
                before = self.claimed.get(pair, (0, 0))
                self.claimed[pair] = (
                    max(before[0], claim.delivered_seq),
                    max(before[1], claim.read_seq),
                )

        return step

    def changing(self, folder):
        versions = iter(range(1, 10**6))

        async def step():
            version = next(versions)
            present = self._dice.sample(self.users, len(self.users) // 2)
            await folder.set_members(
                [
                    Membership(
                        room=room,
                        version=version,
                        open_history=False,
                        joined_seqs=dict.fromkeys(present, version % 3),
                    )
                    for room in self._dice.sample(self.rooms, len(self.rooms))
                ]
            )

        return step

    def judging(self, connection):
        async def step():
            moved = await connection.run(
                "select room_id::text, user_id::text from laggard where moved",
                (),
                timeout_s=WITHIN_S,
            )
            heads = await connection.run("select id::text, head from room", (), timeout_s=WITHIN_S)
            await judge(connection, dict(heads), moved)

        return step

    def relaying(self, threads):
        async def step():
            await threads.run(publish_some, lambda news: None, partitions=1)

        return step


@pytest.fixture
def crowd(database, request):
    crowd = Crowd(database, *request.param)
    yield crowd
    crowd.close()


def deadlocks(database):
    database.rows("select pg_stat_force_next_flush()")
    return database.rows(
        "select deadlocks from pg_stat_database where datname = current_database()"
    )


@pytest.mark.timeout(180)
@pytest.mark.parametrize("crowd", [(3, 40), (1, CROWD)], indirect=True, ids=["rooms", "one crowd"])
async def test_nobody_waits_in_a_circle_and_nothing_is_lost(crowd, database, threads):
    before = deadlocks(database)
    connection = await Connection.open(database.url, setup=JUDGE_SETUP, timeout_s=WITHIN_S)
    with contextlib.closing(connection):
        await asyncio.gather(
            crowd.again(crowd.claiming(crowd.folder())),
            crowd.again(crowd.claiming(crowd.folder())),
            crowd.again(crowd.changing(crowd.folder())),
            crowd.again(crowd.judging(connection)),
            crowd.again(crowd.relaying(threads)),
        )

    assert crowd.errors == []
    # Who waits in a circle gives up before PostgreSQL would call it a deadlock.
    assert crowd.timeouts <= TIMEOUTS
    assert deadlocks(database) == before
    kept = {
        (room, user): marks
        for room, user, *marks in database.rows(
            "select room_id::text, user_id::text, delivered_seq, read_seq, shown_read_seq"
            " from watermark where delivered_seq > 0"
        )
    }
    assert {pair: tuple(marks[:2]) for pair, marks in kept.items()} == crowd.claimed
    assert {pair: tuple(marks) for pair, marks in kept.items()} == crowd.told
    assert faults_of(database.url) == []
