"""Work for the processor that must not hold up the hub: digests of passwords, decoding of uploads.

Two native threads for a process: every further one would keep an arena of memory of its own, and a flood of such work
would take all cores from everybody else.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

AT_ONCE = 2
Result = TypeVar("Result")


def in_native_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Run ``work`` in a native thread when this process lives on an eventlet hub, else here."""
    if "eventlet" in sys.modules:
        from eventlet import patcher, tpool

        if patcher.is_monkey_patched("thread"):
            with _slots():
                result: Result = tpool.execute(work, *arguments)
                return result
    return work(*arguments)


@functools.cache
def _slots() -> AbstractContextManager[object]:
    """A place for each native thread: whoever finds none waits on the hub, not in tpool's queue."""
    from eventlet import tpool
    from eventlet.semaphore import Semaphore

    tpool.set_num_threads(AT_ONCE)
    places: AbstractContextManager[object] = Semaphore(AT_ONCE)
    return places
