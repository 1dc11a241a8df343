"""What is published of a dossier to whoever shows its citizen their applications: ``own_dossier_changed.v1``.

One event for each account whose dossier it is, with facts of the case and nobody's name. The latest ``version`` of a
dossier holds; the same version comes again when somebody registers whose dossiers were there before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue_all
from services.interchange.domain.classic import read_times
from services.interchange.mirroring.tables import MirroredDossier, MirroredPerson, PersonAccount

EVENT = "own_dossier_changed.v1"
AT_ONCE = 500


def publish_to_owners(session: Session, dossier_ids: Collection[str]) -> None:
    """Publish these dossiers, as their rows are now, to every account whose they are."""
    keys = sorted(dossier_ids)
    owned = (
        select(PersonAccount.account_id, MirroredDossier)
        .join(MirroredPerson, MirroredPerson.subject == PersonAccount.subject)
        .join(MirroredDossier, MirroredDossier.dossier_id == MirroredPerson.dossier_id)
        .where(MirroredDossier.has_content)
        .order_by(MirroredDossier.position, PersonAccount.account_id)
    )
    for start in range(0, len(keys), AT_ONCE):
        rows = session.execute(owned.where(MirroredPerson.dossier_id.in_(keys[start : start + AT_ONCE])))
        enqueue_all(session, EVENT, list(_events(rows)))


def publish_all_of(session: Session, subject: str) -> None:
    """Publish every dossier of a person who has just become known by an account."""
    own = select(MirroredPerson.dossier_id).where(MirroredPerson.subject == subject)
    publish_to_owners(session, list(session.scalars(own)))


def _events(rows: Iterable[Row[str, MirroredDossier]]) -> Iterator[tuple[str, Json]]:
    for account_id, row in rows:
        yield account_id, {"account_id": account_id, **case_of(row)}


def case_of(row: MirroredDossier) -> Json:
    """A dossier as events tell of it: what it is about, where it is handled, how far it is; nobody's name."""
    filed_at = read_times(row.facts)[0].get("NgayNopHoSo")
    moments = {
        "filed_at": filed_at,
        "accepted_at": row.accepted_at,
        "due_at": row.due_at,
        "finished_at": row.finished_at,
        "returned_at": row.returned_at,
        "status_at": row.status_at,
        "updated_at": row.updated_at,
    }
    return {
        "dossier_id": row.dossier_id,
        "source": row.source,
        "reference": row.number,
        "version": row.version,
        "official_status": row.official_status,
        "status": row.status,
        "procedure_code": row.procedure_code,
        "procedure_title": {"vi": str(row.facts["TenTTHC"])[:400]} if "TenTTHC" in row.facts else None,
        "agency_code": row.agency,
        **{name: at.isoformat() if at else None for name, at in moments.items()},
    }
