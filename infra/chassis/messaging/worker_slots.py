"""Half of a service's workers are for events: doors find the others free, however many events wait."""

from __future__ import annotations

from typing import Protocol

from eventlet.semaphore import Semaphore


class _Container(Protocol):
    max_workers: int
    _worker_slots: WorkerSlots


class WorkerSlots:
    """Places for events at work at the same time. Doors find the other workers free, however many events wait."""

    def __init__(self, places: int) -> None:
        self._places = Semaphore(places)
        self._closed = False

    @classmethod
    def of(cls, container: _Container) -> WorkerSlots:
        """The one of a container: half of its workers."""
        if not hasattr(container, "_worker_slots"):
            container._worker_slots = cls(max(1, container.max_workers // 2))
        return container._worker_slots

    def enter(self) -> bool:
        """Wait for a place; ``False`` if by then no event is to be begun any more."""
        self._places.acquire()
        if self._closed:
            self.leave()
        return not self._closed

    def leave(self) -> None:
        self._places.release()

    def close(self) -> None:
        self._closed = True
