"""What may expire, and what has to: held against what the queue lets expire."""

import datetime as dt
from collections import defaultdict

from tests.properties.offline.chat import Chat
from tests.properties.offline.queue import Queue
from tests.properties.offline.receipts import Pair

EXPIRES_AFTER = dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)


class Expiry:
    """What has expired.

    Attributes:
        reached: up to where nothing is pushed any more, by room and user.
        total: messages, by user.
    """

    def __init__(self, chat: Chat, queue: Queue) -> None:
        self._chat, self._queue = chat, queue
        self.reached: defaultdict[Pair, int] = defaultdict(int)
        self.total: defaultdict[str, int] = defaultdict(int)
        self._marks: list[tuple[dt.datetime, Pair, int]] = []

    def look_after(self, now: dt.datetime) -> None:
        """Let the queue mark heads, expire and sweep; whoever was behind lost only what is old."""
        before = self._queue.behind()
        end = now.replace(minute=0, second=0, microsecond=0) + HOUR
        self._marks += [(end, pair, head) for pair, (_, head) in before.items()]
        self._queue.look_after()
        after = self._queue.behind()
        for pair, (from_seq, head) in before.items():
            self._check(pair, from_seq, after.get(pair, (head, head))[0], now - EXPIRES_AFTER)

    def _check(self, pair: Pair, from_seq: int, reached: int, before: dt.datetime) -> None:
        room, user = pair
        marked = [head for at, whose, head in self._marks if whose == pair and at <= before]
        assert reached >= max(from_seq, *marked, 0)
        passed = range(from_seq + 1, reached + 1)
        assert all(self._chat.written[room, seq] <= before for seq in passed)
        if passed:
            assert from_seq >= self.reached[pair]  # nothing expires twice
            self.reached[pair] = reached
            self.total[user] += len(passed)
