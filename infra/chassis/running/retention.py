"""Deletes what has been stored for long enough: a duty of followers, in small batches, each its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import Database

Deletion = Callable[[Session, int], int]


class RetentionDuty:
    """Takes each of ``deletions`` (session, how many at most → how many were) in turn; a full batch is gone on with."""

    batch = 200

    def __init__(self, database: Database, name: str, deletions: Sequence[Deletion], *, rest: float = 60.0) -> None:
        """``rest``: seconds until it looks again after it found nothing."""
        self.database, self.name, self.deletions, self.rest = database, name, deletions, rest

    def step(self) -> int:
        with self.database.session() as session:
            return sum(delete(session, self.batch) for delete in self.deletions)


def retention_of(settings: Settings, name: str, default: float) -> timedelta:
    """Days a setting says, a day at least; ends the process by the setting's name otherwise."""
    days = settings.number(name, default)
    if not 1 <= days <= 36_525:
        raise SettingMissing(name, f"{days:g} is no number of days from 1 to 36525")
    return timedelta(days=days)
