"""Events in, facts out: keeps every event once, folds it into its application's fact, reads facts as of any cut-off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import cast

from sqlalchemy import RowMapping, Select, Table, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.event_ids import EventId
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from services.oversight.domain.fact import OWN, Fact, RecordedMove
from services.oversight.domain.folding import fold, move_of
from services.oversight.domain.periods import FigureWindow
from services.oversight.integrity_line import record_findings, record_of_applicant
from services.oversight.models import ApplicationFact, ReceivedEvent

Rows = Sequence[RowMapping]
EVENT_TYPES = (
    "application_started.v1",
    "application_attached.v1",
    "application_detached.v1",
    "application_submitted.v1",
    "application_accepted.v1",
    "intake_refused.v1",
    "supplement_requested.v1",
    "application_supplemented.v1",
    "application_assigned.v1",
    "payment_requested.v1",
    "fee_settled.v1",
    "consultation_requested.v1",
    "consultation_answered.v1",
    "deadline_extended.v1",
    "withdrawal_requested.v1",
    "application_withdrawn.v1",
    "withdrawal_declined.v1",
    "application_stopped.v1",
    "outcome_proposed.v1",
    "application_approved.v1",
    "application_rejected.v1",
    "proposal_returned.v1",
    "result_returned.v1",
    "appealed.v1",
    "appeal_dismissed.v1",
    "appeal_upheld.v1",
    "application_rated.v1",
)
CHUNK = 2_000  # applications read, or folded again, in one transaction
IN_SQL = 500  # agencies named in a statement; a larger scope is narrowed down here
FACT, EVENT = cast(Table, ApplicationFact.__table__), cast(Table, ReceivedEvent.__table__)
IDENTITY = ("application_id", "source", "reference", "agency_code", "procedure_code", "applicant_id")
MOVE = [EVENT.c[name] for name in RecordedMove._fields]


class FactStore:
    """The facts of all applications."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> FactStore:
        return cls(Database.at(settings.database_url("oversight")))

    def receive(self, event: CloudEvent) -> None:
        """Take one event in; again, and in any order, it makes no difference."""
        with self.database.handle_once("fact", event) as session:
            if session is None:
                return
            self.record(session, [event])
            if event["type"] == "application_submitted.v1":
                _look_at_applicant(session, event["data"]["application_id"])

    def record(self, session: Session, events: Iterable[CloudEvent | Json], source: str = OWN) -> None:
        """Keep events and fold the applications that they are about again."""
        rows = [_event_row(event) for event in events]
        first = {row["application_id"]: row for row in rows}
        identities = [{**row["identity"], "source": source, **folded_columns(Fact(key))} for key, row in first.items()]
        session.execute(insert_into(session, FACT).on_conflict_do_nothing(), identities)
        event_rows = [{name: row[name] for name in EVENT.c.keys()} for row in rows]  # noqa: SIM118
        held_rows = select(FACT).where(FACT.c.application_id.in_(sorted(first))).order_by(FACT.c.application_id)
        facts: Rows = session.execute(held_rows.with_for_update()).mappings().all()
        session.execute(insert_into(session, EVENT).on_conflict_do_nothing(), event_rows)
        fold_again(session, facts)

    def rebuild(self) -> int:
        """Fold every application again from the events kept; how many events that were. Memory stays flat."""
        folded, after = 0, ""
        while True:
            with self.database.session() as session:
                held_rows = (
                    select(FACT).where(FACT.c.application_id > after).order_by(FACT.c.application_id).limit(CHUNK)
                )
                facts: Rows = session.execute(held_rows.with_for_update()).mappings().all()
                if not facts:
                    return folded
                folded += fold_again(session, facts)
                after = facts[-1]["application_id"]

    def facts(self, window: FigureWindow, scope: Collection[str] | None = None, after: str = "") -> Iterator[Fact]:
        """Facts as they stood at the end of the window, by application id, of the agencies in ``scope`` (None: all).

        Those that cannot count in the window are left out. One transaction for each chunk: figures keep nobody waiting.
        """
        while True:
            with self.database.session() as session:
                rows: Rows = session.execute(_of_window(window, scope, after)).mappings().all()
                later = [row for row in rows if _has_later(row, window)]
                moves = _moves_of(session, [row["application_id"] for row in later])
            for row in rows:
                if scope is not None and row["agency_code"] not in scope:
                    continue
                own = moves.get(row["application_id"])
                yield _stored(row) if own is None else window.as_of_end(_identity(row), own, row["source"])
            if len(rows) < CHUNK:
                return
            after = rows[-1]["application_id"]

    def moves(self, application_ids: Collection[str]) -> dict[str, list[RecordedMove]]:
        """The events of these applications, each in the order of its stream."""
        with self.database.session() as session:
            return _moves_of(session, application_ids)

    def counts(self) -> dict[str, int]:
        """How many applications and events there are, and up to which position of the log."""
        with self.database.session() as session:
            applications = session.scalar(select(func.count()).select_from(FACT)) or 0
            events, position = session.execute(select(func.count(), func.max(EVENT.c.position))).one()
            return {"applications": applications, "events": events, "position": position or 0}


