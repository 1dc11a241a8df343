"""Applications that other systems handle, as *interchange* publishes what it is told: facts beside the own ones.

They count in every figure of the agency that handles them; ``synchronised`` of a form says how many of a row they are.
An application of this platform that comes back as a dossier is counted once, as it is here.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.event_ids import EventId
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from services.oversight.domain.fact import OWN, Fact
from services.oversight.domain.mirrored import moves_of_statement
from services.oversight.fact_store import EVENT, FACT, fold_again, folded_columns

SOURCE = 40  # characters


class MirroredFacts:
    """Takes statements about applications elsewhere."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> MirroredFacts:
        return cls(Database.at(settings.database_url("oversight")))

    def dossiers_mirrored(self, event: CloudEvent) -> None:
        """``dossiers_mirrored.v1``; in any order and again, it makes no difference."""
        with self.database.handle_once("dossiers_mirrored", event) as session:
            if session is not None:
                self.record(session, event)

    def record(self, session: Session, event: CloudEvent) -> None:
        data, parsed = event["data"], EventId.parse(event["id"])
        position = parsed.position if parsed else 0
        own = _own_references(session, [item["reference"] for item in data["dossiers"]])
        items = {item["dossier_id"]: item for item in data["dossiers"] if item["reference"] not in own}
        if not items:
            return
        _note_identities(session, data["source"][:SOURCE], position, items)
        held_rows = select(FACT).where(FACT.c.application_id.in_(sorted(items))).order_by(FACT.c.application_id)
        facts = session.execute(held_rows.with_for_update()).mappings().all()
        moves = [
            {**move._asdict(), "application_id": key}
            for key, item in items.items()
            for statement in item["statements"]
            for move in moves_of_statement(statement, position, f"{event['id']}/{key}/{statement['version']}")
        ]
        if moves:
            session.execute(insert_into(session, EVENT).on_conflict_do_nothing(), moves)
        fold_again(session, facts)


def _own_references(session: Session, references: list[str]) -> set[str]:
    query = select(FACT.c.reference).where(FACT.c.reference.in_(references), FACT.c.source == OWN)
    return set(session.scalars(query))


def _note_identities(session: Session, source: str, position: int, items: Mapping[str, Mapping[str, object]]) -> None:
    """Where each is handled and under which procedure: the latest event holds, in whatever order they come."""
    names = ("reference", "agency_code", "procedure_code")
    rows = [
        {"application_id": key, "source": source, "applicant_id": None, **{name: item[name] for name in names}}
        | {**folded_columns(Fact(key)), "last_position": position}
        for key, item in sorted(items.items())
    ]
    statement = insert_into(session, FACT)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["application_id"],
            set_={name: statement.excluded[name] for name in names},
            where=FACT.c.last_position <= statement.excluded.last_position,
        ),
        rows,
    )
