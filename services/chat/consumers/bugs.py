"""What a client is told when something goes wrong."""

import structlog

from libs.common.errors import Internal, ParleyError

log = structlog.get_logger(__name__)


def told(error: Exception) -> ParleyError:
    """Return the error that a client gets; a bug of ours is logged and told as ``internal``.

    To be called where the exception is caught: its traceback goes into the log.
    """
    if isinstance(error, ParleyError):
        return error
    log.error("frame_bug", exc_info=error)
    return Internal()
