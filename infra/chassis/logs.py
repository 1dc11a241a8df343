"""Structured logs: one JSON object per line on standard error, bound to service and call."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

import structlog


def set_up(level: str = "INFO", *, human: bool = False) -> None:
    """Route structlog and the libraries' own logs to standard error. ``human``: readable lines for a terminal."""
    warnings.filterwarnings("ignore", message=".*eventlet.*", category=DeprecationWarning)
    steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*steps, last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=last, foreign_pre_chain=steps))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Doors and handlers log each failure once themselves; the container would log it again with its traceback.
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
    for chatty in ("alembic", "kombu", "amqp", "eventsourcing"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def get(**bound: Any) -> Any:
    """A logger with ``bound`` facts on every line."""
    return structlog.get_logger(**bound)
