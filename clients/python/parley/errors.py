"""What can go wrong, as one tree: a class for each code of the wire, and some of our own.

``Timeout`` and ``NotAcknowledged`` do not mean "failed": the outcome is unknown, and sending again
with the same client_id can never make a second message.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Fields = Mapping[str, Sequence[str]]
"""What is wrong, by the name of the member of a frame or body."""


class ParleyError(Exception):
    """An error with a code.

    Attributes:
        code: the stable word of the protocol.
        retriable: whether the same request may succeed later, unchanged.
        message: one sentence for people.
        fields: what is wrong, by member; empty where that does not apply.
        retry_after_s: when to try again, in seconds, where the server said so.
    """

    code: str = "internal"
    retriable: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        fields: Fields | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = message
        self.fields: Fields = fields or {}
        self.retry_after_s = retry_after_s
        told = f"{self.code}: {message}" if message else self.code
        wrong = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in self.fields.items())
        super().__init__(f"{told} ({wrong})" if wrong else told)


class BadJson(ParleyError):
    """What was sent is no JSON object."""

    code = "bad_json"


class BadFrame(ParleyError):
    """A member is missing, of a wrong type, or outside its range; ``fields`` says which."""

    code = "bad_frame"


class UnsupportedType(ParleyError):
    """The server does not know this type of frame."""

    code = "unsupported_type"


class Unauthenticated(ParleyError):
    """The name, password or token is not accepted, or not any more."""

    code = "unauthenticated"


class PermissionDenied(ParleyError):
    """Not allowed; also the answer for a room that does not exist."""

    code = "permission_denied"


class CsrfFailed(ParleyError):
    """A request with a cookie came without its CSRF token; bearer requests never see this."""

    code = "csrf_failed"


class NotFound(ParleyError):
    """An unknown path, user or seq."""

    code = "not_found"


class ClientIdReused(ParleyError):
    """The client_id belongs to a message with other content; that one stands."""

    code = "client_id_reused"


class TooLarge(ParleyError):
    """The frame or body is over its limit; nothing of it was read."""

    code = "too_large"


class RateLimited(ParleyError):
    """Too much in too short a time."""

    code = "rate_limited"
    retriable = True


class Internal(ParleyError):
    """A bug of the server; over HTTP the message ends with the id under which it was logged."""


class Unavailable(ParleyError):
    """The server, or something it needs, cannot be reached; nothing was done."""

    code = "unavailable"
    retriable = True


class Timeout(ParleyError):
    """No answer in time: the outcome is unknown."""

    code = "timeout"
    retriable = True


class NotAcknowledged(Timeout):
    """A message found no acknowledgement before the caller's deadline.

    Attributes:
        client_id: send with it again to learn what became of the message.
        cause: what the latest try met.
        is_queued: whether the queue service holds it: it goes on by itself.
    """

    def __init__(
        self, client_id: str, *, cause: ParleyError | None = None, is_queued: bool = False
    ) -> None:
        self.client_id = client_id
        self.cause = cause
        self.is_queued = is_queued
        super().__init__(f"no acknowledgement in time; last answer: {cause or 'none'}")


class OutboxFull(ParleyError):
    """So many messages wait already that no more are taken on; nothing was sent."""

    code = "outbox_full"


class Closed(ParleyError):
    """The WebSocket is closed.

    Attributes:
        close_code: as the server sent it; 1006 where the connection just broke.
        reason: what the server added, often empty.
    """

    code = "closed"

    def __init__(self, close_code: int, reason: str = "") -> None:
        self.close_code = close_code
        self.reason = reason
        super().__init__(f"closed with {close_code} {reason}".rstrip())


class Refused(ParleyError):
    """The handshake was answered with an HTTP status instead of a WebSocket.

    Attributes:
        status: 403 for a foreign ``Origin``; 5xx while the server or the gateway is down.
    """

    code = "refused"

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"handshake answered with HTTP {status}")


class FellBehind(ParleyError):
    """The reader of a feed was so slow that its oldest items were given up.

    Attributes:
        missed: how many. Those of ``messages()`` can be read from the room's history.
    """

    code = "fell_behind"

    def __init__(self, missed: int) -> None:
        self.missed = missed
        super().__init__(f"{missed} items were given up; read faster")


_BY_CODE: Mapping[str, type[ParleyError]] = {
    kind.code: kind
    for kind in (
        BadJson,
        BadFrame,
        UnsupportedType,
        Unauthenticated,
        PermissionDenied,
        CsrfFailed,
        NotFound,
        ClientIdReused,
        TooLarge,
        RateLimited,
        Internal,
        Unavailable,
        Timeout,
    )
}


def error_of(
    code: str,
    message: str = "",
    *,
    fields: Fields | None = None,
    retry_after_s: float | None = None,
) -> ParleyError:
    """Make the error of a wire code; an unknown code keeps its word and is not retriable."""
    error = _BY_CODE.get(code, ParleyError)(message, fields=fields, retry_after_s=retry_after_s)
    error.code = code
    return error
