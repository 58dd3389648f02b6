"""Errors as HTTP answers: ``application/problem+json`` and nothing else.

``code`` is what clients act on; ``title`` is the same for all errors of a code, ``detail`` says
what happened this time. Source: RFC 9457.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from uuid import uuid4

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from msgspec import UNSET, UnsetType

from libs.common.errors import (
    BadFrame,
    Internal,
    NotFound,
    ParleyError,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
LOGIN_URL = "/"
"""Where a person signs in: the web client."""
UNREADABLE = "This request cannot be read."
RETRY_AFTER_S = 1.0
"""When to try again where the error itself does not know; 429 and 503 always say it."""

log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong with a request.

    ``errors``: what is wrong, by member of the body or query. ``retry_after``: in seconds.
    ``error_id``: stands beside the traceback in the log of the service.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: Mapping[str, Sequence[str]] | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET
    login_url: str | UnsetType = UNSET
    error_id: str | UnsetType = UNSET


def problem(
    error: ParleyError, *, status: int | None = None, error_id: str | None = None
) -> HttpResponse:
    """Answer with an error; ``status`` where it is not the one that its code usually has."""
    retry_after_s = error.retry_after_s
    if retry_after_s is None and isinstance(error, RateLimited | Unavailable):
        retry_after_s = RETRY_AFTER_S
    answer = Problem(
        type=f"urn:parley:error:{error.code}",
        title=error.default_message,
        status=status or error.http_status,
        detail=error.message,
        code=error.code,
        errors=error.fields or UNSET,
        retry_after=UNSET if retry_after_s is None else round(retry_after_s, 3),
        login_url=LOGIN_URL if isinstance(error, Unauthenticated) else UNSET,
        error_id=UNSET if error_id is None else error_id,
    )
    response = HttpResponse(
        msgspec.json.encode(answer), status=answer.status, content_type=MEDIA_TYPE
    )
    if retry_after_s is not None:
        response["Retry-After"] = str(math.ceil(retry_after_s))
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = 'Bearer realm="parley"'
    response["Cache-Control"] = "no-store"
    return response


def problem_of(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer with whatever was raised: a bug becomes ``internal``, logged with an error id."""
    if isinstance(error, ParleyError) and not isinstance(error, Internal):
        return problem(error)
    if isinstance(error, Http404):
        return problem(NotFound())
    if isinstance(error, RequestDataTooBig):
        return problem(TooLarge())
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return problem(BadFrame(UNREADABLE))
    return bug(request, error)


def bug(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Answer ``internal`` with an error id, and log the traceback beside the same id."""
    error_id = uuid4().hex
    log.error("unhandled error %s at %s %s", error_id, request.method, request.path, exc_info=error)
    return problem(Internal(), error_id=error_id)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses; its ``handler400``."""
    return problem_of(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer for an unknown path; Django's ``handler404``."""
    return problem(NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what was raised outside the views; Django's ``handler500``.

    Django has logged the traceback already, without an id.
    """
    return bug(request, None)
