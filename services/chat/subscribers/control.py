"""What chat does about signals of the channel layer: it closes sockets, and hands pushes on.

The layer's own receiver cannot be trusted to be alive: it stays silent for ever where a connection
hangs, and ends for good on a TimeoutError. So a listener that heard nothing for a moment sends a
probe to the group, and begins anew, with an empty layer, when not even that came. What was sent
meanwhile is lost, as signals may be. All hear the probes of all: they stay a few a second, however
many processes there are.

Its queue has no bound. A burst is taken out of it in turns of ``SIGNALS_PER_TURN``, between which
others and the receiver go on: it holds what Redis sent and nobody has looked at yet.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError

from libs.common import control, metrics
from libs.common.events import UserRevoked
from libs.common.logs import describe
from services.chat.frames.server import Custom
from services.chat.hub import Hub

DEAF_AFTER_S = 3.0
"""Silence after which the subscription counts as dead."""
LOOKS = 4
"""How often within that time it looks whether a probe is needed; one of them may be lost."""
WITHIN_S = 2.0
"""Longest that subscribing, or letting go of the layer, may take."""
RETRY_AFTER_S = 1.0
SIGNALS_PER_TURN = 200
"""Signals taken before the event loop gets a turn; a layer with more of them never waits."""
COMPLAIN_EVERY_S = 1.0
"""How often bad signals are logged; all of them are counted."""

RECEIVED = metrics.counter(
    "parley_signals_received", "Signals of the channel layer that were understood.", ["type"]
)
BAD = metrics.counter(
    "parley_signals_bad", "Messages of the channel layer that were no signal, and were skipped."
)
LISTENING = metrics.gauge(
    "parley_signals_listening", "Whether this process hears signals: 1, or 0 while it does not."
)

log = structlog.get_logger(__name__)


class ChannelLayer(Protocol):
    """What is needed of a channel layer. Every method may raise what Redis or the network does."""

    async def new_channel(self, prefix: str = ...) -> str:
        """Subscribe to a channel of one's own and return its name."""
        ...

    async def group_add(self, group: str, channel: str) -> None:
        """Let a channel get what is sent to a group."""
        ...

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to all channels of a group."""
        ...

    async def receive(self, channel: str) -> Any:
        """Return the next message; ``ValueError`` or ``TypeError`` where it cannot be read."""
        ...

    async def flush(self) -> None:
        """Forget all channels and groups, and close the connections."""
        ...


class ControlListener:
    """One per process, in its event loop.

    Args:
        make_layer: returns a layer that nobody else uses: it is emptied after each failure.
        deaf_after_s: silence after which it begins anew.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        make_layer: Callable[[], ChannelLayer],
        deaf_after_s: float = DEAF_AFTER_S,
    ) -> None:
        self._hub = hub
        self._make_layer = make_layer
        self._layer = make_layer()
        self._deaf_after_s = deaf_after_s
        self._hearing = False
        self._heard_at_s = float("-inf")
        self._complained_at_s = float("-inf")

    async def run(self) -> None:
        """Listen for ever, whatever becomes of Redis; cancel it to stop."""
        try:
            while True:
                try:
                    await self._listen()
                except TimeoutError:
                    self._tell_deaf("nothing came any more, not even a probe")
                except (RedisError, OSError) as error:
                    self._tell_deaf(describe(error))
                except Exception:
                    log.exception("control_listener_bug")
                await self._start_over()
                await asyncio.sleep(RETRY_AFTER_S)
        finally:
            await self._start_over()

    async def _listen(self) -> None:
        """Take signals until none comes any more, not even one's own probe.

        Raises:
            TimeoutError: nothing came for too long.
        """
        async with asyncio.timeout(WITHIN_S):
            channel = await self._layer.new_channel()
            await self._layer.group_add(control.GROUP, channel)
        probing = asyncio.create_task(self._probe(), name="control-probe")
        try:
            await self._receive(channel)
        finally:
            probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await probing

    async def _receive(self, channel: str) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._deaf_after_s) as patience:
            for number in itertools.count(1):
                if number % SIGNALS_PER_TURN == 0:
                    await asyncio.sleep(0)
                try:
                    message = await self._layer.receive(channel)
                except (ValueError, TypeError) as error:
                    self._skip(f"unreadable ({type(error).__name__})")
                    continue
                self._heard_at_s = loop.time()
                patience.reschedule(self._heard_at_s + self._deaf_after_s)
                self._tell_hearing()
                if message != control.PROBE:
                    self._take(message)

    async def _probe(self) -> None:
        """Send a probe whenever nothing was heard; where that fails, the silence will tell."""
        loop, every_s = asyncio.get_running_loop(), self._deaf_after_s / LOOKS
        while True:
            if loop.time() - self._heard_at_s >= every_s:
                with contextlib.suppress(RedisError, OSError):
                    await self._layer.group_send(control.GROUP, dict(control.PROBE))
            await asyncio.sleep(every_s)

    def _take(self, message: object) -> None:
        try:
            signal = control.from_layer(message)
            match signal:
                case control.Revoked():
                    sids = tuple(str(sid) for sid in signal.sids)
                    self._hub.on_revoked(UserRevoked(user=str(signal.user), sids=sids))
                case control.Pushed():
                    frame = Custom(name=signal.name, data=signal.value())
                    self._hub.on_pushed(str(signal.user), frame)
        except control.BadSignal as error:
            self._skip(str(error))
        except Exception:
            BAD.inc()
            log.exception("control_signal_bug")
        else:
            RECEIVED.labels(signal.__struct_config__.tag).inc()

    def _skip(self, reason: str) -> None:
        BAD.inc()
        now_s = asyncio.get_running_loop().time()
        if now_s - self._complained_at_s >= COMPLAIN_EVERY_S:
            self._complained_at_s = now_s
            log.warning("signal_skipped", reason=reason)

    def _tell_hearing(self) -> None:
        if not self._hearing:
            self._hearing = True
            LISTENING.set(1)
            log.info("signals_heard")

    def _tell_deaf(self, reason: str) -> None:
        if self._hearing:
            log.warning("signals_not_heard", reason=reason)

    async def _start_over(self) -> None:
        """Empty the layer: of its connections, its dead receiver, and the channel it had."""
        self._hearing = False
        self._heard_at_s = float("-inf")
        LISTENING.set(0)
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._layer.flush()
        except Exception:
            # It would fail for ever, also when the loop is closed and the layer empties itself: its
            # receiver has ended by the error that is raised again.
            log.exception("channel_layer_replaced")
            vars(self._layer).get("_layers", {}).clear()
            self._layer = self._make_layer()
