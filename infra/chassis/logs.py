"""Structured logs: one JSON object per line on standard error, bound to service and call."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from infra.chassis.sensitive import without_tokens

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor


@contextlib.contextmanager
def _as_if_absent(library: str) -> Iterator[None]:
    """Whatever is imported within finds that ``library`` is not installed."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: an import of it fails
    present = modules.get(library)
    modules[library] = None
    try:
        yield
    finally:
        del modules[library]
        if present is not None:
            modules[library] = present


with _as_if_absent("rich"):  # for tracebacks in colour, of which there are none here: some 110 modules in every process
    import structlog

context = structlog.contextvars  # facts that every line of a call bears; elsewhere nobody imports structlog itself

BURST, WINDOW = 20, 60.0  # lines of one cause in so many seconds
LIMITED = frozenset({"warning", "error", "critical"})
CAUSE = ("event", "service", "handler", "method", "duty", "queue", "neighbour", "while_doing", "why", "error")
MOST_CAUSES = 2000


def set_up(level: str = "INFO", *, human: bool = False) -> None:
    """Route structlog and the libraries' own logs to standard error. ``human``: readable lines for a terminal."""
    warnings.filterwarnings("ignore", message=".*eventlet.*", category=DeprecationWarning)
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        Limit(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        drop_tokens,
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
    # nameko.rpc and the front door's broker libraries repeat whole answers at DEBUG, tokens among them.
    for chatty in ("alembic", "kombu", "amqp", "aio_pika", "aiormq", "nameko.rpc", "eventsourcing"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def drop_tokens(_logger: object, _method: str, line: EventDict) -> EventDict:
    """A dash for every access token in a line, should an error or a library repeat one."""
    for name, value in line.items():
        if isinstance(value, str) and "eyJ" in value:
            line[name] = without_tokens(value)
    return line


class Limit:
    """Lines at warning and above of one cause: ``burst`` of them in ``window`` seconds, then how many were left out.

    Of one cause are lines with the same event, place and kind of error. What is left out is counted by metrics.
    """

    def __init__(self, burst: int = BURST, window: float = WINDOW, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.window, self.clock = burst, window, clock
        self._causes: dict[tuple[str, ...], tuple[float, int]] = {}

    def __call__(self, _logger: object, _method: str, line: EventDict) -> EventDict:
        if line.get("level") not in LIMITED:
            return line
        now, cause = self.clock(), tuple(str(line.get(name, "")).partition(":")[0][:100] for name in CAUSE)
        since, lines = self._causes.get(cause, (now, 0))
        if now - since >= self.window:
            if lines > self.burst:
                line["suppressed"] = lines - self.burst
            since, lines = now, 0
        if len(self._causes) > MOST_CAUSES:
            self._causes.clear()
        self._causes[cause] = (since, lines + 1)
        if lines >= self.burst:
            raise structlog.DropEvent
        return line


def get(**bound: object) -> FilteringBoundLogger:
    """A logger with ``bound`` facts on every line."""
    logger: FilteringBoundLogger = structlog.get_logger(**bound)
    return logger
