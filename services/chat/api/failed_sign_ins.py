"""Failed sign-ins are noted, but not as many as anybody likes: each one is a row on the disk."""

import structlog
from django.http import HttpRequest

from libs.common import metrics
from libs.common.errors import ParleyError
from services.chat.actions.audit import note_failed_sign_in
from services.chat.api.parts import address_of, parts_of

UNRECORDED = metrics.counter(
    "parley_audit_unrecorded", "Failed sign-ins that are not in the audit log, by reason.", ["why"]
)

log = structlog.get_logger(__name__)


async def note_failure(request: HttpRequest, *, username: str | None) -> None:
    """Have a failed sign-in noted; where that cannot be, or there are too many, it is counted."""
    parts = parts_of(request)
    if parts.failures_noted.take(parts.clock.monotonic()) > 0:
        UNRECORDED.labels("too_many").inc()
        return
    try:
        await parts.database.run(
            note_failed_sign_in, username=username, address=address_of(request)
        )
    except ParleyError as error:
        # Whoever is refused is refused all the same.
        UNRECORDED.labels("no_database").inc()
        log.warning("failed_sign_in_not_noted", code=error.code)
