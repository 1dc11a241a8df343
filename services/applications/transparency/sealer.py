"""The sealer: gives every recorded event a dense leaf and signs checkpoints that extend the last one, or nothing.

One duty of the applications follower. Leaves, nodes and checkpoint of a batch are one transaction, so a crash at any
point leaves the log as it was before the batch or after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import ColumnClause, Connection, column, func, select, table

from infra.chassis import metrics
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.reads import Read
from services.applications.transparency.history_keys import HistoryKeys
from services.applications.transparency.keys import signing_keys
from services.applications.transparency.leaf import StoredRow, leaf_of
from services.applications.transparency.log import TILE_HEIGHT, Head, LogDamaged, StoredLog
from services.applications.transparency.merkle import is_consistent, leaf_hash
from services.applications.transparency.notes import Checkpoint, NotANote, SigningKey, sign, signers
from services.applications.transparency.stored_rows import EventTable

CHECKPOINT_EVENTS = 256
BATCH = 16 * CHECKPOINT_EVENTS
INTERVAL = 2.0  # seconds; with the follower's own polling an event waits well under five


class DoesNotExtend(Exception):
    """What is stored does not continue the last signed checkpoint: nothing is signed until someone has looked."""


class NotAuthentic(DoesNotExtend):
    """An event that this service did not record: it gets no leaf, nor does anything after it."""

    def __init__(self, row: StoredRow, why: str) -> None:
        super().__init__(f"event {row.notification_id}, version {row.version} of {row.application_id}: {why}")
        self.row, self.why = row, why


class Sealer:
    """Seals events in order of their notification ids.

    `published`: gives the checkpoint note last published elsewhere (a folder, a witness), if any; a store that has
    fewer leaves than that, or other ones, is not sealed further. `history_keys`: of the MACs every event must have;
    `report` is given the first event that has none.
    """

    name = "sealer"

    def __init__(
        self,
        database: Database,
        keys: Sequence[SigningKey],
        events: EventTable | None = None,
        interval: float = INTERVAL,
        published: Callable[[], str | None] | None = None,
        history_keys: HistoryKeys | None = None,
        report: Callable[[StoredRow, str], None] | None = None,
    ) -> None:
        self.database = database
        self.keys = list(keys)
        self.events = events or EventTable()
        self.interval = interval
        self._published = published or (lambda: None)
        self._history_keys, self._report = history_keys, report or (lambda *_: None)
        self._sealed_at = float("-inf")
        self._sealed_to: int | None = None  # as far as this process has sealed
        position: ColumnClause[int] = column("rowid" if database.engine.dialect.name == "sqlite" else "notification_id")
        self._last_event = Read(select(func.max(position).label("last")).select_from(table(self.events.name)))

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        events: EventTable | None = None,
        report: Callable[[StoredRow, str], None] | None = None,
    ) -> Sealer:
        from services.applications.transparency.tiles import tile_store

        database = Database.at(settings.database_url("applications"))
        interval = settings.number("AUDIT_SEAL_SECONDS", INTERVAL)
        published, history_keys = tile_store(settings).checkpoint, HistoryKeys.from_settings(settings)
        return cls(database, signing_keys(settings), events, interval, published, history_keys, report)

    def step(self) -> int:
        """Seal what is waiting, if enough of it or long enough; how many events got a leaf."""
        try:
            sealed = self._step()
        except NotAuthentic as refused:
            metrics.history_not_authentic.set(1)
            self._report(refused.row, refused.why)
            raise
        if sealed:
            metrics.history_not_authentic.set(0)
        return sealed

    def _step(self) -> int:
        if not self._may_be_due():
            return 0
        with self.database.session() as session:
            connection = session.connection()
            log = StoredLog(connection)
            head = log.head()
            rows = self._authentic(connection, head)
            if not rows or not self._is_due(len(rows)):
                return 0
            self._check_follows(connection, head, rows)
            self._seal(log, head, rows)
        self._sealed_at, self._sealed_to = time.monotonic(), rows[-1].notification_id
        return len(rows)

    def _may_be_due(self) -> bool:
        """Whether so much may be waiting, by the last position alone: positions have holes, and none is given twice."""
        if self._sealed_to is None:
            return True
        waiting = (self.database.rows(self._last_event)[0].last or 0) - self._sealed_to
        return waiting < 0 or (waiting > 0 and self._is_due(waiting))

    def finish(self) -> int:
        """Seal all that is there, due or not: nothing may be waiting when the process ends."""
        done, self._sealed_at = 0, float("-inf")
        while sealed := self.step():
            done, self._sealed_at = done + sealed, float("-inf")
        return done

    def _authentic(self, connection: Connection, head: Head) -> list[StoredRow]:
        """The rows that wait, up to the first that this service did not record; :class:`NotAuthentic` for that one."""
        if self._history_keys is None:
            return self.events.after(connection, head.notification_id, BATCH)
        rows: list[StoredRow] = []
        for row, key_id, mac in self.events.with_macs(connection, head.notification_id, BATCH):
            if wrong := self._history_keys.problem(row.application_id, row.version, row.topic, row.state, key_id, mac):
                if not rows:
                    raise NotAuthentic(row, wrong)
                break  # what comes before it is sealed first
            rows.append(row)
        return rows

    def _is_due(self, waiting: int) -> bool:
        return waiting >= CHECKPOINT_EVENTS or time.monotonic() - self._sealed_at >= self.interval

    def _seal(self, log: StoredLog, head: Head, rows: list[StoredRow]) -> None:
        last = self._check_last(log, head)
        log.remember_keys([str(key.verifier) for key in self.keys])
        frontier, leaves, nodes, notes = log.frontier(head.size), [], [], []
        for row in rows:
            leaf = leaf_of(row)
            leaves.append((row.notification_id, leaf))
            nodes += [done for done in frontier.append(leaf_hash(leaf)) if done[0] % TILE_HEIGHT == 0]
            if len(leaves) % CHECKPOINT_EVENTS == 0 or len(leaves) == len(rows):
                notes.append(Checkpoint(self.keys[0].name, frontier.size, frontier.root()))
        log.add(head.size, leaves, nodes)
        self._check_extends(log.connection, last, notes[-1])
        for checkpoint in notes:
            log.add_checkpoint(checkpoint.size, sign(checkpoint, self.keys))

    def _check_follows(self, connection: Connection, head: Head, rows: list[StoredRow]) -> None:
        """Every event must be the next of its history: one inserted without the service seldom is."""
        last = self.events.last_versions(connection, {row.application_id for row in rows}, head.notification_id)
        for row in rows:
            expected = last.get(row.application_id, 0) + 1
            if row.version != expected:
                raise DoesNotExtend(
                    f"event {row.notification_id} of {row.application_id} has version {row.version}, not {expected}"
                )
            last[row.application_id] = expected

    def _check_last(self, log: StoredLog, head: Head) -> Checkpoint | None:
        """The last signed checkpoint, after making sure that what is stored still has its root."""
        last, published = self._own(log.checkpoint()), self._own(self._published())
        signed = last.size if last else 0
        if head.size != signed:
            raise DoesNotExtend(f"{head.size} leaves are stored, the last checkpoint was over {signed}")
        for note in (last, published):
            if note and (note.size > head.size or self._root(log, note.size) != note.root):
                raise DoesNotExtend(f"the stored leaves do not give the signed root of the first {note.size} leaves")
        return last

    def _check_extends(self, connection: Connection, last: Checkpoint | None, new: Checkpoint) -> None:
        """Proved from what has just been stored, with the same check a witness makes."""
        if last is None:
            return
        proof = StoredLog(connection).consistency_proof(last.size, new.size)
        if not is_consistent(last.size, last.root, new.size, new.root, proof):
            raise DoesNotExtend(f"the tree of {new.size} leaves does not extend the signed one of {last.size}")

    def _own(self, note: str | None) -> Checkpoint | None:
        """Read a checkpoint that one of the keys at hand signed (not: one the database names); refuses any other."""
        if note is None:
            return None
        try:
            checkpoint, signed = Checkpoint.parse(note), signers(note, [key.verifier for key in self.keys])
        except NotANote as error:
            raise DoesNotExtend(f"a checkpoint of this log cannot be trusted: {error}") from error
        if not signed or checkpoint.origin != self.keys[0].name:
            raise DoesNotExtend("the last checkpoint of this log is signed by none of its present keys")
        return checkpoint

    def _root(self, log: StoredLog, size: int) -> bytes:
        try:
            return log.root(size)
        except LogDamaged as error:
            raise DoesNotExtend(str(error)) from error
