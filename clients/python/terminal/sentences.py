"""Errors as sentences for people, ready for the screen."""

from collections.abc import Mapping

from clients.python.parley import (
    ClientIdReused,
    Closed,
    FellBehind,
    NotAcknowledged,
    NotFound,
    OutboxFull,
    ParleyError,
    PermissionDenied,
    RateLimited,
    Refused,
    Timeout,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from clients.python.terminal.safe import safe

_OURS: Mapping[type[ParleyError], str] = {
    NotAcknowledged: "No answer in time: it may or may not have arrived. /retry finds out.",
    Timeout: "No answer in time: it may or may not have happened.",
    OutboxFull: "Too much waits to be sent already.",
    Unavailable: "The server cannot be reached at the moment.",
    Unauthenticated: "You are signed out. Start again to sign in.",
    ClientIdReused: "It was sent before, with another text.",
    TooLarge: "That is too long.",
    RateLimited: "Too fast for the server. Wait a moment.",
    Refused: "The server does not let this program in.",
    FellBehind: "Some messages came too fast to show. /history has them.",
    Closed: "The connection was closed for good; this is a fault of the program.",
}
"""Said instead of the server's words, which were not written for this place."""

QUEUED = "It is queued and goes by itself once the server can take it."

_WITHOUT_WORDS: Mapping[type[ParleyError], str] = {
    PermissionDenied: "You may not do that here.",
    NotFound: "There is no such thing.",
}


def sentence_of(error: ParleyError) -> str:
    """Say in a sentence or two what went wrong; always one line, safe to show."""
    if isinstance(error, NotAcknowledged) and error.is_queued:
        return QUEUED
    said = " ".join(problem for problems in error.fields.values() for problem in problems)
    if said:
        return safe(said)
    if type(error) in _OURS:
        return _OURS[type(error)]
    return safe(error.message or _WITHOUT_WORDS.get(type(error)) or f"Refused ({error.code}).")
