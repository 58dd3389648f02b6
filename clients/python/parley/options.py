"""How a chat behaves, chosen once by its maker."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from .clock import Clock, SystemClock
from .reconnect import BASES_S
from .websocket import Socket


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a chat behaves; the defaults suit a bot.

    Attributes:
        automatic_receipts: report ``delivered`` as soon as a message is held. Without it only
            ``chat.read`` reports.
        open_timeout_s: how long entering ``async with`` waits for the first ``welcome``.
        reconnect_bases_s: the pauses before the tries to come back, each times 0.5…1.
        origin: sent as ``Origin``, as browsers do; rarely needed.
        clock: where the time comes from.
        random: returns a float in [0, 1); the jitter of every pause.
        transport: what HTTP requests go through, for instance a proxy or a test's stand-in.
        open_socket: makes a WebSocket, as ``Socket.open`` does; a test's stand-in needs no network.
    """

    automatic_receipts: bool = True
    open_timeout_s: float = 30.0
    reconnect_bases_s: tuple[float, ...] = BASES_S
    origin: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    random: Callable[[], float] = random.random
    transport: httpx.AsyncBaseTransport | None = None
    open_socket: Callable[..., Awaitable[Socket]] = Socket.open
