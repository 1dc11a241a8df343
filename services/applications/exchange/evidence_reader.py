"""The auditors' desk over an evidence file: history, state, difference, deadline and exports, with no server at all.

Answers have the shapes of :mod:`services.applications.queries.history`; what the file does not open stays closed.
Whether the file itself is true is the verifier's question, not this one's.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from infra.chassis.event_store.streams import Streams
from infra.chassis.instants import instant, office_day
from infra.chassis.json_types import Json
from infra.working_time import explain
from services.applications.domain.application import Application
from services.applications.domain.events.base import ApplicationEvent
from services.applications.domain.imported_history import TOPICS as IMPORTED_TOPICS
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import ApplicationNotFound, InvalidRequest
from services.applications.event_store.store import StoredAggregate
from services.applications.exchange.export import FORMATS
from services.applications.representation.application import differences
from services.applications.representation.enclosed import enclosed_rows, openings_of, with_openings
from services.applications.representation.event import event_as_json
from services.applications.representation.imported_history import imported_history_as_json
from services.applications.representation.opened_application import opened_application
from services.applications.verification.integrity_rules import findings_in


class EvidenceReader:
    """One application, from its evidence. ``ValueError`` or ``KeyError`` for what is no evidence file."""

    def __init__(self, bundle: Json) -> None:
        self.bundle, self.words = bundle, openings_of(bundle)
        self.key = UUID(bundle["application_id"])
        self.positions = [int(event["notification_id"]) for event in bundle["events"]]
        self.streams = Streams({"MAPPER_TOPIC": "services.applications.event_store.recorders:AllowedTopics"})
        self.streams.recorder.insert_events([_stored(event) for event in bundle["events"]])

    def history(self) -> Json:
        """``{application_id, reference, version, items}``, oldest first."""
        items = [with_openings(event_as_json(event), self.words) for event in self._events()]
        reference = self._aggregate(None).reference
        return {"application_id": str(self.key), "reference": reference, "version": len(items), "items": items}

    def state_at(self, *, version: int | None = None, at: str | None = None) -> Json:
        """The application as it was recorded at a version or at an instant; the last one when neither is given."""
        if isinstance(history := self._aggregate(version), ImportedHistory):
            return self._opened_imported(history, instant(at, "/at") if at else None)
        return self._opened(self._application(self._version_at(at) if version is None and at else version))

    def diff(self, *, from_version: int, to_version: int) -> Json:
        """``{changes: [{field, before, after}], events}`` between two versions."""
        before, after = self.state_at(version=from_version), self.state_at(version=to_version)
        low, high = sorted((from_version, to_version))
        return {
            "application_id": str(self.key),
            "from_version": from_version,
            "to_version": to_version,
            "changes": differences(before, after),
            "events": [item for item in self.history()["items"] if low < item["version"] <= high],
        }

    def explain_due_date(self) -> Json:
        """The due date and its proof, up to the last event of the file."""
        application = self._application(None)
        promised = application.clock
        if promised is None:
            return {"application_id": str(self.key), "due_at": None, "promised_at": None, "days": []}
        return {
            "application_id": str(self.key),
            "accepted_at": promised.accepted_at.isoformat(),
            "promise": promised.promise.to_json(),
            "promised_at": promised.promised_at.isoformat() if promised.promised_at else None,
            "due_at": promised.due_at.isoformat() if promised.due_at else None,
            "happenings": [happening.to_json() for happening in promised.changes],
            "calendar_version": promised.calendar.version,
            "uncovered_since": uncovered.isoformat() if (uncovered := promised.uncovered_since) else None,
            "days": explain(promised, until=office_day(application.modified_on)),
        }

    def findings(self) -> list[Json]:
        """What the integrity alarms find in this history, as a running service would have recorded it."""
        return [alarm.to_json() for alarm in findings_in(enclosed_rows(self.bundle))]

    def export(self, form: str) -> str:
        """The whole history as ``jsonl``, ``csv``, ``ocel2`` or ``xes``."""
        rows = [(at, event, self._as_row(event)) for at, event in zip(self.positions, self._events(), strict=True)]
        return FORMATS[form](rows, True, True)

    def _events(self) -> list[ApplicationEvent]:
        stored = self.streams.recorder.select_events(self.key)
        return [cast(ApplicationEvent, self.streams.mapper.to_domain_event(row)) for row in stored]

    def _as_row(self, event: ApplicationEvent) -> Json:
        """As an export of the service shows it: what was imported open, words of applications sealed."""
        row: Json = event_as_json(event)
        return dict(with_openings(row, self.words)) if event.TOPIC in IMPORTED_TOPICS else row

    def _application(self, version: int | None) -> Application:
        if not isinstance(application := self._aggregate(version), Application):
            raise InvalidRequest.at(
                "", "lịch sử nhập từ hệ thống cũ không có thời hạn", "an imported history has no due date"
            )
        return application

    def _aggregate(self, version: int | None) -> StoredAggregate:
        if version is not None and not 1 <= version <= len(self.positions):
            versions = f"1–{len(self.positions)}"
            raise InvalidRequest.at(
                "/version", f"phiên bản có trong tệp: {versions}", f"versions in the file: {versions}"
            )
        application: StoredAggregate = self.streams.aggregate(self.key, version)
        return application

    def _version_at(self, at: str) -> int:
        until: datetime = instant(at, "/at")
        versions: list[int] = [event.originator_version for event in self._events() if event.timestamp <= until]
        if not versions:
            raise ApplicationNotFound(application_id=str(self.key))
        return versions[-1]

    def _opened_imported(self, history: ImportedHistory, until: datetime | None) -> Json:
        opened: Json = with_openings(imported_history_as_json(history, until), self.words)
        if not opened["activities"]:
            raise ApplicationNotFound(application_id=str(self.key))
        return opened

    def _opened(self, application: Application) -> Json:
        return opened_application(application, EnclosedContents(self.words))


class EnclosedContents:
    """What an evidence file opens, by commitment; the applicant's name is in no event, and so in no evidence."""

    applicant_name: str | None = None

    def __init__(self, words: Json) -> None:
        self.words = words

    def statement(self, sealed: Mapping[str, str]) -> str | None:
        return self.words.get(sealed["commitment"])

    def answers(self, sealed: Mapping[str, str]) -> Mapping[str, object] | None:
        return self.words.get(sealed["commitment"])

    def paper(self, paper_id: str, commitment: str) -> Json | None:
        return self.words.get(commitment)


def _stored(event: Json) -> StoredEvent:
    state = base64.b64decode(event["state"], validate=True)
    return StoredEvent(UUID(event["application_id"]), int(event["version"]), event["topic"], state)
