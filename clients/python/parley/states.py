"""How a connection stands: its states, what may happen in each, and where that leads.

What the table does not have cannot happen; ``next_state`` raises where it does, because then this
client has lost count of its own connection.

``TYPING`` is a part of ``CONNECTED``: who types is connected. An arrow that leads out of the whole
leads out of its part too, so whoever loses the connection while typing is disconnected like
everybody else, and types no more. An arrow that stays inside belongs to where it begins.

Source: the state diagram of the first design, arrow by arrow.
"""

import enum
from collections.abc import Mapping


class ConnectionState(enum.Enum):
    """Where a connection stands.

    It is ``DISCONNECTED`` until its first try to come back, and in ``OFFLINE_MODE`` until the next
    slow one; between the quick ones it stays ``RECONNECTING``.
    """

    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    TYPING = "Typing"
    DISCONNECTED = "Disconnected"
    RECONNECTING = "Reconnecting"
    FAILED = "Failed"
    OFFLINE_MODE = "OfflineMode"

    @property
    def is_connected(self) -> bool:
        """Whether a session is open: ``CONNECTED``, or a part of it."""
        return self is ConnectionState.CONNECTED or _WHOLES.get(self) is ConnectionState.CONNECTED


class ConnectionEvent(enum.Enum):
    """What happens to a connection, in the words of the diagram.

    ``WEBSOCKET_OPEN`` and ``SUCCESS`` mean that ``welcome`` came, not only that a socket is open.
    ``MAX_RETRIES``: no quick try is left; ``NETWORK_AVAILABLE``: it is time for a slow one, or
    somebody asks for it.
    """

    WEBSOCKET_OPEN = "WebSocket open"
    CONNECTION_ERROR = "connection error"
    CONNECTION_LOST = "connection lost"
    USER_TYPING = "user typing"
    STOP_TYPING = "stop typing"
    AUTO_RETRY = "auto retry"
    SUCCESS = "success"
    MAX_RETRIES = "max retries"
    FALLBACK = "fallback"
    NETWORK_AVAILABLE = "network available"


_State, _Event = ConnectionState, ConnectionEvent

INITIAL = _State.CONNECTING
"""Where every connection begins."""

ARROWS: Mapping[tuple[ConnectionState, ConnectionEvent], ConnectionState] = {
    (_State.CONNECTING, _Event.WEBSOCKET_OPEN): _State.CONNECTED,
    (_State.CONNECTING, _Event.CONNECTION_ERROR): _State.FAILED,
    (_State.CONNECTED, _Event.CONNECTION_LOST): _State.DISCONNECTED,
    (_State.CONNECTED, _Event.USER_TYPING): _State.TYPING,
    (_State.TYPING, _Event.STOP_TYPING): _State.CONNECTED,
    (_State.DISCONNECTED, _Event.AUTO_RETRY): _State.RECONNECTING,
    (_State.RECONNECTING, _Event.SUCCESS): _State.CONNECTED,
    (_State.RECONNECTING, _Event.MAX_RETRIES): _State.FAILED,
    (_State.FAILED, _Event.FALLBACK): _State.OFFLINE_MODE,
    (_State.OFFLINE_MODE, _Event.NETWORK_AVAILABLE): _State.RECONNECTING,
}

_WHOLES: Mapping[ConnectionState, ConnectionState] = {_State.TYPING: _State.CONNECTED}


class NoArrow(Exception):
    """Something happened to a connection that cannot happen in its state: a bug of this client."""


def next_state(state: ConnectionState, event: ConnectionEvent) -> ConnectionState:
    """Say where an event leads.

    Raises:
        NoArrow: nowhere.
    """
    if (state, event) in ARROWS:
        return ARROWS[state, event]
    whole = _WHOLES.get(state)
    leaving = ARROWS.get((whole, event)) if whole else None
    if leaving is None or _WHOLES.get(leaving) is whole:
        raise NoArrow(f"{event.value}, in the state {state.value}")
    return leaving


def event_of_welcome(state: ConnectionState) -> ConnectionEvent:
    """Say what a ``welcome`` means: the first connection, or that a try to come back succeeded."""
    return _Event.WEBSOCKET_OPEN if state is INITIAL else _Event.SUCCESS


def events_before_pause(state: ConnectionState, *, is_offline: bool) -> tuple[ConnectionEvent, ...]:
    """Say what happens between the end of a connection, or of a try, and the pause behind it.

    Nobody waits for a first connection that failed as if there had been one: from the beginning
    that is the offline mode, whose first pauses are as short as any.

    Args:
        state: what it is now; ``DISCONNECTED`` where a connection was lost.
        is_offline: whether the quick tries are used up.
    """
    if state is INITIAL:
        return (_Event.CONNECTION_ERROR, _Event.FALLBACK)
    if not is_offline:
        return ()
    given_up = (_Event.MAX_RETRIES, _Event.FALLBACK)
    return (_Event.AUTO_RETRY, *given_up) if state is _State.DISCONNECTED else given_up


def events_after_pause(state: ConnectionState) -> tuple[ConnectionEvent, ...]:
    """Say what happens when it is time for the next try; between quick ones nothing does."""
    leaves = {
        _State.DISCONNECTED: (_Event.AUTO_RETRY,),
        _State.OFFLINE_MODE: (_Event.NETWORK_AVAILABLE,),
    }
    return leaves.get(state, ())


def events_for_good(state: ConnectionState) -> tuple[ConnectionEvent, ...]:
    """Say what happens when no try will follow the present one."""
    leaves = {
        _State.CONNECTING: (_Event.CONNECTION_ERROR,),
        _State.RECONNECTING: (_Event.MAX_RETRIES,),
    }
    return leaves.get(state, ())
