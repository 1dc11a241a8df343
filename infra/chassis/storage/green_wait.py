"""psycopg's waits on the event hub itself: one registration with the hub, where the green selector makes four objects.

Only where sockets are green (doors and commands on the hub); plain processes keep the driver's own wait. Semantics are
those of ``psycopg.waiting.wait_selector``. Connecting, which is rare, keeps that one.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from time import monotonic
from typing import SupportsInt

import psycopg
from eventlet.greenthread import getcurrent
from eventlet.hubs import get_hub
from eventlet.patcher import is_monkey_patched
from psycopg import waiting

NONE, READABLE, WRITABLE = int(waiting.READY_NONE), int(waiting.READY_R), int(waiting.READY_W)


def wait_on_the_hub() -> None:
    """Have every connection of this process wait on the hub, if it has one."""
    if waiting.wait is not wait and is_monkey_patched("socket"):
        waiting.wait = wait  # type: ignore[assignment]  # the attribute that connections look up for each statement


def wait(
    statement: Generator[SupportsInt, object, object], fileno: int, interval: float = 0.0, timeout: float | None = None
) -> object:
    """What ``statement`` returns; between its steps other greenlets have their turn."""
    until = None if timeout is None else monotonic() + timeout
    try:
        direction = next(statement)
        while True:
            seconds = interval if until is None else max(0.0, min(interval, until - monotonic()))
            ready = _ready(fileno, int(direction), seconds)
            if ready:
                direction = statement.send(ready)
            else:
                os.fstat(fileno)  # nothing came: has somebody closed the connection meanwhile?
                statement.send(NONE)
            if until is not None and monotonic() >= until:
                raise psycopg.errors._WaitTimeout("wait timeout expired")
    except (OSError, ValueError) as error:
        raise psycopg.OperationalError("connection socket closed") from error
    except StopIteration as done:
        return done.value


def _ready(fileno: int, direction: int, seconds: float) -> int:
    """Which of reading and writing ``fileno`` is ready for; 0 when neither was within ``seconds``."""
    hub, current = get_hub(), getcurrent()
    waits = [True]

    def resume(ready: int) -> None:
        if waits:  # not once more for the other direction, or the timer, of the same turn of the hub
            waits.clear()
            current.switch(ready)

    def interrupt(*error: object) -> None:
        if waits:
            waits.clear()
            current.throw(*error)

    def expire() -> None:
        timers.append(hub.schedule_call_global(0, resume, NONE))  # after the hub has looked: what is there comes first

    timers, listeners = [hub.schedule_call_global(seconds, expire)], []
    try:
        if direction & READABLE:
            listeners.append(hub.add(hub.READ, fileno, lambda _: resume(READABLE), interrupt, None))
        if direction & WRITABLE:
            listeners.append(hub.add(hub.WRITE, fileno, lambda _: resume(WRITABLE), interrupt, None))
        return int(hub.switch())
    finally:
        waits.clear()
        for timer in timers:
            timer.cancel()
        for listener in listeners:
            hub.remove(listener)
