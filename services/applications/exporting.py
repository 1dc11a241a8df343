"""The log as a file, page by page: JSON lines of CloudEvents, or CSV that a spreadsheet opens right."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from infra.chassis.outbox import cloud_event, tell
from infra.chassis.settings import Settings
from services.applications.announcing import WIRE_NAMES
from services.applications.commanding import Call
from services.applications.domain.events import ApplicationEvent
from services.applications.history import told
from services.applications.office import instant
from services.applications.pages import cursor_of, key_of
from services.applications.store import Store

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
BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the text is UTF-8
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Exporting:
    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> Exporting:
        return cls(Store.from_settings(settings))

    def export(
        self,
        format: str,
        *,
        by: Call,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """One page of the log: ``{format, content, events, next_cursor}``. Put together, the pages are one file."""
        after = (key_of(cursor, 1) or [0])[0]
        since, until = _instant(from_at, "/from_at"), _instant(to_at, "/to_at")
        rows = self.store.notifications(int(after), limit)
        chosen = [(row.id, event) for row in rows if _within((event := self.store.event_of(row)), since, until)]
        with self.store.database.session() as session:
            facts = {
                "format": format,
                "from_at": from_at,
                "to_at": to_at,
                "after": after,
                "events": len(chosen),
                "account_id": by.actor.account_id,
            }
            tell(session, "history_exported.v1", facts, subject=by.actor.account_id, call_id=by.call_id)
        return {
            "format": format,
            "content": FORMATS[format](chosen, int(after) == 0),
            "events": len(chosen),
            "next_cursor": cursor_of(rows[-1].id) if len(rows) == limit else None,
        }


def as_jsonl(events: list[tuple[int, ApplicationEvent]], first: bool) -> str:
    """One CloudEvent per line."""
    lines = [
        cloud_event(
            "applications",
            position,
            WIRE_NAMES[type(event).__name__],
            told(event),
            subject=str(event.originator_id),
            at=event.timestamp,
            call_id=event.call_id,
        )
        for position, event in events
    ]
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def as_csv(events: list[tuple[int, ApplicationEvent]], first: bool) -> str:
    """With a heading (and the byte order mark) on the first page; no cell can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    if first:
        text.write(BYTE_ORDER_MARK)
        writer.writerow(COLUMNS)
    for position, event in events:
        row = told(event) | event.by | {"position": position}
        row["facts"] = json.dumps(row["facts"], ensure_ascii=False, separators=(",", ":"))
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return text.getvalue()


FORMATS: dict[str, Callable[[list[tuple[int, ApplicationEvent]], bool], str]] = {"jsonl": as_jsonl, "csv": as_csv}


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _within(event: ApplicationEvent, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or event.timestamp >= since) and (until is None or event.timestamp < until)


def _instant(text: str | None, pointer: str) -> datetime | None:
    return None if text is None else instant(text, pointer)
