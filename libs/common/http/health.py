"""``/healthz``: ready means that requests are wanted here; no dependency is asked.

Load balancers ask it of every process. Would it ask the database, all were taken out at once while
that is away, and nobody were left to tell clients what is the matter.
"""

from typing import Literal

import msgspec
from django.http import HttpResponse

from libs.common.errors import Unavailable
from libs.common.http.bodies import answer
from libs.common.http.problems import problem

RETRY_AFTER_S = 1.0
"""By then a load balancer has noticed, and asks another process."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service is ready."""

    status: Literal["ok"] = "ok"


def health_answer(*, is_ready: bool = True) -> HttpResponse:
    """Answer 200, or the problem that this process is about to stop."""
    if not is_ready:
        return problem(Unavailable(retry_after_s=RETRY_AFTER_S))
    return answer(Health())
