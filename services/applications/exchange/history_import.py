"""Taking cases of an older system in, a hundred to a transaction; what is there already stays as it is.

Two lines of one file are two events, whatever they say. A file read again, or a longer export in which lines have
moved, is known by what its lines say and how often, compared with what is stored next to the stream: no hash of
anybody's data is left in an event that could be guessed at after an erasure. An erased case takes nothing in any more.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import uuid4

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.domain.imported_history import STATUS, ImportedHistory, RememberedActivity
from services.applications.event_store.store import Store
from services.applications.exchange.history_reader import Activity, BadMapping, Columns, OlderHistory, read_history
from services.applications.private_data.imported_details import ImportedDetails, keep_details

CASES_A_TRANSACTION = 100
OPERATOR = {"account_id": "operator", "role": "operator", "agency_code": None, "on_behalf_of": None}
Identity = tuple[str, str, str | None, tuple[tuple[str, str], ...]]
Progress = Callable[[int, int, str], None]  # (how much, of how much, "reading" in bytes or "storing" in activities)


class HistoryImport:
    def __init__(self, store: Store) -> None:
        self.store = store

    def take_in(
        self,
        history: OlderHistory,
        *,
        system: str,
        import_id: str,
        by: Mapping[str, object],
        call_id: str = "",
        progress: Progress = lambda *_: None,
    ) -> Json:
        """{"system", "import_id", "cases", "events", "added", "already_there", "erased", "duplicates", "bad": […]}.

        `bad`: [{"line", "problem"}]. `erased`: activities of cases that have been erased, which are left out.
        """
        if "/" in system or not system.strip():
            raise BadMapping(f"a system's name is not empty and has no slash: {system!r}")
        added, erased, done, cases = 0, 0, 0, iter(history.cases.values())
        carried: Json = {"by": dict(by), "call_id": call_id, "command_id": f"import:{import_id}"}
        carried |= {"status": STATUS, "reason": None, "legal_basis": None}
        while batch := list(islice(cases, CASES_A_TRANSACTION)):
            more, erased_now = self.store.transact(
                lambda session, batch=batch: self._grow(session, batch, system, import_id, carried)  # type: ignore[misc]
            )
            added, erased, done = added + more, erased + erased_now, done + sum(map(len, batch))
            progress(done, history.activities, "storing")
        return {
            "system": system,
            "import_id": import_id,
            "cases": len(history.cases),
            "events": history.activities,
            "added": added,
            "already_there": history.activities - added - erased,
            "erased": erased,
            "duplicates": history.duplicates,
            "bad": history.bad,
        }

    def _grow(
        self,
        session: Session,
        batch: Sequence[Sequence[Activity]],
        system: str,
        import_id: str,
        carried: Mapping[str, object],
    ) -> tuple[int, int]:
        """How many activities were added, how many belong to erased cases."""
        added, erased, facts = 0, 0, {**carried, "timestamp": clock.now()}
        histories = [self._history(system, activities[0].case, facts) for activities in batch]
        details = ImportedDetails.of(session, [str(history.id) for history in histories if history.activities])
        for history, activities in zip(histories, batch, strict=True):
            if history.erased:
                erased += len(activities)
                continue
            there = Counter(_identity_of_recorded(recorded, details) for recorded in history.activities)
            new = _not_there(activities, there)
            for activity in new:
                sealed = keep_details(session, str(history.id), activity.resource, activity.attributes)
                history.take_in(activity.activity, activity.at, activity.line, sealed, import_id, facts)
            if new:
                self.store.record(history, session)
                added += len(new)
        return added, erased

    def _history(self, system: str, case: str, carried: Mapping[str, object]) -> ImportedHistory:
        try:
            imported: ImportedHistory = self.store.streams.aggregate(ImportedHistory.id_of(system, case))
        except AggregateNotFoundError:
            return ImportedHistory.begin(system, case, carried)
        return imported


def take_in_file(
    settings: Settings,
    file: Path,
    mapping: Path,
    *,
    system: str | None = None,
    by: Mapping[str, object] | None = None,
    progress: Progress = lambda *_: None,
) -> Json:
    """See ``import_history``; the answer also has "sha256" of the file."""
    columns, size = Columns.parse(mapping.read_text(encoding="utf-8-sig")), file.stat().st_size
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        opened.seek(0)
        older = read_history(opened, file.name, columns, lambda position: progress(position, size, "reading"))
        progress(size, size, "reading")
    # The file's own hash stays out of the events: with few lines, what was erased could be guessed from it.
    report = HistoryImport(Store.from_settings(settings)).take_in(
        older,
        system=system or name_of(file),
        import_id=str(uuid4()),
        by={**OPERATOR, **(by or {})},
        progress=progress,
    )
    return {**report, "sha256": digest}


def name_of(file: Path) -> str:
    """A file's name without the endings that say how it is written."""
    name = file.name
    for ending in (".gz", ".xes", ".csv", ".txt", ".xml"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name


def _not_there(activities: Sequence[Activity], there: Counter[Identity]) -> list[Activity]:
    """What the history does not have yet: of lines that say the same, as many as the file has more."""
    new = []
    for activity in activities:
        if there[identity := _identity(activity)] > 0:
            there[identity] -= 1
        else:
            new.append(activity)
    return new


def _identity(activity: Activity) -> Identity:
    return (activity.activity, activity.at.isoformat(), activity.resource, tuple(sorted(activity.attributes.items())))


def _identity_of_recorded(recorded: RememberedActivity, details: ImportedDetails) -> Identity:
    value = details.by_id.get(recorded["said"]["line_id"]) or {}
    at = datetime.fromisoformat(recorded["occurred_at"]).isoformat()
    attributes = value.get("attributes") or {}
    return (recorded["activity"], at, value.get("resource"), tuple(sorted(attributes.items())))


def import_history(
    settings: Settings,
    file: str,
    mapping: str,
    *,
    system: str | None = None,
    by: Mapping[str, object] | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Json:
    """``portal import-history``: take a XES or CSV file in by a YAML mapping; see ``HistoryImport.take_in``.

    ``system``: the name of the older system, by default the file's name without its endings. The same system and case
    make the same stream. BadMapping, NotXes or OSError for what cannot be read at all.
    """
    from services.applications.exchange.history_import import take_in_file  # the store knows this module's topics

    return take_in_file(settings, Path(file), Path(mapping), system=system, by=by, progress=progress)
