"""Pure tests: whoever opens a socket, a process, a database or a file to write in one is refused.

Python's audit hooks see it, wherever it happens. A refusal that product code swallows is remembered, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
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
# Byte code is no part of a test.
NOT_THE_TESTS_OWN = ("__pycache__", os.devnull)
# Nor is what the tools of testing write: Hypothesis keeps failures, by way of the folder for temporary files.
STANDARD_LIBRARY = str(Path(os.__file__).parent)
TOOLS = tuple(f"{os.sep}site-packages{os.sep}{name}{os.sep}" for name in ("hypothesis", "_pytest"))
GREEN = f"{os.sep}site-packages{os.sep}eventlet{os.sep}"


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
        if self.on and (event in IMPURE or (event == "open" and is_write(*arguments))) and not is_by_a_tool():
            self.violations.append(f"{event} {arguments[0] if event == 'open' else ''}".strip())
            raise NotPure(f"{self.violations[-1]}: a pure test touches no socket, process, database or file")


def is_write(path: object, _mode: object, flags: object) -> bool:
    own = not any(part in str(path) for part in NOT_THE_TESTS_OWN)
    return own and isinstance(flags, int) and bool(flags & WRITING)


def is_by_a_tool() -> bool:
    """Whether the nearest caller outside the standard library is Hypothesis or pytest. Asked of violations only."""
    frame: FrameType | None = sys._getframe(2)
    while frame and is_standard(frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None and any(tool in frame.f_code.co_filename for tool in TOOLS)


def is_standard(file: str) -> bool:
    """Of Python itself, or of eventlet, which stands in for parts of it."""
    of_python = file.startswith(STANDARD_LIBRARY) and "site-packages" not in file
    return of_python or file.startswith("<frozen") or GREEN in file


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
