"""Proofs for outsiders: one application's evidence with what opens its commitments, and what alarms found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.access import reading_as, record_imported_read, record_listing, record_read
from services.applications.domain.commitments import IDS, canonical, sealed_parts
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import Forbidden
from services.applications.event_store.store import Store
from services.applications.own_case import own_cases
from services.applications.private_data import vault
from services.applications.procedure_rules import ProcedureRules
from services.applications.representation.event import event_as_json
from services.applications.representation.visible_parts import EVENTS_BETWEEN_OFFICES, VISIBLE_PARTS, Part
from services.applications.transparency.proofs import Proofs, opening
from services.applications.verification.integrity_findings import recorded_findings

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient

AT_A_TIME = 50  # histories read together
PURPOSE = "lập hồ sơ chứng cứ / evidence"


class EvidenceArchive:
    def __init__(self, store: Store, procedure_rules: ProcedureRules, proofs: Proofs) -> None:
        self.store, self.procedure_rules, self.proofs = store, procedure_rules, proofs

    @classmethod
    def from_settings(cls, settings: Settings) -> EvidenceArchive:
        store = Store.from_settings(settings)
        return cls(store, ProcedureRules(store.database), Proofs.from_settings(settings))

    def evidence(
        self, application_id: str, *, catalog: CatalogClient, identity: IdentityClient, by: Actor, call_id: str
    ) -> Json:
        """One file that proves an application's history without this installation; for auditors and the applicant."""
        key = self.store.key_of(application_id)
        application = self.store.aggregate(key)
        if isinstance(application, ImportedHistory):
            return self._of_imported(application, by, call_id)

        def read(relation: str) -> Json:
            with self.store.database.session() as session:
                record_read(session, application, by, relation, PURPOSE, call_id=call_id)
                return {"parts": VISIBLE_PARTS[relation], "openings": dict(vault.openings(session, key))}

        visible = reading_as(application, by, identity, read)
        procedure = self.procedure_rules.pinned_to(application, catalog)
        calendar = application.clock.calendar.to_json() if application.clock else None
        commitments = self._commitments(key, between_offices=Part.BETWEEN_OFFICES in visible["parts"])
        opened = [_opening(version, name, sealed, visible["openings"]) for version, name, sealed in commitments]
        return self.proofs.evidence(key, openings=opened, procedure=procedure, calendar=calendar)

    def _of_imported(self, history: ImportedHistory, by: Actor, call_id: str) -> Json:
        """For auditors alone: no account is known to be the applicant's."""
        if not by.has("auditor"):
            raise Forbidden("lịch sử nhập từ hệ thống cũ chỉ dành cho kiểm toán", "an imported history is for auditors")
        key = str(history.id)
        with self.store.database.session() as session:
            record_imported_read(session, history, by, PURPOSE, call_id=call_id)
            openings = vault.openings(session, key)
        opened = [_opening(version, name, sealed, openings) for version, name, sealed in self._commitments(key)]
        return self.proofs.evidence(key, openings=opened)

    def findings(
        self,
        *,
        by: Actor,
        call_id: str,
        kind: str | None = None,
        application_id: str | None = None,
        after: int = 0,
        limit: int = 50,
    ) -> Json:
        """What the integrity alarms found: ``{items, next}``."""
        key = self.store.key_of(application_id) if application_id else None
        page = recorded_findings(self.store.database, kind=kind, application_id=key, after=after, limit=limit)
        with self.store.database.session() as session:
            own = own_cases(session, by.account_id)
            page["items"] = [item for item in page["items"] if item["application_id"] not in own]
            query = {"application_id": key, "kind": kind, "after": after}
            record_listing(
                session, by, "findings", query, [item["application_id"] for item in page["items"]], call_id=call_id
            )
        return page

    def _commitments(
        self, application_id: str, *, between_offices: bool = True
    ) -> Iterator[tuple[int, str, Mapping[str, str]]]:
        """Every commitment of the stream once: the version that made it, its place in the event, id and commitment.

        Words between offices are left out for whom ``application`` does not show them: the events stay provable.
        """
        ids: set[str] = set()
        for event in self.store.events(application_id):
            if type(event).__name__ in EVENTS_BETWEEN_OFFICES and not between_offices:
                continue
            for name, sealed in sealed_parts(vars(event)):
                if sealed["commitment"] not in ids:
                    ids.add(sealed["commitment"])
                    yield event.originator_version, name, sealed


class LoggedHistories:
    """The histories as the alarms read them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def after(self, position: int, limit: int) -> list[tuple[int, str]]:
        return [(row.id, str(row.originator_id)) for row in self.store.rows(after=position, limit=limit)]

    def in_batches(self, application_ids: Sequence[str]) -> Iterator[list[Json]]:
        """Each history from its beginning, many to a query."""
        for start in range(0, len(application_ids), AT_A_TIME):
            batch = self.store.rows_of(application_ids[start : start + AT_A_TIME])
            for _, rows in groupby(batch, key=lambda row: row.originator_id):
                yield [{"position": row.id, **event_as_json(self.store.event_of(row))} for row in rows]


def _opening(version: int, name: str, sealed: Mapping[str, str], openings: Json) -> Json:
    sealed_opening = next((openings[sealed[key]] for key in IDS if key in sealed and sealed[key] in openings), None)
    if sealed_opening is None:
        return opening(version, name, sealed["commitment"], None, None)
    return opening(
        version, name, sealed["commitment"], canonical(sealed_opening["value"]), bytes.fromhex(sealed_opening["salt"])
    )
