"""A citizen's applications that other systems handle, as *interchange* tells of them: shown beside the own ones.

A read model of the caller's own list and nothing else: no officer here has them, no figure counts them. They have no
stream here, so everything but the list and the tracking says of their ids that there is no such application.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, literal, select, tuple_
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, cursor_of
from infra.chassis.erased_subjects import is_erased
from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from services.applications.domain.statuses import NAMES, Status
from services.applications.models import MirroredApplication, application_view

if TYPE_CHECKING:
    from services.applications.clients import DossierMirror

TABLE = MirroredApplication
IDENTITY_NUMBER = re.compile(r"\d{9}|\d{12}", re.ASCII)
# 9 is "finished" whatever was decided: others do not say more. A status outside 1-10 is named as its sender does.
STATUS_OF = {
    1: Status.SUBMITTED, 2: Status.ACCEPTED, 3: Status.INTAKE_REFUSED, 4: Status.IN_PROCESSING,
    5: Status.SUPPLEMENT_REQUESTED, 6: Status.PAYMENT_REQUESTED, 7: Status.WITHDRAWAL_REQUESTED, 8: Status.STOPPED,
    9: Status.APPROVED, 10: Status.RESULT_RETURNED,
}  # fmt: skip
FINISHED, ENDED = {"vi": "Đã xử lý xong", "en": "Finished"}, {3, 8, 9, 10}
NOT_LISTED = {"tracking_digest", "answer_bys", "last_due_at"}
NOT_KNOWN = dict.fromkeys(column.name for column in application_view.columns if column.name not in NOT_LISTED)


class MirroredApplications:
    """Keeps what *interchange* publishes of people's dossiers in other systems."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> MirroredApplications:
        return cls(Database.at(settings.database_url("applications")))

    def own_dossier_changed(self, event: CloudEvent) -> None:
        """``own_dossier_changed.v1``: the latest version holds, in whatever order they come."""
        data = event["data"]
        with self.database.handle_once("own_dossier_changed", event) as session:
            if session is None or is_erased(session, data["account_id"]):
                return
            statement = insert_into(session, TABLE.__table__)
            keys = {"dossier_id", "account_id"}
            row = columns_of_event(data)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=sorted(keys),
                    set_={name: statement.excluded[name] for name in row if name not in keys},
                    where=TABLE.version <= statement.excluded.version,
                ),
                [row],
            )


def columns_of_event(data: Json) -> Json:
    """An event as columns."""
    at = {name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in MOMENTS}
    is_over = data["official_status"] in ENDED
    return {
        **{name: data.get(name) for name in ("dossier_id", "account_id", "source", "reference", "version")},
        **{name: data.get(name) for name in ("official_status", "procedure_code", "procedure_title", "agency_code")},
        "status": str(STATUS_OF.get(data["official_status"], Status.SUBMITTED)),
        "raw_status": data["status"],
        "started_at": at["filed_at"] or at["accepted_at"] or at["updated_at"],
        "submitted_at": at["filed_at"],
        "accepted_at": at["accepted_at"],
        "due_at": at["due_at"],
        "ended_at": at["finished_at"] or at["returned_at"] or (at["status_at"] if is_over else None),
        "returned_at": at["returned_at"],
        "updated_at": at["updated_at"],
    }


MOMENTS = ("filed_at", "accepted_at", "due_at", "finished_at", "returned_at", "status_at", "updated_at")


def with_mirrored(
    session: Session, own: Page[Json], account_id: str, status: str | None, limit: int, after: Sequence[object] | None
) -> Page[Json]:
    """A page of the caller's own applications with those that others handle in their places, newest first."""
    query = select(TABLE).where(TABLE.account_id == account_id)
    if status:
        query = query.where(TABLE.status == status)
    if after:
        place = tuple_(*(literal(part, column.type) for part, column in zip(after, ORDER, strict=True)))
        query = query.where(tuple_(*ORDER) < place)
    newest = query.order_by(*(column.desc() for column in ORDER)).limit(limit + 1)
    items = [*own["items"], *map(listed, session.scalars(newest))]
    items.sort(key=_place, reverse=True)
    more = len(items) > limit or own["next_cursor"] is not None
    return {"items": items[:limit], "next_cursor": cursor_of(*_place(items[limit - 1])) if more else None}


ORDER = (TABLE.started_at, TABLE.dossier_id)


def _place(item: Json) -> tuple[datetime, str]:
    return datetime.fromisoformat(item["started_at"]), item["application_id"]


def listed(row: MirroredApplication) -> Json:
    """One row of :meth:`ApplicationLists.mine`, with the members of an own one."""
    at = {
        name: moment.isoformat() if (moment := getattr(row, name)) else None
        for name in ("started_at", "submitted_at", "accepted_at", "due_at", "ended_at", "returned_at", "updated_at")
    }
    return {
        **NOT_KNOWN,
        **at,
        "application_id": row.dossier_id,
        "version": row.version,
        "reference": row.reference,
        "procedure_code": row.procedure_code,
        "procedure_title": row.procedure_title,
        "agency_code": row.agency_code,
        "applicant_id": row.account_id,
        "applicant_name": None,
        "status": row.status,
        "status_name": status_name_of(row.official_status, row.raw_status),
        "official_status": row.official_status,
        "overdue": row.due_at is not None and row.ended_at is None and row.due_at < clock.now(),
        "handled_in": {"source": row.source, "agency_code": row.agency_code},
    }


def status_name_of(official_status: int | None, raw: str) -> dict[str, str]:
    """What a status is called; one that is none of the ten as its sender calls it."""
    if official_status is None:
        return {"vi": raw, "en": raw}
    return FINISHED if official_status == 9 else NAMES[STATUS_OF[official_status]]


def tracked(reference: str, code: str, mirror: DossierMirror | None) -> Json | None:
    """What tracking shows of an application elsewhere; its code is its person's identity number. None: not known."""
    if mirror is None or not IDENTITY_NUMBER.fullmatch(code):
        return None
    try:
        data = mirror.dossier_by_person(number=reference, identity_number=code)
    except Refusal as refusal:
        if refusal.name != "DossierNotFound":
            raise
        return None
    row = columns_of_event(data)
    times = ("submitted_at", "accepted_at", "due_at", "ended_at", "returned_at", "updated_at")
    return {
        "reference": data["reference"],
        "status": row["status"],
        "status_name": status_name_of(data["official_status"], data["status"]),
        **{name: data[name] for name in ("official_status", "procedure_code", "procedure_title", "version")},
        "agency_code": data["agency_code"],
        "handled_in": {"source": data["source"], "agency_code": data["agency_code"]},
        **dict.fromkeys(("applicant_name", "receipt_number", "answer_by")),
        **{name: row[name].isoformat() if row[name] else None for name in times},
    }


def forget_mirrored(session: Session, account_id: str) -> dict[str, int]:
    """Remove an erased person's; how many there were."""
    removed = session.scalars(delete(TABLE).where(TABLE.account_id == account_id).returning(TABLE.dossier_id)).all()
    return {"mirrored_application": len(removed)}
