"""Replay: the row of each dossier made again from its stream, compared with the live one, and put right on request.

A dossier is looked at where its stream begins in the log, so memory stays flat and each is looked at once. What is not
in a stream is left as it is: the salt of the digests and whether its person was erased.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.interchange.domain import dossier_events as events
from services.interchange.domain.classic import without_people
from services.interchange.domain.dossiers import Received, dossier_of
from services.interchange.event_store.store import InterchangeStore
from services.interchange.mirroring.intake import SALT
from services.interchange.mirroring.rows import row_of
from services.interchange.mirroring.tables import MirroredDossier, MirroredStatement

READ_MODEL = "mirrored_dossier"
BATCH = 2000  # events of the log read at a time
PAGE = 500
LISTED_DIFFERENCES = 50
NOT_IN_STREAMS = {"erased"}

Progress = Callable[[int, int], None]  # (events read, events in the log)
Approval = Callable[[Json], bool]  # shown what was found, whether to swap
Columns = dict[str, object]


@dataclass
class MirrorReport:
    """What a rebuild found: ``differences`` are live rows that their streams do not give."""

    events: int = 0
    rows: int = 0
    differing: int = 0
    swapped: bool = False
    differences: list[Json] = field(default_factory=list)

    def to_json(self) -> Json:
        return dict(vars(self))

    def add(self, dossier_id: str, live: Columns | None, replayed: Columns | None) -> None:
        self.differing += 1
        if len(self.differences) < LISTED_DIFFERENCES:
            sides = [side for side in (live, replayed) if side is not None]
            names = [name for name in sides[0] if len(sides) < 2 or sides[0][name] != sides[1][name]]
            sides_shown = [side and {name: str(side[name]) for name in names} for side in (live, replayed)]
            self.differences.append({"application_id": dossier_id, "live": sides_shown[0], "replayed": sides_shown[1]})


def rebuild_mirror(
    settings: Settings,
    projection: str | None = None,
    *,
    swap: bool = False,
    agreed: Approval | None = None,
    progress: Progress | None = None,
) -> Json:
    """Replay every stream while the service runs; :class:`MirrorReport` as JSON.

    With ``swap`` each row that differs is put right in a transaction of its own; ``agreed`` is shown first what was
    found. ``ValueError`` for a read model that there is not.
    """
    if projection not in (None, READ_MODEL, "all"):
        raise ValueError(f"interchange has one read model, {READ_MODEL}, not {projection}")
    replay = MirrorReplay(InterchangeStore.from_settings(settings))
    if agreed is None:
        return replay.run(swap=swap, progress=progress).to_json()
    looked = replay.run(swap=False, progress=progress).to_json()
    return replay.run(swap=True, progress=None).to_json() if swap and agreed(looked) else looked


class MirrorReplay:
    """Goes through the log once."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store = store

    def run(self, *, swap: bool, progress: Progress | None) -> MirrorReport:
        report, streams = MirrorReport(swapped=swap), 0
        for begins in self._log(report, progress):
            for stream_id in begins:
                streams += 1
                self._look_at(stream_id, report, swap=swap)
        with self.store.database.session() as session:
            report.rows = int(session.scalar(select(func.count()).select_from(MirroredDossier)) or 0)
        if report.rows > streams:
            self._look_for_rows_without_stream(report, swap=swap)
        return report

    def _log(self, report: MirrorReport, progress: Progress | None) -> Iterator[list[UUID]]:
        """The streams that begin in each part of the log."""
        after, last = 0, self.store.streams.recorder.max_notification_id() or 0
        while notifications := self.store.notifications(after, BATCH):
            after = notifications[-1].id
            report.events += len(notifications)
            if progress:
                progress(report.events, max(report.events, last))
            yield [UUID(str(event.originator_id)) for event in notifications if event.originator_version == 1]

    def _look_at(self, stream_id: UUID, report: MirrorReport, *, swap: bool) -> None:
        """Compare one dossier with its stream; writers of it wait meanwhile."""
        key = str(stream_id)
        with self.store.database.session() as session:
            live = session.scalars(select(MirroredDossier).where(MirroredDossier.dossier_id == key).with_for_update())
            row = live.first()
            replayed, source, number = self._replayed(stream_id)
            present = {name: getattr(row, name) for name in replayed} if row is not None else None
            if present == replayed:
                return
            report.add(key, present, replayed)
            if not swap:
                return
            if row is None:
                session.add(self._restored(session, key, source, number, replayed))
            else:
                for name, value in replayed.items():
                    setattr(row, name, value)

    def _replayed(self, stream_id: UUID) -> tuple[Columns, str, str]:
        """The columns that the stream gives, and whose it is under which number."""
        stream = self.store.events_of(stream_id)
        bodies = [events.stored_event(event.topic, event.state) for event in stream]
        received: list[Received] = [
            events.replayed_statement(event.topic, body, event.originator_version)
            for event, body in zip(stream, bodies, strict=True)
        ]
        columns = {name: value for name, value in row_of(dossier_of(received)).items() if name not in NOT_IN_STREAMS}
        latest = max(received, key=lambda item: item.version)
        columns |= {"version": latest.version, "updated_at": latest.received_at}
        return columns, bodies[0]["source"], bodies[0]["number"]

    def _restored(self, session: Session, key: str, source: str, number: str, replayed: Columns) -> MirroredDossier:
        """A row that was lost. Where no content names anybody, its person may have been erased: nothing more is taken.

        With a new salt no content is known as a repeat. Readers of changes get it at the end of the log.
        """
        contents = session.scalars(select(MirroredStatement.content).where(MirroredStatement.dossier_id == key)).all()
        erased = all(content == without_people(json.loads(content)) for content in contents)
        return MirroredDossier(
            **replayed, dossier_id=key, source=source, number=number, erased=erased,
            salt=b"" if erased else secrets.token_bytes(SALT),
            position=self.store.streams.recorder.max_notification_id() or 0,
        )  # fmt: skip

    def _look_for_rows_without_stream(self, report: MirrorReport, *, swap: bool) -> None:
        """Rows that nobody told of; with ``swap`` they go."""
        table, after = MirroredDossier, ""
        while True:
            with self.store.database.session() as session:
                page = select(table).where(table.dossier_id > after).order_by(table.dossier_id).limit(PAGE)
                rows = session.scalars(page).all()
                for row in rows:
                    if not self.store.events_of(UUID(row.dossier_id)):
                        report.add(row.dossier_id, {"number": row.number}, None)
                        if swap:
                            session.delete(row)
            if not rows:
                return
            after = rows[-1].dossier_id
