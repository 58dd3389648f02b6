"""Where pictures are made: in one thread of its own, so that neither the loop nor the database waits.

One at a time, because a large one takes 128 MiB for half a second.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from libs.common.errors import Unavailable
from services.chat.domain.pictures import Picture, picture_of

PICTURES_PER_S = 1 / 6
PICTURES_AT_ONCE = 10
"""Pictures that one person sends, in the long run and at once; bad ones count."""
UNDER_WAY_AT_MOST = 16
"""Pictures that are made or wait to be: a few seconds of work at worst."""
RETRY_AFTER_S = 5.0


class Studio:
    """Makes pictures of what people send."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._under_way = 0

    async def picture_of(self, sent: bytes) -> Picture:
        """Return what is kept of a picture, as ``domain.pictures`` says.

        Raises:
            BadFrame: it is no picture that is taken.
            Unavailable: too many wait already.
        """
        if self._under_way >= UNDER_WAY_AT_MOST:
            raise Unavailable(retry_after_s=RETRY_AFTER_S)
        self._under_way += 1
        made = asyncio.get_running_loop().run_in_executor(self._thread, picture_of, sent)
        made.add_done_callback(self._count_out)
        # Who asked may be gone: what was begun takes its place until it is done.
        return await asyncio.shield(made)

    def close(self) -> None:
        """Take no more; what waits is not made, what is being made takes a moment."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _count_out(self, made: "asyncio.Future[Picture]") -> None:
        self._under_way -= 1
        if not made.cancelled():
            made.exception()  # retrieved here, because somebody who is gone no longer does
