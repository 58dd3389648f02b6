"""One question for everybody who has it at the same time."""

import asyncio

import pytest

from libs.common.together import Together
from tests.waiting import WITHIN_S, until


class Oracle:
    """Answers ``key * 2``, for as long as it is open; odd keys have no answer."""

    def __init__(self):
        self.questions = []
        self.open = asyncio.Event()
        self.error = None

    async def ask(self, keys):
        self.questions.append(list(keys))
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return {key: key * 2 for key in keys if key % 2 == 0}


async def test_who_comes_while_the_answer_is_on_its_way_asks_together_with_the_others():
    oracle = Oracle()
    together = Together(oracle.ask)
    first = asyncio.create_task(together.ask(2))
    await until(lambda: oracle.questions == [[2]])
    others = [asyncio.create_task(together.ask(key)) for key in (4, 5, 6)]
    await asyncio.sleep(0)
    oracle.open.set()

    assert await asyncio.gather(first, *others) == [4, 8, None, 12]
    assert oracle.questions == [[2], [4, 5, 6]]


async def test_the_same_question_is_asked_again_where_the_first_is_on_its_way_already():
    oracle = Oracle()
    together = Together(oracle.ask)
    asks = [asyncio.create_task(together.ask(2))]
    await until(lambda: oracle.questions == [[2]])
    asks += [asyncio.create_task(together.ask(2)) for _ in range(2)]
    await asyncio.sleep(0)
    oracle.open.set()

    assert await asyncio.gather(*asks) == [4, 4, 4]
    assert oracle.questions == [[2], [2]]


async def test_no_question_is_larger_than_it_may_be():
    oracle = Oracle()
    oracle.open.set()
    together = Together(oracle.ask, at_most=3)

    await asyncio.gather(*(together.ask(key) for key in range(10)))

    assert max(map(len, oracle.questions)) == 3
    assert sorted(key for keys in oracle.questions for key in keys) == list(range(10))


async def test_an_error_reaches_all_who_asked_and_nobody_who_asks_later():
    oracle = Oracle()
    oracle.open.set()
    oracle.error = ValueError("no")
    together = Together(oracle.ask)

    results = await asyncio.gather(together.ask(2), together.ask(4), return_exceptions=True)
    oracle.error = None

    assert [type(result) for result in results] == [ValueError, ValueError]
    assert await together.ask(2) == 4


async def test_who_gives_up_takes_nothing_from_the_others():
    oracle = Oracle()
    together = Together(oracle.ask)
    first, second = (asyncio.create_task(together.ask(2)) for _ in range(2))
    await until(lambda: oracle.questions == [[2]])
    first.cancel()
    oracle.open.set()

    assert await second == 4
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_who_comes_in_the_very_moment_in_which_the_last_answer_is_given_is_answered():
    oracle = Oracle()
    oracle.open.set()
    together = Together(oracle.ask)
    for turns in range(12):
        first = asyncio.create_task(together.ask(2))
        for _ in range(turns):
            await asyncio.sleep(0)

        async with asyncio.timeout(WITHIN_S):
            assert await together.ask(4) == 8
        assert await first == 4