def _of_window(window: FigureWindow, scope: Collection[str] | None, after: str) -> Select[object]:
    open_in_it = or_(FACT.c.ended_at.is_(None), FACT.c.ended_at >= window.since, FACT.c.last_at >= window.until)
    rows = select(FACT).where(FACT.c.application_id > after, FACT.c.submitted_at < window.until, open_in_it)
    if scope is not None and len(scope) <= IN_SQL:
        rows = rows.where(FACT.c.agency_code.in_(sorted(scope)))
    return rows.order_by(FACT.c.application_id).limit(CHUNK)


def _has_later(row: RowMapping, window: FigureWindow) -> bool:
    """Whether something happened to it that the window does not know."""
    limit = dict(window.cut_off.positions).get(row["source"])
    return row["last_at"] >= window.until or (limit is not None and row["last_position"] > limit)


def _moves_of(session: Session, application_ids: Collection[str]) -> dict[str, list[RecordedMove]]:
    if not application_ids:
        return {}
    key = EVENT.c.application_id
    rows = session.execute(select(key, *MOVE).where(key.in_(sorted(application_ids))).order_by(key, EVENT.c.version))
    return {
        application_id: [RecordedMove(*row[1:]) for row in own]
        for application_id, own in groupby(rows, key=itemgetter(0))
    }


def fold_again(session: Session, rows: Rows) -> int:
    moves = _moves_of(session, [row["application_id"] for row in rows])
    changed = []
    for row in rows:
        own = moves.get(row["application_id"], [])
        if row["source"] == OWN:  # of others' statements interchange says itself what is odd
            record_findings(session, row, own)
        position = max((move.position for move in own), default=0)
        columns = folded_columns(fold(_identity(row), own), position)
        changed.append({f"new_{name}": value for name, value in columns.items()} | {"key": row["application_id"]})
    if changed:
        names = [name.removeprefix("new_") for name in changed[0] if name != "key"]
        values = {name: bindparam(f"new_{name}", type_=FACT.c[name].type) for name in names}
        session.connection().execute(
            update(FACT).where(FACT.c.application_id == bindparam("key")).values(values), changed
        )
    return sum(len(own) for own in moves.values())


def _look_at_applicant(session: Session, application_id: str) -> None:
    row = session.execute(select(FACT).where(FACT.c.application_id == application_id)).mappings().one()
    moves = _moves_of(session, [application_id]).get(application_id, [])
    record_of_applicant(session, row, moves)


def folded_columns(fact: Fact, position: int = 0) -> dict[str, object]:
    return {
        "submitted_at": fact.submitted_at,
        "ended_at": fact.ended_at,
        "last_at": fact.last_at,
        "last_position": position,
        "state": fact.folded(),
    }


def _identity(row: RowMapping) -> Fact:
    return Fact(**{name: row[name] for name in IDENTITY})


def _stored(row: RowMapping) -> Fact:
    return Fact(**{name: row[name] for name in IDENTITY}, **row["state"])


def _event_row(event: CloudEvent | Json) -> Json:
    data = event["data"]
    parsed = EventId.parse(event["id"])
    move = move_of(event, parsed.position if parsed else 0)
    identity = {name: data[name] for name in IDENTITY if name != "source"}
    return {**move._asdict(), "application_id": data["application_id"], "identity": identity}
