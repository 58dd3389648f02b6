"""Logging: structlog and the standard library through one pipe, on standard error.

A line is an event name and values: ``log.info("room_loaded", room=room_id)``. Never log what people
wrote, nor tokens, tickets, passwords or query strings. The last processors take out what slips
through by name; they cannot know that a value under a harmless name is a secret.
"""

import logging
import re
import sys
from http import HTTPStatus
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from libs.common import tracing

SECRET_KEYS = frozenset(
    {
        "authorization",
        "body",
        "content",
        "cookie",
        "cookies",
        "csrf_token",
        "frame",
        "headers",
        "password",
        "query",
        "query_string",
        "secret",
        "text",
        "ticket",
        "token",
    }
)
"""Values under these names are not written, whoever logs them."""

HIDDEN = "[hidden]"

_QUERY = re.compile(r"(?<=[^\s\"'?])\?[^\s\"']+")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")

_ROW = re.compile(r"(?m)(?<=DETAIL:).*$")
"""PostgreSQL explains an error with the values of the row, and those are what people wrote."""

NOISY = ("asyncio", "urllib3", "daphne", "uvicorn.access")
"""Loggers of libraries that speak up from WARNING on only. Requests are counted in metrics."""

RECEIVER = "channels_redis.pubsub"
"""It writes a traceback a second while Redis is away; whoever listens to the layer says it once."""

ANSWERED = "django.request"
"""Django warns of each 4xx, such as the first visit of somebody who is not signed in; and tells of
each 503 as of an error, as many a second as there are load balancers and newcomers."""


def configure(*, service: str, level: str = "INFO", readable: bool = False) -> None:
    """Set up logging for this process; to be called once, before anything is logged.

    Args:
        service: stands in every line.
        level: the lowest level that is written, by name, in either case.
        readable: lines for people (development) rather than JSON.
    """
    lowest = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_processors(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Plain tracebacks: one with local variables would show what people wrote.
                structlog.processors.format_exc_info,
                hide_secrets,
                _renderer(readable=readable),
            ],
        )
    )
    _take_over(handler, lowest)


def describe(error: BaseException) -> str:
    """Name an error in one value, for one that is expected and needs no traceback."""
    return f"{type(error).__name__}: {error}"


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out values under ``SECRET_KEYS``, query strings, credentials in addresses, and rows."""
    return {
        key: HIDDEN if key.lower() in SECRET_KEYS else _scrub(value) for key, value in event.items()
    }


def _scrub(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    without_rows = _ROW.sub(" " + HIDDEN, value)
    return _CREDENTIALS.sub(HIDDEN + "@", _QUERY.sub("?" + HIDDEN, without_rows))


def _shared_processors(service: str) -> list[Processor]:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        trace = tracing.current()
        if trace is not None:
            event.setdefault("trace", trace.trace_id)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
    ]


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """Pass by that somebody was asked to try again: breakers, pressure and drains tell why."""
    return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE


def _renderer(*, readable: bool) -> Processor:
    if readable:
        return structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer()


def _take_over(handler: logging.Handler, lowest: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(lowest)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.split(".")[0] in {"django", "uvicorn"}:
            logger.handlers.clear()
            logger.propagate = True
    for name in NOISY:
        logging.getLogger(name).setLevel(max(lowest, logging.WARNING))
    logging.getLogger(ANSWERED).setLevel(logging.ERROR)
    logging.getLogger(ANSWERED).addFilter(_is_no_refusal)
    logging.getLogger(RECEIVER).setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
