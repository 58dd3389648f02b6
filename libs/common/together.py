"""One question for everybody who has it at the same time.

When thousands come back at once each of them wants the same of the database, and a statement costs
nearly as much for one as for thirty. Who comes alone asks at once; who comes while the answer is on
its way, or right behind it, asks together with the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

REST_S = 0.01
"""From an answer to the next question: how long those who come one by one, but fast, wait for each
other. Shorter than the rest of what they wait for then."""


class Together(Generic[K, R]):
    """Asks for many keys at once. Belongs to one event loop.

    An answer is never older than its question: who asks while a question is on its way waits for
    the next one.

    Args:
        ask: answers for some different keys; keys without an answer are left out.
        at_most: keys of one question.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[K]], Awaitable[Mapping[K, R]]],
        *,
        at_most: int = 128,
    ) -> None:
        self._ask = ask
        self._at_most = at_most
        self._waiting: dict[K, list[asyncio.Future[R | None]]] = {}
        self._asker: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> R | None:
        """Return the answer for a key, None where there is none.

        Raises:
            Exception: whatever ``ask`` raised; the others of the same question get it as well.
        """
        answer: asyncio.Future[R | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._asker is None:
            self._asker = asyncio.create_task(self._ask_all(), name="together")
        return await answer

    async def _ask_all(self) -> None:
        """Ask until nobody waits; not by the task's end, behind which somebody may have come."""
        try:
            while self._waiting:
                await self._ask_some()
                await asyncio.sleep(REST_S)
        finally:
            self._asker = None

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
