"""One WebSocket, as a browser would open it."""

import asyncio
import ssl
import time
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from libs.common.doctor.asking.http import Place, kind_of
from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.rules.way_in import SocketFacts

PATH = "/ws/chat/"


async def open_socket(
    place: Place, *, origin: str, token: str | None = None, for_s: float
) -> SocketFacts:
    """Open one, say nothing, and see what becomes of it.

    Args:
        place: where.
        origin: of what page.
        token: of whom; None for a stranger.
        for_s: how long it is held where nobody closes it.

    Raises:
        Unreachable: there is no connection.
    """
    host, port = place.address
    tls: dict[str, Any] = {}
    if place.scheme == "https":
        tls = {"ssl": ssl.create_default_context(), "server_hostname": place.host}
    try:
        opened = await connect(
            place.sockets + PATH,
            origin=Origin(origin),
            additional_headers={} if token is None else {"Authorization": f"Bearer {token}"},
            host=host,
            port=port,
            proxy=None,
            ping_interval=None,
            open_timeout=None,
            close_timeout=0.2,
            **tls,
        )
    except InvalidStatus as error:
        return SocketFacts(status=error.response.status_code)
    except InvalidHandshake:
        raise Unreachable("broken") from None
    except (OSError, UnicodeError, EOFError) as error:
        raise Unreachable(kind_of(error)) from None
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(for_s):
            while True:
                await opened.recv()
    except TimeoutError:
        return SocketFacts(lasted_s=time.monotonic() - began_s)
    except ConnectionClosed as error:
        code = 1006 if error.rcvd is None else error.rcvd.code
        return SocketFacts(close_code=code, lasted_s=time.monotonic() - began_s)
    finally:
        opened.transport.abort()
