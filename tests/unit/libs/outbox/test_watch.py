import asyncio
from typing import Any, cast

import pytest

from libs.common.errors import Unavailable
from libs.common.metrics import REGISTRY
from libs.common.outbox.watch import Waiting, watch_outbox


class FakeDatabase:
    """Answers what it is told to, one after the other, and then nothing for ever."""

    def __init__(self, *answers: Waiting | Exception) -> None:
        self._answers = list(answers)
        self.is_done = asyncio.Event()

    async def run(self, _: object) -> Waiting:
        if not self._answers:
            self.is_done.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def shown() -> tuple[float | None, float | None]:
    return (
        REGISTRY.get_sample_value("parley_outbox_waiting_rows"),
        REGISTRY.get_sample_value("parley_outbox_oldest_seconds"),
    )


async def watched(*answers: Waiting | Exception) -> None:
    """Let it look until nothing is left to be seen."""
    database = FakeDatabase(*answers)
    task = asyncio.create_task(watch_outbox(cast(Any, database), every_s=0))
    await database.is_done.wait()
    task.cancel()


async def test_what_waits_is_shown():
    await watched(Waiting(0, 0.0), Waiting(3, 1.5))

    assert shown() == (3, 1.5)


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("a bug")])
async def test_without_an_answer_the_last_one_stands_and_it_is_asked_again(error):
    await watched(Waiting(3, 1.5), error)
    assert shown() == (3, 1.5)

    await watched(error, Waiting(1, 0.5))
    assert shown() == (1, 0.5)
