"""Logs: one JSON line an event on stderr, with the service and the trace. Personal fields never stand in one."""

import logging
import sys
import traceback

import structlog


def configure_logs(service: str, *, plain: bool = False) -> None:
    """Set up structlog for a process of this service; `plain` for people at a terminal. Called once, by the entry point."""
    last = structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def where_it_failed(error: BaseException) -> str:
    """Where an error arose: files and lines only, since its message and the source beside it may hold personal values."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames)
