import pytest

from libs.common.errors import Unavailable
from libs.common.events import Advance, UserRevoked, WatermarksAdvanced
from libs.common.streams.entries import Entry, StreamId
from services.chat.subscribers.projection import FOLD_AT_ONCE, projecting


class FakeDatabase:
    """Runs what it is given at once, as the thread of a pool would."""

    async def run(self, function, *arguments):
        return function(*arguments)


def advances(count):
    return [Advance(f"room {n}", "ann", n, n, n, at_ms=0) for n in range(count)]


def entry(*events):
    return Entry(StreamId(1), events)


async def test_all_advances_of_a_batch_are_folded_together():
    folded = []
    first, second, third = advances(3)

    await projecting(lambda part: folded.append(list(part)) or 0, FakeDatabase())(
        [
            entry(WatermarksAdvanced(advances=[first, second])),
            entry(UserRevoked(user="bob"), WatermarksAdvanced(advances=[third])),
        ]
    )

    assert folded == [[first, second, third]]


async def test_a_batch_of_very_many_advances_takes_several_transactions():
    folded = []
    many = advances(2 * FOLD_AT_ONCE + 1)

    await projecting(lambda part: folded.append(list(part)) or 0, FakeDatabase())(
        [entry(WatermarksAdvanced(advances=many))]
    )

    assert [len(part) for part in folded] == [FOLD_AT_ONCE, FOLD_AT_ONCE, 1]
    assert [advance for part in folded for advance in part] == many


async def test_a_batch_is_not_done_while_the_database_is_away():
    def fold(_):
        raise Unavailable(retry_after_s=1)

    with pytest.raises(Unavailable):
        await projecting(fold, FakeDatabase())([entry(WatermarksAdvanced(advances=advances(1)))])
