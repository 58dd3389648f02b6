from typing import Any, cast

import pytest

from libs.common.errors import Unavailable
from libs.common.events import Advance, UserRevoked, WatermarksAdvanced
from libs.common.streams.entries import Entry, StreamId
from services.chat.subscribers.projection import FOLD_AT_ONCE, projecting


class FakeDatabase:
    """Runs what it is given at once, as the thread of a pool would."""

    async def run(self, function, *arguments):
        return function(*arguments)


class Folds:
    """Remembers what was folded, transaction by transaction."""

    def __init__(self):
        self.parts: list[list[Advance]] = []
        self.handle = projecting(self.fold, cast(Any, FakeDatabase()))

    def fold(self, advances):
        self.parts.append(list(advances))
        return len(advances)


def advances(count):
    return [Advance(f"room {n}", "ann", n, n, n, at_ms=0) for n in range(count)]


def entry(*events):
    return Entry(StreamId(1), events)


async def test_all_advances_of_a_batch_are_folded_together():
    folds = Folds()
    first, second, third = advances(3)

    await folds.handle(
        [
            entry(WatermarksAdvanced(advances=[first, second])),
            entry(UserRevoked(user="bob"), WatermarksAdvanced(advances=[third])),
        ]
    )

    assert folds.parts == [[first, second, third]]


async def test_a_batch_of_very_many_advances_takes_several_transactions():
    folds = Folds()
    many = advances(2 * FOLD_AT_ONCE + 1)

    await folds.handle([entry(WatermarksAdvanced(advances=many))])

    assert [len(part) for part in folds.parts] == [FOLD_AT_ONCE, FOLD_AT_ONCE, 1]
    assert [advance for part in folds.parts for advance in part] == many


async def test_a_batch_is_not_done_while_the_database_is_away():
    def fold(_):
        raise Unavailable(retry_after_s=1)

    handle = projecting(fold, cast(Any, FakeDatabase()))

    with pytest.raises(Unavailable):
        await handle([entry(WatermarksAdvanced(advances=advances(1)))])
