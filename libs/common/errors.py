"""The one tree of errors that a client may see: each has a code and says whether to retry.

Whatever is raised and is not a ``ParleyError`` is a bug: the doors log it with its traceback and
answer ``internal``. ``Timeout`` does not mean "failed": its outcome is unknown, and repeating the
request with the same client_id is safe.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Fields = Mapping[str, Sequence[str]]
"""What is wrong, by the name of the member of a frame or body."""


class ParleyError(Exception):
    """An error with an answer.

    Attributes:
        code: the stable word that clients act on.
        http_status: what an HTTP door answers.
        retriable: whether the same request may succeed later, unchanged.
        message: one sentence for people.
        fields: what is wrong, by member; empty where that does not apply.
        retry_after_s: when to try again, in seconds, where it is known.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    retriable: ClassVar[bool] = False
    default_message: ClassVar[str] = "Something went wrong on our side."

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: Fields | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.fields: Fields = fields or {}
        self.retry_after_s = retry_after_s
        super().__init__(self.message)


class BadJson(ParleyError):
    """The text is no JSON (RFC 8259), or not one object."""

    code = "bad_json"
    http_status = 400
    default_message = "This is not valid JSON."


class BadFrame(ParleyError):
    """A member is missing, of a wrong type, or outside its range; ``fields`` says which."""

    code = "bad_frame"
    http_status = 400
    default_message = "Some members are missing or wrong."


class UnsupportedType(ParleyError):
    """A frame of a type that the protocol does not know."""

    code = "unsupported_type"
    http_status = 400
    default_message = "This type of frame is unknown."


class Unauthenticated(ParleyError):
    """Nobody is signed in, or not any more."""

    code = "unauthenticated"
    http_status = 401
    default_message = "Please sign in."


class PermissionDenied(ParleyError):
    """Not allowed. Also the answer for a room that does not exist, so that none can be guessed."""

    code = "permission_denied"
    http_status = 403
    default_message = "You are not a member of this room."


class CsrfFailed(ParleyError):
    """A cookie request that writes came without the right CSRF token."""

    code = "csrf_failed"
    http_status = 403
    default_message = "The CSRF token is missing or wrong."


class NotFound(ParleyError):
    """An unknown path, user or seq."""

    code = "not_found"
    http_status = 404
    default_message = "There is nothing here."


class ClientIdReused(ParleyError):
    """The same client_id came with other content; the first message stands."""

    code = "client_id_reused"
    http_status = 409
    default_message = "This client_id already belongs to another message."


class TooLarge(ParleyError):
    """The frame or body is over its limit; nothing of it was read."""

    code = "too_large"
    http_status = 413
    default_message = "This is too large."


class RateLimited(ParleyError):
    """Too much in too short a time; ``retry_after_s`` says when to go on."""

    code = "rate_limited"
    http_status = 429
    retriable = True
    default_message = "Too many requests. Please slow down."


class Internal(ParleyError):
    """A bug of ours. Logged with an error id that the answer carries."""


class Unavailable(ParleyError):
    """Something that is needed is down; nothing was done. Try again after ``retry_after_s``."""

    code = "unavailable"
    http_status = 503
    retriable = True
    default_message = "The service is not available at the moment."


class Timeout(ParleyError):
    """No answer in time: the outcome is unknown. Safe to retry with the same client_id."""

    code = "timeout"
    http_status = 504
    retriable = True
    default_message = "No answer in time. It is safe to try again."


def check_rate(wait_s: float) -> None:
    """Check what a limit of rate has answered.

    Args:
        wait_s: 0, or the seconds after which there is one more.

    Raises:
        RateLimited: it is not 0.
    """
    if wait_s > 0:
        raise RateLimited(retry_after_s=round(wait_s, 3))
