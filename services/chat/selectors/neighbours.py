"""What the other services say, asked over HTTP on behalf of staff: the one place where chat asks them.

Everything else goes over streams. Nobody waits for an answer but the person who asked; one that does
not come in time is missing, and the breaker of that service lets nobody wait for the next.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

import msgspec
import structlog

from libs.common import tracing
from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import NotFound, ParleyError
from libs.common.fetching import FetchFailed, RemoteDocument
from libs.common.logs import describe

WITHIN_S = 1.0
"""How long one of them may take."""
AT_ONCE = 16
"""Questions to one of them at the same time."""
MAX_BYTES = 256 * 1024
NAMES = ("presence", "queue", "receipts")
PLACE = "{service}"
"""What stands for a service's name in the address of all of them."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class OnBehalf(msgspec.Struct, frozen=True, kw_only=True):
    """For whom is asked: their token, and the host that they reached us at."""

    token: str
    host: str


class Neighbours:
    """The other services of this installation.

    Args:
        address: where they are: ``{service}`` in it is the name of one. None: nobody is asked.
        clock: of their breakers.
    """

    def __init__(self, address: str | None, *, clock: Clock) -> None:
        self._address = address
        self.breakers = {
            name: Breaker(
                f"trace:{name}",
                clock=clock,
                timeout_s=2 * WITHIN_S,
                max_concurrent=AT_ONCE,
                reset_after_s=2.0,
                proves_alive=_answered,
            )
            for name in NAMES
        }

    async def ask(self, service: str, path: str, kind: type[T], *, behalf: OnBehalf) -> T | None:
        """Return a service's answer; None where it gives none.

        Args:
            service: one of ``NAMES``.
            path: behind ``/api/<service>``, with its query.
            kind: what the answer has to be; what it says more is passed over.
            behalf: for whom.

        Raises:
            NotFound: it answered that there is no such thing.
        """
        if self._address is None:
            return None
        url = f"{self._address.replace(PLACE, service)}/api/{service}{path}"
        document = RemoteDocument(
            url, max_bytes=MAX_BYTES, within_s=WITHIN_S, headers=_headers(behalf)
        )
        try:
            return msgspec.json.decode(await self.breakers[service].call(document.read), type=kind)
        except FetchFailed as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise NotFound from error
            log.warning("neighbour_failed", neighbour=service, error=describe(error))
        except (ParleyError, msgspec.DecodeError) as error:
            log.warning("neighbour_failed", neighbour=service, error=describe(error))
        return None


def _headers(behalf: OnBehalf) -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {behalf.token}", "Host": behalf.host}
    trace = tracing.current()
    return headers if trace is None else {**headers, tracing.HEADER: trace.traceparent}


def _answered(error: Exception) -> bool:
    return (
        isinstance(error, FetchFailed)
        and error.status is not None
        and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    )
