"""The log as a file, page by page: JSON lines of CloudEvents, or CSV that a spreadsheet opens right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from eventsourcing.persistence import Notification
from sqlalchemy.orm import Session

from infra.chassis.access.access_records import access_members
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.instants import period
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import cloud_event, enqueue
from infra.chassis.settings import Settings
from infra.chassis.text.spreadsheet import csv_page
from services.applications.access import people_of
from services.applications.domain.events import ApplicationEvent
from services.applications.domain.imported_history import TOPICS as IMPORTED_TOPICS
from services.applications.duties.announcements import WIRE_NAMES
from services.applications.event_store.store import Store
from services.applications.exchange.ocel import ocel2
from services.applications.exchange.xes_writer import xes
from services.applications.own_case import own_cases
from services.applications.private_data.imported_details import ImportedDetails
from services.applications.representation.event import event_as_json

COLUMNS = (
    "position",
    "application_id",
    "version",
    "kind",
    "at",
    "status",
    "official_status",
    "account_id",
    "role",
    "agency_code",
    "on_behalf_of",
    "legal_basis",
    "call_id",
    "command_id",
    "facts",
)
WHOLE_HISTORY_FORMATS = ("ocel2", "xes")  # formats that hold whole histories
BEGINNINGS = ("applications.Started", "applications.HistoryImported")
IMPORTED_NAMES = {
    "HistoryImported": "history_imported.v1",
    "ActivityImported": "activity_imported.v1",
    "ImportedHistoryErased": "imported_history_erased.v1",
}
LONGEST_HISTORY = 100_000
ExportRows = list[tuple[int, ApplicationEvent, Json]]  # position, event, what readers see of it


class LogExport:
    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> LogExport:
        return cls(Store.from_settings(settings))

    def export(
        self,
        format: str,
        *,
        by: Actor,
        call_id: str,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> Json:
        """One page of the log: ``{format, content, events, next_cursor}``. Put together, the pages are one file.
        What the caller is a party to is left out.

        XES and OCEL 2.0 come by whole histories, ``limit`` to a page; each page of OCEL is a document of its own.
        """
        after = int((key_of(cursor, int) or [0])[0])
        since, until = period(from_at, to_at)
        whole_histories = format in WHOLE_HISTORY_FORMATS
        rows = self.store.rows(after=after, limit=limit, topics=list(BEGINNINGS) if whole_histories else [])
        with self.store.database.session() as session:
            own = own_cases(session, by.account_id)
        visible = [row for row in rows if str(row.originator_id) not in own]
        selected = self._whole_histories(visible) if whole_histories else visible
        chosen = [(row.id, event) for row in selected if _within((event := self.store.event_of(row)), since, until)]
        last = len(rows) < limit
        with self.store.database.session() as session:
            facts = {
                "format": format,
                "from_at": from_at,
                "to_at": to_at,
                "after": after,
                "events": len(chosen),
                "account_id": by.account_id,
                **self._accessed(session, chosen, by),
            }
            enqueue(session, "history_exported.v1", facts, subject=by.account_id, call_id=call_id)
        return {
            "format": format,
            "content": FORMATS[format](self._as_rows(chosen), after == 0, last),
            "events": len(chosen),
            "next_cursor": None if last else cursor_of(rows[-1].id),
        }

    def _accessed(self, session: Session, chosen: list[tuple[int, ApplicationEvent]], by: Actor) -> Json:
        """Whose histories these are, for the access log."""
        people = people_of(session, {str(event.originator_id) for _, event in chosen})
        return access_members(by, people, purpose="xuất nhật ký / exporting the log")

    def _as_rows(self, chosen: list[tuple[int, ApplicationEvent]]) -> ExportRows:
        """Words of applications stay sealed; what was imported is as it was written, unless erased."""
        imported = {str(row.originator_id) for _, row in chosen if row.TOPIC in IMPORTED_TOPICS}
        with self.store.database.session() as session:
            details = ImportedDetails.of(session, sorted(imported))

        def as_row(event: ApplicationEvent) -> Json:
            return (
                dict(details.in_place(event_as_json(event))) if event.TOPIC in IMPORTED_TOPICS else event_as_json(event)
            )

        return [(at, event, as_row(event)) for at, event in chosen]

    def _whole_histories(self, beginnings: list[Notification]) -> list[Notification]:
        """All events of the histories that begin with these."""
        keys = [str(beginning.originator_id) for beginning in beginnings]
        return [row for key in keys for row in self.store.rows(after=0, limit=LONGEST_HISTORY, application_id=key)]


def as_jsonl(events: ExportRows, first: bool, last: bool) -> str:
    """One CloudEvent per line."""
    lines = [
        cloud_event(
            "applications",
            position,
            WIRE_NAMES.get(type(event).__name__) or IMPORTED_NAMES[type(event).__name__],
            row,
            subject=str(event.originator_id),
            at=event.timestamp,
            call_id=event.call_id,
        )
        for position, event, row in events
    ]
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def as_csv(events: ExportRows, first: bool, last: bool) -> str:
    """With a heading (and the byte order mark) on the first page; no cell can be taken for a formula."""
    return csv_page((_cells(*event) for event in events), heading=COLUMNS if first else None)


def _cells(position: int, event: ApplicationEvent, actor: Json) -> list[object]:
    row = actor | event.by | {"position": position}
    row["facts"] = json.dumps(row["facts"], ensure_ascii=False, separators=(",", ":"))
    return [row[column] for column in COLUMNS]


def as_ocel2(events: ExportRows, first: bool, last: bool) -> str:
    return "".join(ocel2(_rows(events)))


def as_xes(events: ExportRows, first: bool, last: bool) -> str:
    return "".join(xes(_rows(events), first=first, last=last))


def _rows(events: ExportRows) -> Iterator[Json]:
    return ({"position": position, **row} for position, _, row in events)


FORMATS: dict[str, Callable[[ExportRows, bool, bool], str]] = {
    "jsonl": as_jsonl,
    "csv": as_csv,
    "ocel2": as_ocel2,
    "xes": as_xes,
}


def _within(event: ApplicationEvent, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or event.timestamp >= since) and (until is None or event.timestamp < until)
