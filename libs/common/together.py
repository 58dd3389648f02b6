"""One question for everybody who has it at the same time.

When thousands come back at once each of them wants the same of the database, and a statement costs
nearly as much for one as for thirty. Nobody waits for company: the first asks at once, and who
comes while the answer is on its way asks together with the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Together(Generic[K, R]):
    """Asks for many keys at once. Belongs to one event loop.

    An answer is never older than its question: who asks while a question is on its way waits for
    the next one.

    Args:
        ask: answers for some different keys; keys without an answer are left out.
        at_most: keys of one question.
        at_once: questions on their way at the same time: fewer are larger.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[K]], Awaitable[Mapping[K, R]]],
        *,
        at_most: int = 32,
        at_once: int = 2,
    ) -> None:
        self._ask = ask
        self._at_most = at_most
        self._at_once = at_once
        self._waiting: dict[K, list[asyncio.Future[R | None]]] = {}
        self._asking = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, key: K) -> R | None:
        """Return the answer for a key, None where there is none.

        Raises:
            Exception: whatever ``ask`` raised; the others of the same question get it as well.
        """
        answer: asyncio.Future[R | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._asking < self._at_once:
            self._asking += 1
            task = asyncio.create_task(self._ask_all(), name="together")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _ask_all(self) -> None:
        """Ask until nobody waits; not by the task's end, behind which somebody may have come."""
        try:
            while self._waiting:
                await self._ask_some()
        finally:
            self._asking -= 1

    async def _ask_some(self) -> None:
        keys = list(islice(self._waiting, self._at_most))
        waiting = {key: self._waiting.pop(key) for key in keys}
        try:
            found = await self._ask(keys)
        except Exception as error:  # noqa: BLE001 - handed to all who asked, who raise it
            for answer in _open_ones(waiting.values()):
                answer.set_exception(error)
        except BaseException:
            for answer in _open_ones(waiting.values()):
                answer.cancel()
            raise
        else:
            for key, answers in waiting.items():
                for answer in _open_ones([answers]):
                    answer.set_result(found.get(key))


def _open_ones(
    several: Iterable[Sequence["asyncio.Future[R | None]"]],
) -> Iterator["asyncio.Future[R | None]"]:
    """Yield those who still wait."""
    return (answer for answers in several for answer in answers if not answer.done())
