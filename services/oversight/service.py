"""The doors and event handlers of oversight: official figures, the index, and the evidence behind both."""

from __future__ import annotations

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page
from infra.chassis.dependencies import Provided
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles, handles_each
from infra.chassis.running.operations import Operations
from services.oversight import clients
from services.oversight.country import Country
from services.oversight.evidence import EvidenceDesk
from services.oversight.fact_store import EVENT_TYPES, FactStore
from services.oversight.feedback.desk import FeedbackDesk, NewFeedback
from services.oversight.feedback.enquiries import FeedbackEnquiries
from services.oversight.hypotheses import Hypotheses
from services.oversight.integrity_line import IntegrityLine
from services.oversight.mirrored_facts import MirroredFacts
from services.oversight.open_data import OpenData
from services.oversight.personal_data import PersonalData
from services.oversight.rankings import Ranker
from services.oversight.statistics import FormDesk

OFFICIALS = frozenset(
    {"intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
)
FEEDBACK_OFFICERS = frozenset({"intake_officer", "case_officer", "approver", "operator"})
FEEDBACK_READERS = FEEDBACK_OFFICERS | {"auditor"}
LOOKING_BEHIND = frozenset({"auditor", "operator", "approver"})

# One handler per type of event. A queue is named after its handler, so these names outlive the code.
FACT_HANDLERS = {
    f"fact_of_{event_type.removesuffix('.v1')}": ("applications", event_type) for event_type in EVENT_TYPES
}


@handles_each(FACT_HANDLERS, "_receive")
class OversightService(Operations):
    """The portal's *oversight* service."""

    name = "oversight"

    country = Provided(Country)
    evidence_desk = Provided(EvidenceDesk)
    fact_store = Provided(FactStore)
    feedback_desk = Provided(FeedbackDesk)
    feedback_enquiries = Provided(FeedbackEnquiries)
    form_desk = Provided(FormDesk)
    hypotheses = Provided(Hypotheses)
    integrity_line = Provided(IntegrityLine)
    mirrored_facts = Provided(MirroredFacts)
    open_data = Provided(OpenData)
    personal_data = Provided(PersonalData)
    ranker = Provided(Ranker)
    catalog = clients.catalog()

    @door(roles=OFFICIALS)
    def report(
        self, form: str, unit: str, from_date: str, to_date: str, cut_off: str | None = None, provinces: int = 34
    ) -> Json:
        return self.form_desk.report(form, unit, from_date, to_date, cut_off, provinces)

    @door(roles=OFFICIALS)
    def index(
        self, unit: str, period: str, rules: str | None = None, cut_off: str | None = None, provinces: int = 34
    ) -> Json:
        return self.ranker.index(unit, period, rules, cut_off, provinces)

    @door(roles=OFFICIALS)
    def ranking(
        self,
        kind: str,
        period: str,
        group: str | None = None,
        rules: str | None = None,
        cut_off: str | None = None,
        provinces: int = 34,
    ) -> Json:
        return self.ranker.ranking(kind, period, group, rules, cut_off, provinces)

    @door(roles=LOOKING_BEHIND)
    def evidence_of(self, figure: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.evidence_desk.evidence_of(figure, limit, cursor, by=self.caller.actor)

    @door(roles=LOOKING_BEHIND)
    def what_if(self, change: Json, period: str, unit: str | None = None) -> Json:
        return self.hypotheses.what_if(change, period, unit)

    @door(roles=LOOKING_BEHIND)
    def integrity(
        self, agency_code: str | None = None, kind: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Json:
        return self.integrity_line.integrity(agency_code, kind, limit, cursor, by=self.caller.actor)

    @door(roles={"approver"})
    def answer_finding(self, finding_id: str, explanation: str, command_id: str) -> Json:
        return self.integrity_line.answer_finding(finding_id, explanation, **self.caller.acting)

    @door(public=True, costly=True)
    def datasets(self) -> Json:
        return self.open_data.datasets()

    @door(public=True, costly=True)
    def dataset(self, name: str, period: str | None = None) -> Json:
        return self.open_data.dataset(name, period)

    @door(public=True, costly=True)
    def service_levels(self, at: str | None = None) -> Json:
        return self.open_data.service_levels(at)

    @door(public=True, costly=True)
    def give_feedback(
        self,
        kind: str,
        subject: str,
        text: str,
        channel: str,
        command_id: str,
        agency_code: str | None = None,
        contact: Json | None = None,
        call: Json | None = None,
    ) -> Json:
        new = NewFeedback(kind, subject, text, agency_code, contact, channel, call)
        return self.feedback_desk.give(new, catalog=self.catalog, **self.caller.acting)

    @door(public=True, costly=True)
    def track_feedback(self, reference: str, tracking_code: str) -> Json:
        return self.feedback_enquiries.track(reference, tracking_code)

    @door(public=True, costly=True)
    def published_feedback(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.feedback_enquiries.published(limit, cursor)

    @door(roles=FEEDBACK_READERS)
    def feedback_queue(
        self, agency_code: str, status: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.feedback_enquiries.queue(agency_code, status, limit, cursor, by=self.caller.actor)

    @door(roles=FEEDBACK_OFFICERS)
    def route_feedback(self, feedback_id: str, agency_code: str, command_id: str) -> Json:
        return self.feedback_desk.route(feedback_id, agency_code, catalog=self.catalog, **self.caller.acting)

    @door(roles=FEEDBACK_OFFICERS)
    def ask_feedback(self, feedback_id: str, question: str, command_id: str) -> Json:
        return self.feedback_desk.ask(feedback_id, question, **self.caller.acting)

    @door(roles=FEEDBACK_OFFICERS)
    def answer_feedback(self, feedback_id: str, answer: str, command_id: str) -> Json:
        return self.feedback_desk.answer(feedback_id, answer, catalog=self.catalog, **self.caller.acting)

    @door(roles=FEEDBACK_OFFICERS)
    def refuse_feedback(self, feedback_id: str, reason: str, command_id: str) -> Json:
        return self.feedback_desk.refuse(feedback_id, reason, **self.caller.acting)

    @door(roles=FEEDBACK_OFFICERS)
    def publish_feedback(self, feedback_id: str, command_id: str) -> Json:
        return self.feedback_desk.publish(feedback_id, **self.caller.acting)

    @door(public=True, costly=True)
    def supplement_feedback(
        self, feedback_id: str, text: str, command_id: str, tracking_code: str | None = None
    ) -> Json:
        desk = self.feedback_desk
        return desk.supplement(feedback_id, text, tracking_code, catalog=self.catalog, **self.caller.acting)

    @door(public=True, costly=True)
    def rate_feedback(self, feedback_id: str, stars: int, command_id: str, tracking_code: str | None = None) -> Json:
        return self.feedback_desk.rate(feedback_id, stars, tracking_code, **self.caller.acting)

    @door(public=True, costly=True)
    def reopen_feedback(self, feedback_id: str, reason: str, command_id: str, tracking_code: str | None = None) -> Json:
        desk = self.feedback_desk
        return desk.reopen(feedback_id, reason, tracking_code, catalog=self.catalog, **self.caller.acting)

    def _receive(self, event: CloudEvent) -> None:
        self.fact_store.receive(event)

    @handles("identity", "agency_created.v1")
    def agency_created(self, event: CloudEvent) -> None:
        self.country.agency_created(event)

    @handles("catalog", "procedure_published.v1")
    def procedure_published(self, event: CloudEvent) -> None:
        self.country.procedure_published(event)

    @handles("catalog", "procedure_retired.v1")
    def procedure_retired(self, event: CloudEvent) -> None:
        self.country.procedure_retired(event)

    @handles("interchange", "dossiers_mirrored.v1")
    def dossiers_mirrored(self, event: CloudEvent) -> None:
        self.mirrored_facts.dossiers_mirrored(event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)
