"""Resource routes: one table of verb, path and call. Arguments come from where HTTP has them, by their names.

A path's ``{name}`` is the argument of that name; of a GET, the others are the query's; of anything else, the members of
a JSON body. ``Idempotency-Key`` is ``command_id``, ``If-Match`` the expected version, ``Portal-Position`` is
``min_position``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from infra.front_door.surface import Door, doors

VERSION = re.compile(r'"([1-9][0-9]{0,5})"', re.ASCII)  # an ETag that names a version
PLACE = re.compile(r"\{(\w+)\}")
EXPECTED = ("expected_version", "expected_revision")  # arguments that If-Match gives
HEADERS = {"command_id", "min_position", *EXPECTED}


@dataclass(frozen=True)
class Resource:
    """One row. ``public``: the same for everybody, so caches may keep it; ``kind``: how arguments and answer travel."""

    verb: str
    path: str
    call: str
    status: int = 200
    public: bool = False
    kind: str = "json"
    created: str = ""

    @cached_property
    def door(self) -> Door:
        service, _, method = self.call.partition(".")
        return doors()[service, method]

    @property
    def places(self) -> tuple[str, ...]:
        """Arguments that are in the path."""
        return tuple(PLACE.findall(self.path))

    @property
    def others(self) -> tuple[str, ...]:
        """Arguments of query or body."""
        return tuple(name for name in self.door.parameters if name not in {*self.places, *HEADERS})

    @property
    def expected(self) -> str | None:
        """The argument that If-Match gives, where the call has one."""
        return next((name for name in EXPECTED if name in self.door.parameters), None)


def _read(path: str, call: str, *, kind: str = "json") -> Resource:
    return Resource("GET", path, call, kind=kind)


def _open(path: str, call: str) -> Resource:
    return Resource("GET", path, call, public=True)


def _post(path: str, call: str) -> Resource:
    return Resource("POST", path, call)


def _make(path: str, call: str, created: str = "", *, kind: str = "json") -> Resource:
    return Resource("POST", path, call, status=201, created=created, kind=kind)


def _put(path: str, call: str) -> Resource:
    return Resource("PUT", path, call)


def _remove(path: str, call: str) -> Resource:
    return Resource("DELETE", path, call)


APPLICATION = "/applications/{application_id}"

RESOURCES: tuple[Resource, ...] = (
    # The catalogue: the same for everybody
    _open("/procedures", "catalog.search"),
    _open("/procedure-suggestions", "catalog.suggest"),
    _open("/procedures/{code}", "catalog.procedure"),
    _open("/procedures/{code}/versions", "catalog.versions"),
    _open("/procedures/{code}/comparison", "catalog.compare"),
    _open("/procedures/{code}/quote", "catalog.quote"),
    _open("/procedures/{code}/due-date", "catalog.due_date"),
    _open("/provinces", "catalog.provinces"),
    _open("/provinces/{province_code}/wards", "catalog.wards"),
    _open("/agencies", "catalog.agencies"),
    _open("/agencies/{code}", "catalog.agency"),
    _open("/calendars/{year}", "catalog.calendar"),
    _open("/service-levels", "catalog.levels"),
    # Who is calling
    _make("/accounts", "identity.register_citizen"),
    _post("/accounts/{account_id}/confirmation", "identity.confirm_registration"),
    _post("/accounts/{account_id}/block", "identity.block_account"),
    _post("/accounts/{account_id}/unblock", "identity.unblock_account"),
    _post("/accounts/{account_id}/sessions/end", "identity.end_account_sessions"),
    _post("/password-reset/request", "identity.request_password_reset"),
    _post("/password-reset", "identity.reset_password"),
    _read("/account-recoveries", "identity.account_recoveries"),
    _make("/account-recoveries", "identity.request_account_recovery"),
    _post("/account-recoveries/{request_id}/approval", "identity.approve_account_recovery"),
    _post("/account-recoveries/{request_id}/refusal", "identity.decline_account_recovery"),
    _make("/sessions", "identity.sign_in"),
    _post("/eid-sign-ins", "identity.begin_eid_sign_in"),
    _make("/sessions/eid", "identity.complete_eid_sign_in"),
    _post("/sessions/refresh", "identity.refresh"),
    _post("/sessions/end", "identity.sign_out"),
    _read("/sessions", "identity.sessions"),
    _remove("/sessions/{session_id}", "identity.revoke_session"),
    _read("/me", "identity.whoami"),
    _read("/me/sign-ins", "identity.recent_sign_ins"),
    _put("/me/password", "identity.change_password"),
    _post("/me/contact-change", "identity.request_contact_change"),
    _post("/me/contact-confirmation", "identity.confirm_contact"),
    _read("/me/access-log", "identity.access_log"),
    _post("/me/access-log/{entry_id}/challenge", "identity.challenge_access"),
    _read("/access-challenges", "identity.access_challenges"),
    _post("/access-challenges/{challenge_id}/answer", "identity.answer_challenge"),
    _read("/delegations", "identity.delegations"),
    _make("/delegations", "identity.delegate"),
    _remove("/delegations/{delegation_id}", "identity.revoke_delegation"),
    # Applications, as their applicants have them
    _read("/applications", "applications.mine"),
    _make("/applications", "applications.start", APPLICATION),
    _read(APPLICATION, "applications.application"),
    _put(APPLICATION + "/answers", "applications.save_answers"),
    _make(
        APPLICATION + "/attachments", "applications.attach", APPLICATION + "/attachments/{attachment_id}", kind="upload"
    ),
    _read(APPLICATION + "/attachments/{attachment_id}", "applications.attachment", kind="download"),
    _remove(APPLICATION + "/attachments/{attachment_id}", "applications.detach"),
    _post(APPLICATION + "/submission", "applications.submit"),
    _post(APPLICATION + "/supplement", "applications.supplement"),
    _post(APPLICATION + "/withdrawal-request", "applications.request_withdrawal"),
    _put(APPLICATION + "/delivery", "applications.choose_delivery"),
    _post(APPLICATION + "/rating", "applications.rate"),
    _post(APPLICATION + "/appeal", "applications.appeal"),
    _read(APPLICATION + "/due-date", "applications.explain_due_date"),
    _read(APPLICATION + "/evidence", "applications.evidence"),
    _read("/changes", "applications.changes", kind="feed"),
    _post("/tracking", "applications.track"),  # a code that opens something is no part of an address
    # … and as offices handle them
    _read("/queue", "applications.queue"),
    _post(APPLICATION + "/acceptance", "applications.accept"),
    _post(APPLICATION + "/intake-refusal", "applications.refuse_intake"),
    _post(APPLICATION + "/assignment", "applications.assign"),
    _post(APPLICATION + "/supplement-request", "applications.request_supplement"),
    _post(APPLICATION + "/payment-request", "applications.request_payment"),
    _make(APPLICATION + "/consultations", "applications.consult"),
    _post(APPLICATION + "/consultations/{consultation_id}/opinion", "applications.answer_consultation"),
    _post(APPLICATION + "/extension", "applications.extend"),
    _post(APPLICATION + "/withdrawal-request/confirmation", "applications.confirm_withdrawal"),
    _post(APPLICATION + "/withdrawal-request/refusal", "applications.decline_withdrawal"),
    _post(APPLICATION + "/stop", "applications.stop"),
    _post(APPLICATION + "/proposal", "applications.propose"),
    _post(APPLICATION + "/approval", "applications.approve"),
    _post(APPLICATION + "/rejection", "applications.reject"),
    _post(APPLICATION + "/proposal/return", "applications.send_back"),
    _post(APPLICATION + "/result-return", "applications.return_result"),
    _post(APPLICATION + "/appeal/decision", "applications.decide_appeal"),
    # Histories and figures
    _read(APPLICATION + "/history", "applications.history"),
    _read(APPLICATION + "/state", "applications.state_at"),
    _read(APPLICATION + "/difference", "applications.diff"),
    _read("/application-events", "applications.events"),
    _read("/events", "applications.events", kind="cloudevents"),
    _read("/statistics", "applications.statistics"),
    _read("/exports/applications", "applications.export", kind="export"),
    Resource("GET", "/exports/catalogue", "catalog.export", public=True, kind="export"),
    # Money
    _read(APPLICATION + "/demands", "payments.demands"),
    _read(APPLICATION + "/payments", "payments.payments"),
    _make(APPLICATION + "/payments", "payments.start_payment", "/payments/{payment_id}"),
    _make(APPLICATION + "/offline-payments", "payments.record_offline", "/payments/{payment_id}"),
    _post(APPLICATION + "/waiver", "payments.waive"),
    _read("/waivers", "payments.waivers"),
    _post("/waivers/{waiver_id}/approval", "payments.approve_waiver"),
    _post("/waivers/{waiver_id}/refusal", "payments.decline_waiver"),
    _read("/payments/{payment_id}", "payments.payment"),
    _post("/payments/{payment_id}/cancellation", "payments.cancel"),
    _read("/payments/{payment_id}/receipt", "payments.receipt", kind="receipt"),
    _make("/payments/{payment_id}/refunds", "payments.refund"),
    _read("/refunds", "payments.refunds"),
    _post("/refunds/{refund_id}/approval", "payments.approve_refund"),
    _post("/refunds/{refund_id}/refusal", "payments.decline_refund"),
    _read("/statements", "payments.statements"),
    _post("/statements/{reconciliation_id}/approval", "payments.approve_statement"),
    _post("/statements/{reconciliation_id}/refusal", "payments.decline_statement"),
    _read("/suspense", "payments.suspense"),
    _post("/suspense/{line_id}/assignment", "payments.assign_suspense"),
    _read("/suspense-assignments", "payments.suspense_assignments"),
    _post("/suspense-assignments/{assignment_id}/approval", "payments.approve_assignment"),
    _post("/suspense-assignments/{assignment_id}/refusal", "payments.decline_assignment"),
    # Documents between agencies
    _read("/documents", "interchange.documents"),
    _make("/documents", "interchange.send_document", "/documents/{document_id}"),
    _read("/documents/{document_id}", "interchange.document"),
    _read("/documents/{document_id}/attachments/{attachment_id}", "interchange.document_attachment", kind="download"),
    _post("/documents/{document_id}/response", "interchange.respond"),
    _post("/documents/{document_id}/recall", "interchange.recall_document"),
    _post("/documents/{document_id}/update", "interchange.update_document"),
    _post("/documents/{document_id}/replacement", "interchange.replace_document"),
    _post("/documents/{document_id}/answer", "interchange.answer_business"),
    _post("/edxml", "interchange.import_edxml"),
    _read("/edxml/{document_id}", "interchange.export_edxml"),
    _read("/document-figures", "interchange.document_figures"),
    # Messages
    _read("/inbox", "notifications.inbox"),
    _post("/inbox/{message_id}/reading", "notifications.mark_read"),
    _read("/inbox/{message_id}/deliveries", "notifications.deliveries"),
    _read("/preferences", "notifications.preferences"),
    _put("/preferences", "notifications.set_preferences"),
)
