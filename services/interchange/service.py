"""The doors and event handlers of interchange: synchronisation with other systems, documents, registers."""

from __future__ import annotations

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page
from infra.chassis.dependencies import Provided
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles, handles_each
from infra.chassis.running.operations import Operations
from services.interchange import clients
from services.interchange.documents.boxes import DocumentBoxes
from services.interchange.documents.changes import DocumentChanges
from services.interchange.documents.dispatch import DocumentDispatch
from services.interchange.documents.edxml_desk import EdxmlDesk
from services.interchange.documents.enquiries import DocumentEnquiries
from services.interchange.mirroring.classic_calls import ClassicCalls
from services.interchange.mirroring.deliveries import ReportLog
from services.interchange.mirroring.mirror import MirrorDesk
from services.interchange.mirroring.people import OwnDossiers
from services.interchange.mirroring.reporting import REPORT_HANDLERS, Reporter
from services.interchange.mirroring.targets import TargetDirectory
from services.interchange.personal_data import PersonalData

OFFICERS = {"intake_officer", "case_officer", "approver"}
READERS = OFFICERS | {"auditor", "operator"}


@handles_each(REPORT_HANDLERS, "_report")
class InterchangeService(Operations):
    """The portal's *interchange* service."""

    name = "interchange"
    catalog = clients.catalog()
    identity = clients.identity()
    classic_calls = Provided(ClassicCalls)
    document_boxes = Provided(DocumentBoxes)
    document_changes = Provided(DocumentChanges)
    document_dispatch = Provided(DocumentDispatch)
    document_enquiries = Provided(DocumentEnquiries)
    edxml_desk = Provided(EdxmlDesk)
    mirror_desk = Provided(MirrorDesk)
    own_dossiers = Provided(OwnDossiers)
    report_log = Provided(ReportLog)
    reporter = Provided(Reporter)
    target_directory = Provided(TargetDirectory)
    personal_data = Provided(PersonalData)

    @door(roles={"operator"})
    def mirror(self, source: str, dossiers: list[object], command_id: str) -> Json:
        return self.mirror_desk.mirror(source, dossiers, **self.caller.acting)

    @door(roles={"operator"})
    def report_progress(self, source: str, items: list[object], command_id: str) -> Json:
        return self.mirror_desk.report_progress(source, items, **self.caller.acting)

    @door(roles=READERS)
    def mirrored(self, source: str, number: str) -> Json:
        return self.mirror_desk.mirrored(source, number, by=self.caller.actor)

    @door(roles=READERS)
    def mirrored_changes(self, after: int = 0, limit: int = 50) -> Json:
        return self.mirror_desk.mirrored_changes(after, limit, by=self.caller.actor)

    @door(roles={"operator", "auditor"})
    def targets(self) -> Json:
        return self.target_directory.targets(by=self.caller.actor)

    @door(roles={"operator", "auditor"})
    def deliveries(
        self,
        target: str,
        status: str | None = None,
        application_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Json]:
        return self.report_log.deliveries(target, status, application_id, limit, cursor, by=self.caller.actor)

    @door(public=True, costly=True)
    def open_session(self, username: str, password: str) -> Json:
        return self.classic_calls.open_session(username, password)

    @door(public=True)
    def classic_call(self, session: str, operation: str, arguments: Json, unit: str | None = None) -> Json:
        return self.classic_calls.classic_call(session, operation, unit, arguments, self.catalog)

    @door(roles={"citizen"})
    def my_dossiers(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.own_dossiers.my_dossiers(limit, cursor, by=self.caller.actor)

    @door(roles=OFFICERS)
    def send_document(
        self,
        from_agency: str,
        to_agencies: list[str],
        document: Json,
        command_id: str,
        attachments: list[Json] | None = None,
    ) -> Json:
        return self.document_dispatch.send(
            from_agency, to_agencies, document, attachments or [], catalog=self.catalog, **self.caller.acting
        )

    @door(roles=OFFICERS)
    def respond(
        self,
        document_id: str,
        agency_code: str,
        status: str,
        command_id: str,
        reason: str | None = None,
        officer_id: str | None = None,
    ) -> Json:
        return self.document_dispatch.respond(
            document_id, agency_code, status, reason, officer_id, **self.caller.acting
        )

    @door(roles=OFFICERS)
    def recall_document(
        self, document_id: str, reason: str, command_id: str, agencies: list[str] | None = None
    ) -> Json:
        return self.document_changes.recall(document_id, reason, agencies, **self.caller.acting)

    @door(roles=OFFICERS)
    def update_document(
        self,
        document_id: str,
        document: Json,
        reason: str,
        command_id: str,
        attachments: list[Json] | None = None,
        add_agencies: list[str] | None = None,
        remove_agencies: list[str] | None = None,
    ) -> Json:
        return self.document_changes.update(
            document_id, document, attachments or [], reason, add_agencies or [], remove_agencies or [],
            catalog=self.catalog, **self.caller.acting,
        )  # fmt: skip

    @door(roles=OFFICERS)
    def replace_document(
        self, document_id: str, document: Json, reason: str, command_id: str, attachments: list[Json] | None = None
    ) -> Json:
        return self.document_changes.replace(document_id, document, attachments or [], reason, **self.caller.acting)

    @door(roles=OFFICERS)
    def answer_business(
        self, document_id: str, agency_code: str, agree: bool, command_id: str, reason: str | None = None
    ) -> Json:
        return self.document_changes.answer(document_id, agency_code, agree, reason, **self.caller.acting)

    @door(roles=OFFICERS)
    def import_edxml(self, content: str, command_id: str) -> Json:
        return self.edxml_desk.import_packet(content, catalog=self.catalog, **self.caller.acting)

    @door(roles=OFFICERS | {"auditor"})
    def export_edxml(self, document_id: str, agency_code: str | None = None, packet: str = "document") -> Json:
        return self.edxml_desk.export_packet(document_id, agency_code, packet, by=self.caller.actor)

    @door(roles=OFFICERS | {"auditor"})
    def documents(
        self, agency_code: str, box: str = "in", status: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.document_boxes.documents(
            agency_code, box, status, limit, cursor, catalog=self.catalog, by=self.caller.actor
        )

    @door(roles=OFFICERS | {"auditor"})
    def document_figures(self, agency_code: str, from_date: str, to_date: str, within_hours: int = 24) -> Json:
        return self.document_boxes.figures(
            agency_code, from_date, to_date, within_hours, catalog=self.catalog, by=self.caller.actor
        )

    @door(roles=OFFICERS | {"auditor"})
    def document(self, document_id: str, agency_code: str | None = None) -> Json:
        return self.document_enquiries.document(document_id, agency_code, by=self.caller.actor)

    @door(roles=OFFICERS | {"auditor"})
    def document_attachment(self, document_id: str, attachment_id: str) -> Json:
        return self.document_enquiries.attachment(document_id, attachment_id, by=self.caller.actor)

    @door(internal=True, sensitive=("identity_number",))
    def dossier_by_person(self, number: str, identity_number: str) -> Json:
        return self.own_dossiers.dossier_by_person(number, identity_number)

    @handles("identity", "account_registered.v1")
    def account_registered(self, event: CloudEvent) -> None:
        self.own_dossiers.account_registered(event, self.identity)

    def _report(self, event: CloudEvent) -> None:
        self.reporter.application_changed(event, self.catalog)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)
