"""``/statuses``: the states of a message and what each looks like, for clients that draw them.

It is the same for everybody and changes with the version of the server only, so it may be kept.
"""

import hashlib
from collections.abc import Mapping

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import Router

from libs.common.http.bodies import answer, documented
from services.chat.api.shapes.shape import Shape
from services.chat.domain.status import LOOKS, Look, Status

KEPT_S = 3600
"""How long an answer may be used again without asking whether it still holds."""
ETAG = f'"{hashlib.sha256(msgspec.json.encode(LOOKS)).hexdigest()[:16]}"'

router = Router(tags=["statuses"])


class Statuses(Shape, frozen=True, kw_only=True):
    """All states of a message, by name."""

    statuses: Mapping[Status, Look]


@router.get("/statuses", auth=None, **documented(answers={200: Statuses, 304: None}))
async def statuses(request: HttpRequest) -> HttpResponse:
    """Tell how the states of a message are shown."""
    response = answer(Statuses(statuses=LOOKS))
    response["Cache-Control"] = f"public, max-age={KEPT_S}"
    response["ETag"] = ETAG
    return get_conditional_response(request, etag=ETAG, response=response) or response
