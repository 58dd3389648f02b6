"""Mutants: the product with one mistake, such as others have made, and who must notice it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

FAULTS = "tests.faults.chaos"
"""A mutant is shown to the rig, with some faults …"""
PYTEST = "pytest"
"""… or to one of the tests, where they look for just this."""


class Edit(NamedTuple):
    """One change of a file; what is changed stands there exactly once."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One mistake.

    Attributes:
        name: what is wrong with it.
        edits: make it.
        faults: names of those under which it shows; they are repeated.
        tests: run instead, where there are no faults.
        complaint: a pattern that is found in what is said then, and without the mistake is not.
    """

    name: str
    edits: Sequence[Edit]
    complaint: str
    faults: Sequence[str] = ()
    tests: Sequence[str] = ()


SEND = "services/chat/migrations/send_messages.sql"
INITIAL = "services/chat/migrations/0001_initial.py"

MUTANTS = (
    Mutant(
        name="a message is acknowledged before it is committed",
        edits=[
            Edit(
                "services/chat/writer/batch.py",
                '"select bases, versions,',
                '"begin; select bases, versions,',
            ),
            Edit(
                "services/chat/writer/committer.py",
                "                self._line.settle(waiting, result)\n\n    async def _call(",
                "                self._line.settle(waiting, result)\n"
                "        await asyncio.sleep(0.05)\n"
                '        await lane._link.run("commit", ())\n\n'
                "    async def _call(",
            ),
            Edit(
                "services/chat/writer/committer.py",
                "from collections.abc import Callable, Sequence\n",
                "import asyncio\nfrom collections.abc import Callable, Sequence\n",
            ),
        ],
        faults=["chat: a process is killed", "PostgreSQL: all backends terminated"],
        complaint="acknowledged and lost",
    ),
    Mutant(
        name="a commit is not waited for until it is on disk",
        edits=[
            Edit(
                "services/chat/writer/lane.py",
                "set synchronous_commit = on;",
                "set synchronous_commit = off;",
            )
        ],
        # What another service commits in that moment takes the message to the disk with it.
        faults=["PostgreSQL: stopped at once, and started again", "PostgreSQL: killed"],
        complaint="acknowledged and lost",
    ),
    Mutant(
        name="seqs come from a sequence and not from the room's row",
        edits=[
            Edit(
                SEND,
                "    update room r\n",
                "    create sequence if not exists mutant_seq increment 100;\n"
                "    bases := (select array_agg(case when b is not null then nextval('mutant_seq') end"
                " order by i) from unnest(bases) with ordinality t (b, i));\n"
                "    update room r\n",
            ),
            Edit(SEND, "set last_seq = r.last_seq + c.n,", "set last_seq = bases[c.ri] + c.n,"),
        ],
        faults=["the answer to a commit is lost"],
        complaint="has head",
    ),
    Mutant(
        name="what was sent before is stored again",
        edits=[
            Edit(
                SEND,
                "left join message d on d.room_id",
                "left join message d on false and d.room_id",
            ),
            Edit(
                INITIAL,
                "fields=('room', 'sender', 'client_id'), name='message_once'",
                "fields=('room', 'seq', 'client_id'), name='message_once'",
            ),
        ],
        faults=["the answer to a commit is lost", "PostgreSQL: all backends terminated"],
        complaint="stored 2 times",
    ),
    Mutant(
        name="an entry is acknowledged before it is handled",
        edits=[
            Edit(
                "libs/common/streams/group.py",
                "        result = await handle_bisecting(",
                "        await self._acknowledge([entry.id for entry in (*alive, *lost)], fresh=fresh)\n"
                "        result = await handle_bisecting(",
            )
        ],
        tests=["tests/integration/libs/test_chaos.py", "tests/integration/libs/test_group.py"],
        complaint="FAILED tests/integration/libs",
    ),
    Mutant(
        name="a socket that is not read may have any amount of text waiting",
        edits=[
            Edit(
                "services/chat/hub/outbound.py",
                "QUEUE_BYTES = 1024 * 1024",
                "QUEUE_BYTES = 1024 * 1024 * 1024",
            ),
            Edit(
                "services/chat/hub/outbound.py", "STALLED_AFTER_S = 10.0", "STALLED_AFTER_S = 1e9"
            ),
        ],
        tests=["tests/faults/test_stalled_reader.py"],
        complaint="FAILED tests/faults/test_stalled_reader.py",
    ),
    Mutant(
        name="frames go out as they come, in whatever order",
        edits=[
            Edit(
                "services/chat/domain/ordering.py",
                "return None if self.next is None else self._held.get(self.next)",
                "return None if self.next is None else self._held.get(min(self._held, default=0))",
            )
        ],
        faults=[
            "streams: the newest entries come again, in another order",
            "Redis: wiped",
            "the answer to a publication is lost",
            "chat: a process hangs",
        ],
        complaint=r"session \S+ of \S+ got \d+ of \S+, not \d+",
    ),
    Mutant(
        name="whether somebody is a member is not asked under the lock",
        edits=[Edit(SEND, "when m.user_id is null then 3", "when false then 3")],
        faults=[
            "Redis: hung",
            "a service's way to Redis: nothing gets through, and later all does",
        ],
        complaint="was no member and wrote",
    ),
    Mutant(
        name="who was removed gets what is written after that",
        edits=[
            Edit(
                "services/chat/hub/seating.py",
                "seat.until = 0 if span is None else (span.left_seq or 0)",
                "seat.until = None",
            )
        ],
        faults=["Redis: hung", "chat: a process hangs"],
        complaint="was no member and got",
    ),
    Mutant(
        name="a claim may be beyond the room's head",
        edits=[
            Edit(
                "services/chat/hub/statuses.py",
                "beyond.claims.clamped(last_seq).receipts",
                "beyond.claims.receipts",
            )
        ],
        faults=["receipts: killed"],
        complaint="beyond the head",
    ),
    Mutant(
        name="sessions of a process are given up too soon",
        edits=[
            Edit("services/presence/store/sessions.py", "LEASE_MS = 30_000", "LEASE_MS = 3_000"),
            Edit("services/presence/store/sessions.py", "GRACE_MS = 5_000", "GRACE_MS = 500"),
        ],
        faults=["chat: a process hangs", "Redis: hung"],
        complaint="said to be gone",
    ),
    Mutant(
        name="nobody compares what was delivered with what is stored",
        edits=[
            Edit(
                "services/chat/hub/safety_net.py",
                "                await self.compare()\n",
                "                await asyncio.sleep(0)\n",
            )
        ],
        tests=["tests/faults/test_redis.py"],
        complaint="FAILED tests/faults/test_redis.py",
    ),
    Mutant(
        name="what was committed and not published is left to itself",
        edits=[
            Edit(
                "services/chat/outbox/left_over.py",
                "return rows.filter(~Q(event=MESSAGE_CREATED) | old)",
                "return rows.filter(~Q(event=MESSAGE_CREATED))",
            ),
            Edit(
                "services/chat/outbox/left_over.py",
                "    old = Q(created_at__lt=Now() - LEFT_OVER_AFTER)\n",
                "",
            ),
        ],
        faults=["chat dies between commit and publish"],
        complaint=r"left over: \d+ outbox rows of chat",
    ),
)
