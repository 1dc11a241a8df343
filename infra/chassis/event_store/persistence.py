"""Trying again: another writer was faster, or a connection broke."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from eventsourcing.persistence import IntegrityError
from eventsourcing.persistence import OperationalError as StoreOperationalError
from sqlalchemy.exc import OperationalError

from infra.chassis.refusals import ServiceUnavailable

ATTEMPTS = 12
Answer = TypeVar("Answer")


def persistently(attempt: Callable[[], Answer], service: str = "applications") -> Answer:
    """Try until no other writer was faster; a broken connection is tried twice more."""
    broken = 0
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except IntegrityError:
            # Threads and greenlets that lost the same race must not meet again at once.
            threading.Event().wait(0.002 * number)
        except (OperationalError, StoreOperationalError):
            broken += 1
            if broken > 2:
                raise
    raise ServiceUnavailable(service=service)
