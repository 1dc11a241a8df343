"""What is published of statements for whoever counts: ``dossiers_mirrored.v1``, a part of a batch, about cases alone.

Each statement once, with the times it states and when it was received; beside it where the dossier is handled and under
which procedure, as all its statements make it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue_all
from services.interchange.domain.classic import read_times
from services.interchange.domain.dossiers import DOSSIER, Received
from services.interchange.mirroring.rows import KnownDossier
from services.interchange.mirroring.tables import MirroredDossier

EVENT = "dossiers_mirrored.v1"
AT_ONCE = 100  # dossiers of an event: some ten kilobytes a hundred
MOMENTS = {
    "filed_at": "NgayNopHoSo", "accepted_at": "NgayTiepNhan", "due_at": "NgayHenTra", "refused_at": "NgayTuChoi",
    "finished_at": "NgayKetThucXuLy", "returned_at": "NgayTra",
}  # fmt: skip
CHANNELS = {"1": "counter", "2": "online", "3": "post"}


def publish_statements(session: Session, source: str, changed: Iterable[KnownDossier]) -> None:
    """Publish what a batch has brought, as many dossiers an event as fit."""
    dossiers = list(changed)
    table = MirroredDossier
    for start in range(0, len(dossiers), AT_ONCE):
        part = dossiers[start : start + AT_ONCE]
        columns = (table.dossier_id, table.agency, table.procedure_code)
        places = {
            row.dossier_id: row
            for row in session.execute(select(*columns).where(table.dossier_id.in_([item.key for item in part])))
        }
        items = [
            {
                "dossier_id": item.key,
                "reference": item.number,
                "agency_code": (places[item.key].agency or "")[:64],
                "procedure_code": (places[item.key].procedure_code or "")[:64],
                "statements": [_statement(received) for received in item.added],
            }
            for item in part
        ]
        enqueue_all(session, EVENT, [(source, {"source": source, "dossiers": items})])


def _statement(received: Received) -> Json:
    facts = received.statement.facts
    common = {
        "version": received.version,
        "kind": received.statement.kind,
        "at": received.at.isoformat(),
        "received_at": received.received_at.isoformat(),
        "official_status": received.official,
    }
    if received.statement.kind != DOSSIER:
        return common
    times = read_times(facts)[0]
    return {
        **common,
        **{name: _text(times.get(field)) for name, field in MOMENTS.items()},
        "channel": CHANNELS.get(str(facts.get("KenhThucHien")), "counter"),
        "fees": facts.get("fees", 0),
        "paid_online": str(facts.get("DuocThanhToanTrucTuyen")) in {"1", "2"},
        "results": facts.get("results", 0),
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
