"""Pure tests: whoever opens a socket, a process, a database or a file to write in one is refused.

Python's audit hooks see it, wherever it happens. A refusal that product code swallows is remembered, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

IMPURE = {
    "sqlite3.connect",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.fork",
    "os.posix_spawn",
    "os.exec",
    "os.system",
}
WRITING = os.O_WRONLY | os.O_RDWR
# Byte code and Hypothesis's memory of failures are no part of a test.
NOT_THE_TESTS_OWN = ("__pycache__", ".hypothesis", os.devnull)


class NotPure(AssertionError):
    """A test in ``tests/unit`` touched the world; its place is in ``tests/component``."""


class Watch:
    """The one audit hook of this process: Python has no way to take a hook away, so it is switched on and off."""

    def __init__(self) -> None:
        self.on, self.installed = False, False
        self.violations: list[str] = []

    def begin(self) -> None:
        if not self.installed:
            sys.addaudithook(self._hear)
            self.installed = True
        self.violations, self.on = [], True

    def end(self) -> list[str]:
        self.on = False
        return self.violations

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and (event in IMPURE or (event == "open" and is_write(*arguments))):
            self.violations.append(f"{event} {arguments[0] if event == 'open' else ''}".strip())
            raise NotPure(f"{self.violations[-1]}: a pure test touches no socket, process, database or file")


def is_write(path: object, _mode: object, flags: object) -> bool:
    own = not any(part in str(path) for part in NOT_THE_TESTS_OWN)
    return own and isinstance(flags, int) and bool(flags & WRITING)


WATCH = Watch()


@contextmanager
def pure() -> Iterator[None]:
    WATCH.begin()
    try:
        yield
    finally:
        violations = WATCH.end()
    if violations:
        raise NotPure(f"swallowed: {violations}")
