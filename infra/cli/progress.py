"""How far a long command has got, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 2.0  # seconds between lines where there is no terminal

OnProgress = Callable[..., None]  # (done so far, of how many if known, what is being done if that has changed)


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[OnProgress]:
    """Gives a function to call with how much is done; ``quiet`` for machine-readable output."""
    if quiet:
        yield lambda done, total, what=None: None
    elif sys.stderr.isatty():
        yield from _bar(what)
    else:
        yield from _lines(what)


def _bar(what: str) -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, now=None: bar.update(task, completed=done, total=total, description=now or what)


def _lines(what: str) -> Iterator[OnProgress]:
    last, printed = time.monotonic(), 0

    def on_progress(done: int, total: int | None, now: str | None = None) -> None:
        nonlocal last, printed
        if time.monotonic() - last >= EVERY or (total is not None and done == total != printed):
            last, printed = time.monotonic(), done
            print(f"{now or what}: {done:,}" + (f" / {total:,}" if total else ""), file=sys.stderr, flush=True)

    yield on_progress
