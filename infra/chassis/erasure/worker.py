"""The duty of every follower that takes an erased person out of everything its service keeps.

Step by step, each noted when it is done, so that a process that dies goes on where it was; every step finds nothing
the second time. Queues and the chassis' tables come first, as long as it is known by what else than ids the person is
found in them; the tables once more after the service's own, from which something may have been published meanwhile.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.crash_points import crash_at
from infra.chassis.erasure.queues import SweepInProgress, sweep
from infra.chassis.erasure.requests import ErasureRequests
from infra.chassis.erasure.tables import TABLES
from infra.chassis.settings import Settings
from infra.chassis.storage.reads import Read
from infra.chassis.storage.tables import forgotten_subject
from infra.chassis.storage.types import TableRow

STEPS = ("queues", "outside", *TABLES, "own", *TABLES, "pages", "answer")
OUTSIDE_THE_DATABASE = frozenset({"queues", "outside", "pages"})  # not in the database's tables


DUE = Read(
    select(forgotten_subject)
    .where(forgotten_subject.c.finished_at.is_(None))
    .order_by(forgotten_subject.c.noted_at)
    .limit(1)
)


class ErasureWorker:
    """Works off what :class:`Erasures` has noted, one step of one person at a time."""

    name = "forgetting"

    def __init__(self, settings: Settings, erasures: ErasureRequests) -> None:
        self.settings, self.erasures, self.database = settings, erasures, erasures.database

    @classmethod
    def of(cls, settings: Settings, erasures: type[ErasureRequests]) -> ErasureWorker:
        return cls(settings, erasures.from_settings(settings))

    def step(self) -> int:
        if not (rows := self.database.rows(DUE)):
            return 0
        row = rows[0]
        with self.database.session() as session:
            marks = {*row.marks, *self.erasures.marks(session, row.account_id)}
        step = STEPS[row.progress["step"]]
        work = self._outside if step in OUTSIDE_THE_DATABASE else self._inside
        done = work(step, row, marks)
        crash_at("in_forgetting")
        return done

    def _outside(self, step: str, row: TableRow, marks: set[str]) -> int:
        """Done, then noted; a crash in between does it again."""
        removed: dict[str, int] = {}
        if step == "queues":
            try:
                removed = sweep(self.settings, marks, f"{self.erasures.service} {row.erasure_id}")
            except SweepInProgress:
                return 0
        elif step == "outside":
            removed = self.erasures.forget_outside(row.account_id, marks)
        elif not self.database.purge():
            return 0
        with self.database.session() as session:
            self._note(session, row, removed)
        return 1

    def _inside(self, step: str, row: TableRow, marks: set[str]) -> int:
        """A part of the tables and the note that it is done, in one transaction."""
        after = row.progress.get("after")
        with self.database.session() as session:
            if step == "own":
                self._note(session, row, self.erasures.forget(session, row.account_id, marks))
            elif step == "answer":
                self._finish(session, row)
            else:
                after, count = TABLES[step](session, row.account_id, marks, after)
                self._note(session, row, {step: count} if count else {}, after)
        return 1

    def _note(
        self, session: Session, row: TableRow, removed: dict[str, int], after: list[object] | None = None
    ) -> None:
        step = row.progress["step"]
        progress = {"step": step, "after": after} if after else {"step": step + 1}
        total = {name: row.removed.get(name, 0) + removed.get(name, 0) for name in {*row.removed, *removed}}
        session.execute(
            forgotten_subject.update()
            .where(forgotten_subject.c.erasure_id == row.erasure_id)
            .values(progress=progress, removed=total)
        )

    def _finish(self, session: Session, row: TableRow) -> None:
        self.erasures.confirm(session, row.erasure_id, row.account_id, dict(row.removed))
        session.execute(
            forgotten_subject.update()
            .where(forgotten_subject.c.erasure_id == row.erasure_id)
            .values(finished_at=clock.now())
        )
