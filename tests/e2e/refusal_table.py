"""How each refusal is provoked: who calls which door, and with what, laid over the contract's own example.

``PROVOKED`` is written by hand. What holds for every door of a kind is added by :func:`everything`: nobody has signed
in, the role is missing, an argument too many, a command id spent on something else, an application nobody has.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from infra.chassis.contracts import contract_of
from tests.e2e.scenes import (
    BEGIN,
    BOOK_NUMBER,
    DRAFTED,
    DRAWN_OUT,
    FEE,
    FREE,
    LATER,
    LEGAL_BASIS,
    SHRUNK,
    WITH_CHOICE,
    Fixtures,
    sign_in_waits,
)
from tests.support.installation import REPORT_SECRET, Installation, command, doors, rule_of

Key = tuple[str, str, str]  # service, door, refusal
Arguments = Callable[[Installation, Fixtures], dict[str, Any]]
ROLES = ("citizen", "intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator",
         "client")  # fmt: skip
UNIVERSAL = {"Unauthenticated", "Forbidden", "InvalidRequest", "CommandIdReused"}
OTHER = "Không có thật"


@dataclass(frozen=True)
class Knock:
    """``before`` is done first, through the doors as well; ``pointer`` is where an InvalidRequest must point."""

    person: str | None
    arguments: Arguments = lambda installation, scenes: {}
    before: Callable[[Installation, Fixtures], object] | None = None
    pointer: str = ""


def example(service: str, door: str) -> dict[str, Any]:
    """The contract's example arguments, with a command id of their own."""
    entry = contract_of(service).rpc[door]
    fresh = {"command_id": command()} if "command_id" in entry["parameters"].get("properties", {}) else {}
    return {**entry["example"]["parameters"], **fresh}


def at(person: str | None, /, _before: Callable[[Installation, Fixtures], object] | None = None, **fixed: Any) -> Knock:
    """A call whose arguments are values, or names of scenes written as ``"$name"``."""

    def arguments(_town: Installation, scenes: Fixtures) -> dict[str, Any]:
        return {name: _scene(value, scenes) for name, value in fixed.items()}

    return Knock(person, arguments, _before)


def _scene(value: Any, scenes: Fixtures) -> Any:
    return getattr(scenes, value[1:]) if isinstance(value, str) and value.startswith("$") else value


def nothing() -> str:
    return str(uuid4())


def _resetting(person: str, before: Callable[[Installation, Fixtures], object] | None = None, **how: str) -> Knock:
    """A new password for the code that this person has been sent."""

    def arguments(installation: Installation, scenes: Fixtures) -> dict[str, Any]:
        return {"username": installation.people[person]["username"], "code": scenes.reset_codes[person], **how}

    return Knock(None, arguments, before)


def _signed(_town: Installation, _scenes: Fixtures) -> dict[str, Any]:
    """A genuine report about a delivery nobody made."""
    fields = {"delivery_id": nothing(), "event": "delivered", "at": "2026-03-02T02:04:10+00:00"}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    signature = hmac.new(REPORT_SECRET.encode(), lines.encode(), hashlib.sha256).hexdigest()
    return {"provider": "mau", "parameters": {**fields, "signature": signature}}


def _changed_sample(**changes: Any) -> Arguments:
    return lambda installation, scenes: {"definition": scenes.sample | changes, "effective_from": "2025-07-01"}


def _claims(person: str, **changes: Any) -> Arguments:
    keys = ("citizen_number", "full_name", "birth_date", "phone", "email", "password")
    return lambda installation, scenes: {key: installation.people[person][key] for key in keys} | changes


def _stranger(**changes: Any) -> Arguments:
    """Somebody of the register who has no account yet."""

    def arguments(installation: Installation, _scenes: Fixtures) -> dict[str, Any]:
        person = installation.rpc(None).identity.sample_people()["items"][-20]
        claimed = {key: person[key] for key in ("citizen_number", "full_name", "birth_date")}
        return claimed | {"phone": "+84912345678", "email": "la@example.vn", "password": "năm từ rất dài này"} | changes

    return arguments


WRONG = "sai mật khẩu rồi nhé"
CITIZEN_DRAFT = ("supplement", "request_withdrawal", "rate", "appeal")
CITIZEN_FROZEN = ("save_answers", "detach", "submit")
OFFICE = {
    "accept": "intake_officer", "refuse_intake": "intake_officer", "assign": "approver", "stop": "approver",
    "request_supplement": "case_officer", "request_payment": "case_officer", "consult": "case_officer",
    "answer_consultation": "case_officer", "extend": "case_officer", "confirm_withdrawal": "intake_officer",
    "decline_withdrawal": "intake_officer", "propose": "case_officer", "approve": "approver", "reject": "approver",
    "send_back": "approver", "return_result": "intake_officer",
}  # fmt: skip
OF_THE_ERASED = ("submit", "detach", "supplement", "request_withdrawal", "choose_delivery", "rate", "appeal")
DECISIONS = ("approve", "reject", "send_back")
UNKNOWN_PROCEDURE = ("procedure", "versions", "compare", "quote", "due_date")
MONEY_DOORS = {"demands": "citizen", "start_payment": "citizen", "payments": "citizen", "record_offline": "accountant",
               "waive": "accountant", "assign_suspense": "accountant"}  # fmt: skip
WAIVER_DECISIONS = ("approve_waiver", "decline_waiver")
STATEMENT_DECISIONS = ("approve_statement", "decline_statement")
ASSIGNMENT_DECISIONS = ("approve_assignment", "decline_assignment")
TEMPLATE_DECISIONS = ("approve_template", "decline_template")
BLOCKING = ("block_account", "unblock_account", "end_account_sessions")
RECOVERY_DECISIONS = ("approve_account_recovery", "decline_account_recovery")
APPOINTMENT_DECISIONS = ("approve_appointment", "decline_appointment")
TAKING = ("start_payment", "record_offline", "waive")
REFUND: dict[str, Any] = {"payment_id": "$refunded", "amount": "$amount", "available": "$amount"}

APPLICATIONS: dict[tuple[str, str], Knock] = {
    **{(door, "TransitionNotAllowed"): at("citizen", application_id="$draft") for door in CITIZEN_DRAFT},
    **{(door, "TransitionNotAllowed"): at("citizen", application_id="$submitted") for door in CITIZEN_FROZEN},
    **{(door, "TransitionNotAllowed"): at(person, application_id="$returned") for door, person in OFFICE.items()},
    ("save_answers", "TransitionNotAllowed"): at("citizen", application_id="$submitted", answers={}),
    ("attach", "TransitionNotAllowed"): at("citizen", application_id="$submitted", requirement="other"),
    ("choose_delivery", "TransitionNotAllowed"): at("citizen", application_id="$returned"),
    ("decide_appeal", "TransitionNotAllowed"): at("approver", application_id="$handled"),
    ("start", "ProcedureNotFound"): at("citizen", procedure_code="9.999999"),
    ("start", "ChannelNotOffered"): at("citizen", procedure_code=FREE, channel="post"),
    ("start", "ServiceLevelTooLow"): at("citizen", procedure_code=SHRUNK),
    **{(door, "VersionConflict"): at("citizen", application_id="$draft", expected_version=99)
       for door in (*CITIZEN_DRAFT, "detach", "submit", "choose_delivery")},
    **{(door, "VersionConflict"): at(person, application_id="$handled", expected_version=99)
       for door, person in {**OFFICE, "decide_appeal": "approver"}.items()},
    ("save_answers", "VersionConflict"): at("citizen", application_id="$draft", answers={}, expected_version=99),
    ("attach", "VersionConflict"): at("citizen", application_id="$draft", requirement="other", expected_version=99),
    ("save_answers", "AlreadyErased"): at("leaving", application_id="$erased", answers={}),
    ("attach", "AlreadyErased"): at("leaving", application_id="$erased", requirement="other"),
    **{(door, "AlreadyErased"): at("leaving", application_id="$erased") for door in OF_THE_ERASED},
    ("approve", "AlreadyErased"): at("approver", application_id="$erased"),
    ("start", "PersonErased"): at("leaving", procedure_code=FREE),
    ("attach", "AttachmentNotFound"): Knock("citizen", lambda installation, scenes: {
        "application_id": scenes.draft, "requirement": "other", "from_attachment_id": nothing()}),
    ("detach", "AttachmentNotFound"): at("citizen", application_id="$draft"),
    ("attachment", "AttachmentNotFound"): at("citizen", application_id="$draft"),
    ("submit", "SubmissionIncomplete"): at("citizen", application_id="$draft"),
    ("submit", "ServiceLevelTooLow"): at("citizen", application_id="$shrunk"),
    ("supplement", "SubmissionIncomplete"): at("citizen", application_id="$wanting"),
    ("choose_delivery", "DeliveryNotOffered"): at("citizen", application_id="$level_3"),
    ("application", "ReadModelBehind"): at("citizen", application_id="$draft", min_version=999),
    ("mine", "ReadModelBehind"): at("citizen", min_position=10**9),
    ("track", "ReadModelBehind"): at(None, min_position=10**9),
    ("track", "ApplicationNotFound"): at(None),
    ("queue", "ReadModelBehind"): Knock("intake_officer", lambda installation, scenes: {
        "agency_code": installation.agency, "min_position": 10**9}),
    ("statistics", "ReadModelBehind"): at("auditor", min_position=10**9),
    ("appeal", "AppealPending"): at("citizen", application_id="$appealed"),
    ("decide_appeal", "AppealNotPending"): at("approver_2", application_id="$returned"),
    ("decide_appeal", "DeciderDecidesAppeal"): at("approver", application_id="$appealed"),
    ("accept", "FeeNotPaid"): at("intake_officer", application_id="$submitted"),
    ("return_result", "FeeNotPaid"): at("intake_officer", application_id="$owing", method="counter"),
    ("request_payment", "NothingOwed"): at("case_officer", application_id="$handled", amount=None),
    ("answer_consultation", "ConsultationNotFound"): at("case_officer", application_id="$handled"),
    ("extend", "NotExtendable"): at("case_officer", application_id="$handled", due_at=LATER),
    ("propose", "NotAssigned"): at("case_officer_2", application_id="$handled"),
    ("return_result", "DeliveryNotOffered"): at("intake_officer", application_id="$approved_level_3", method="post"),
    **{(door, "NoProposal"): at("approver", application_id="$handled") for door in DECISIONS},
    **{(door, "ApproverIsProposer"): at("chief", application_id="$own_proposal") for door in DECISIONS},
    ("inclusion_proof", "NotSealedYet"): at(None, position=10**9),
    ("erase_subject", "ErasureNeedsTwoPersons"): at("auditor", account_id="$half_erased", legal_basis=LEGAL_BASIS),
    ("erasure", "ErasureNotFound"): at("auditor"),
    ("state_at", "OwnCase"): at("auditor", application_id="$auditors_own_case", at="2099-01-01T00:00:00+07:00"),
    ("erasure", "OwnCase"): at("auditor_2", erasure_id="$erasure_of_auditor"),
    ("erase_subject", "OwnCase"): at("auditor_2", account_id="$auditor_2_account"),
    ("consult", "AgencyUnknown"): at("case_officer", application_id="$handled", agency_code="H99.99", due_at=LATER),
    ("affected_due_dates", "AgencyUnknown"): at("auditor", agency_code="H99.99"),
    ("assign", "NotAnOfficer"): at("approver", application_id="$handled", officer_id="$citizen_account"),
    **{(door, "OwnCase"): at("former_delegate", application_id="$owing")
       for door in ("application", "attachment", "explain_due_date", "evidence")},
}  # fmt: skip

CATALOG: dict[tuple[str, str], Knock] = {
    **{(door, "ProcedureNotFound"): at(None, code="9.999999") for door in UNKNOWN_PROCEDURE},
    **{(door, "ProcedureNotFound"): at("catalog_editor", code="9.999999")
       for door in ("changes", "approve_publication", "decline_publication", "retire")},
    ("publish", "VersionsOverlap"): Knock("catalog_editor", _changed_sample(code=SHRUNK, fees=[], may_pause=False)),
    ("approve_publication", "VersionsOverlap"): at("catalog_editor_2", code="9.000004", version="$proposal_2"),
    ("approve_publication", "SameEditor"): at("catalog_editor", code="9.000004", version="$proposal_2"),
    ("approve_publication", "ApprovalNotPending"): at("catalog_editor", code=FEE, version=1),
    ("decline_publication", "ApprovalNotPending"): at("catalog_editor", code=FEE, version=1),
    ("retire", "NotInForce"): at("catalog_editor", code=FEE, effective_until="2020-01-01"),
    ("quote", "ChannelNotOffered"): at(None, code="1.000889", channel="post"),
    ("quote", "ChoiceMissing"): at(None, code=WITH_CHOICE, channel="online", choices={}),
    ("due_date", "ChannelNotOffered"): at(None, code="1.000889", channel="post"),
    ("due_date", "DurationTooLong"): at(None, code=DRAWN_OUT, channel="online", accepted_at="2190-03-02T02:00:00Z"),
    ("wards", "ProvinceNotFound"): at(None, province_code="00"),
    ("wards", "WardsNotKnown"): at(None, province_code="01", at="2024-01-01"),
    **{(door, "DraftNotFound"): at("catalog_editor", code="9.999999")
       for door in ("draft", "publish_draft", "discard_draft")},
    **{(door, "VersionConflict"): at("catalog_editor", code=DRAFTED, expected_revision=999)
       for door in ("publish_draft", "discard_draft")},
    ("save_draft", "VersionConflict"): at("catalog_editor", expected_revision=999),
    ("publish_draft", "VersionsOverlap"): at("catalog_editor", code=DRAFTED, effective_from=BEGIN,
                                             expected_revision=None),
    ("agency", "AgencyUnknown"): at(None, code="H00.00"),
    ("set_agency", "ProvinceNotFound"): at("catalog_editor", agency={
        "code": "H55", "name": {"vi": "Cơ quan mẫu"}, "province_code": "00"}),
    **{(door, "AgencyUnknown"): at("catalog_editor", **arguments) for door, arguments in (
        ("agency_changes", {"code": "H00.00"}),
        ("set_agency", {"agency": {"code": "H58", "name": {"vi": "Cơ quan mẫu"}, "parent_code": "H00.00"}}))},
    ("search", "ProvinceNotFound"): at(None, province="999"),
    ("agencies", "ProvinceNotFound"): at(None, province_code="999"),
    ("merge_agency", "AgencyUnknown"): at("catalog_editor", code="H00.00"),
    ("merge_agency", "AgencyChangesLater"): at("catalog_editor", code="H56", into="H57", last_day="2025-12-31"),
}  # fmt: skip


def _sign_in_fails(installation: Installation, scenes: Fixtures) -> None:
    sign_in_waits(installation, scenes)
    for _ in range(5):
        installation.answer("identity", "sign_in", username="doan-nua", password=WRONG)


OPENID_CLIENT_DOORS = ("approve_openid_client", "decline_openid_client", "end_openid_client",
                       "renew_openid_client_secret")  # fmt: skip

IDENTITY: dict[tuple[str, str], Knock] = {
    ("register_citizen", "CitizenNotInRegister"): Knock(None, _stranger(citizen_number="001099999999")),
    ("register_citizen", "CitizenDataDiffers"): Knock(None, _stranger(full_name=OTHER)),
    ("register_citizen", "AccountAlreadyExists"): Knock(None, _claims("citizen")),
    ("register_citizen", "WeakPassword"): Knock(None, _stranger(password="12345678")),
    ("whoami", "AccountErased"): at("leaving"),
    ("challenge_access", "AccessEntryNotFound"): at("citizen", entry_id=999_999_999),
    ("answer_challenge", "AccessChallengeNotFound"): at("auditor"),
    ("answer_challenge", "AccessChallengeAnswered"): at("auditor_2", challenge_id="$challenge_answered"),
    ("answer_challenge", "OwnCase"): at("auditor", challenge_id="$auditors_challenge"),
    ("sign_in", "Unauthenticated"): at(None, username="khong-co-ai", password=WRONG),
    ("sign_in", "AccountBlocked"): Knock(None, lambda installation, scenes: {
        name: installation.people["blocked"][name] for name in ("username", "password")}),
    ("confirm_registration", "ContactCodeRefused"): at(None),
    ("reset_password", "ContactCodeRefused"): at(None),
    ("reset_password", "OtpRequired"): _resetting("careful"),
    ("reset_password", "OtpCodeWrong"): _resetting("careful", otp="000000"),
    ("reset_password", "SignInDelayed"): _resetting("hasty", lambda installation, scenes: [
        installation.answer("identity", "enrol_otp", "hasty", otp="000000") for _ in range(5)], otp="000000"),
    ("reset_password", "WeakPassword"): _resetting("careless", new="12345678"),
    ("code_message", "ContactCodeNotFound"): at("notifications"),
    **{(door, "AccountNotFound"): Knock("operator", lambda installation, scenes: {"account_id": nothing()})
       for door in BLOCKING},
    **{(door, "OwnCase"): Knock("operator", lambda installation, scenes: {
        "account_id": installation.people["operator"]["account_id"]}) for door in BLOCKING},
    ("request_account_recovery", "AccountNotFound"): at("intake_officer", username="khong-co-ai"),
    ("request_account_recovery", "OwnCase"): Knock("operator", lambda installation, scenes: {
        "username": installation.people["operator"]["username"]}),
    **{(door, "AccountRecoveryNotFound"): at("approver") for door in RECOVERY_DECISIONS},
    **{(door, "AccountRecoveryNotPending"): at("approver", request_id="$recovery_declined")
       for door in RECOVERY_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("intake_officer", request_id="$recovery") for door in RECOVERY_DECISIONS},
    **{(door, "OwnCase"): at("operator_2", request_id="$own_recovery") for door in RECOVERY_DECISIONS},
    ("sign_in", "OtpRequired"): Knock(None, lambda installation, scenes: {
        name: installation.people["careful"][name] for name in ("username", "password")}),
    ("sign_in", "SignInDelayed"): at(None, lambda installation, scenes: [
        installation.answer("identity", "sign_in", username="doan-mai", password=WRONG) for _ in range(5)],
        username="doan-mai", password=WRONG),
    ("refresh", "Unauthenticated"): at(None),
    ("client_token", "Unauthenticated"): at(None),
    ("revoke_session", "SessionNotFound"): at("citizen"),
    ("whoami", "AccountNotFound"): at("nobody"),
    ("enrol_otp", "OtpRequired"): at("careful", otp=None),
    ("enrol_otp", "OtpCodeWrong"): at("careful", otp="000000"),
    ("enrol_otp", "SignInDelayed"): at("hasty", lambda installation, scenes: [
        installation.answer("identity", "enrol_otp", "hasty", otp="000000") for _ in range(5)], otp="000000"),
    ("enrol_otp", "WrongPassword"): at("citizen", password=WRONG),
    ("confirm_otp", "OtpNotEnrolled"): at("citizen"),
    ("confirm_otp", "OtpCodeWrong"): at("guessing", code="000000"),
    ("change_password", "WrongPassword"): at("citizen", old=WRONG, new="bốn từ hoàn toàn khác"),
    ("change_password", "WeakPassword"): at("citizen", old=WRONG, new="12345678"),
    ("change_password", "SignInDelayed"): at("guessing", lambda installation, scenes: [
        installation.answer("identity", "change_password", "guessing", old=WRONG, new="bốn từ hoàn toàn khác")
        for _ in range(5)], old=WRONG, new="bốn từ hoàn toàn khác"),
    ("request_contact_change", "WrongPassword"): at("chief", password=WRONG),
    ("request_contact_change", "OtpRequired"): at("cautious", otp=None),
    ("request_contact_change", "OtpCodeWrong"): at("cautious", otp="000000"),
    ("request_contact_change", "SignInDelayed"): at("hasty", lambda installation, scenes: [
        installation.answer("identity", "request_contact_change", "hasty", channel="phone", address="0912345678",
                            password=WRONG, otp="000000") for _ in range(5)], otp="000000"),
    ("confirm_contact", "ContactCodeRefused"): at("citizen"),
    ("citizen_number", "AccountNotFound"): Knock(
        "interchange", lambda installation, scenes: {"account_id": nothing()}),
    ("contact", "AccountNotFound"): Knock("notifications", lambda installation, scenes: {"account_id": nothing()}),
    ("create_agency", "AgencyNotFound"): at("operator", code="H98", parent_code="H97"),
    ("create_agency", "AgencyAlreadyExists"): at("operator", code="H99", name=OTHER, parent_code=None),
    ("appoint", "AccountNotFound"): Knock("operator", lambda installation, scenes: {
        "account_id": nothing(), "agency_code": installation.agency}),
    ("appoint", "OwnCase"): Knock("operator", lambda installation, scenes: {
        "account_id": installation.people["operator"]["account_id"], "agency_code": installation.agency}),
    **{(door, "EidNotOffered"): at(None) for door in ("begin_eid_sign_in", "complete_eid_sign_in")},
    ("begin_authorization", "AuthorizationRequestRefused"): at(None),
    ("openid_logout", "AuthorizationRequestRefused"): at(None),
    ("openid_token", "TokenRequestRefused"): at(None),
    ("revoke_openid_token", "TokenRequestRefused"): at(None),
    ("openid_userinfo", "Unauthenticated"): at(None),
    **{(door, "AuthorizationNotPending"): at(None)
       for door in ("authorization", "sign_in_to_authorize", "decide_authorization")},
    ("sign_in_to_authorize", "Unauthenticated"): at(None, sign_in_waits, authorization_id="$sign_in_pending",
                                                    username="khong-co-ai", password=WRONG),
    ("sign_in_to_authorize", "OtpRequired"): Knock(None, lambda installation, scenes: {
        "authorization_id": scenes.sign_in_pending,
        **{name: installation.people["careful"][name] for name in ("username", "password")}}, sign_in_waits),
    ("sign_in_to_authorize", "AccountBlocked"): Knock(None, lambda installation, scenes: {
        "authorization_id": scenes.sign_in_pending,
        **{name: installation.people["blocked"][name] for name in ("username", "password")}}, sign_in_waits),
    ("sign_in_to_authorize", "SignInDelayed"): at(None, _sign_in_fails, authorization_id="$sign_in_pending",
                                                  username="doan-nua", password=WRONG),
    ("withdraw_openid_consent", "OpenIdConsentNotFound"): at("citizen"),
    **{(door, "OpenIdClientNotFound"): at("operator") for door in OPENID_CLIENT_DOORS},
    **{(door, "OpenIdClientNotPending"): at("operator_2", client_id="$openid_client_declined")
       for door in OPENID_CLIENT_DOORS},
    **{(door, "SecondPersonNeeded"): at("operator", client_id="$openid_client")
       for door in ("approve_openid_client", "decline_openid_client")},
    **{(door, "AppointmentRequestNotFound"): at("operator") for door in APPOINTMENT_DECISIONS},
    **{(door, "AppointmentRequestNotPending"): at("operator_2", request_id="$appointment_declined")
       for door in APPOINTMENT_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("operator", request_id="$appointment") for door in APPOINTMENT_DECISIONS},
    **{(door, "OwnCase"): at("operator_2", request_id="$own_appointment") for door in APPOINTMENT_DECISIONS},
    ("appoint", "AgencyNotFound"): Knock("operator", lambda installation, scenes: {
        "account_id": installation.people["citizen"]["account_id"], "agency_code": "H97"}),
    ("dismiss", "AppointmentNotFound"): Knock("operator", lambda installation, scenes: {
        "account_id": installation.people["citizen"]["account_id"], "agency_code": installation.agency}),
    ("delegate", "AccountNotFound"): at("citizen", to_citizen_number="001099999999", until=LATER),
    ("delegate", "DelegationNotPossible"): Knock("citizen", lambda installation, scenes: {
        "to_citizen_number": installation.people["citizen"]["citizen_number"], "until": LATER}),
    ("revoke_delegation", "DelegationNotFound"): at("citizen"),
    ("delegation_for", "DelegationNotFound"): Knock(
        "payments for citizen",
        lambda installation, scenes: {"delegate_account_id": installation.people["citizen"]["account_id"]},
    ),
}  # fmt: skip

PAYMENTS: dict[tuple[str, str], Knock] = {
    **{(door, "NotYetSubmitted"): at(who, application_id=f"${who}_draft") for door, who in MONEY_DOORS.items()},
    **{(door, "NothingOwed"): at(MONEY_DOORS[door], application_id="$handled") for door in TAKING},
    **{(door, "AlreadyPaid"): at(MONEY_DOORS[door], application_id="$paid") for door in TAKING},
    ("start_payment", "ReturnUrlNotAllowed"): at("citizen", application_id="$submitted", return_url="https://portal.example.evil.example/"),
    ("start_payment", "OnlinePaymentNotOffered"): at("citizen", application_id="$level_3"),
    ("start_payment", "CurrencyNotAccepted"): at("citizen", application_id="$foreign"),
    ("start_payment", "PaymentInProgress"): at("citizen", application_id="$open"),
    **{(door, "PaymentNotFound"): at(person)
       for door, person in (("payment", "citizen"), ("cancel", "citizen"), ("receipt", "citizen"),
                            ("refund", "accountant"))},
    ("cancel", "TransitionNotAllowed"): at("citizen", payment_id="$payment"),
    ("gateway_callback", "GatewayNotFound"): at(None, gateway="khong-co"),
    ("record_offline", "AmountDiffers"): at("accountant", application_id="$submitted",
                                            amount={"amount": 1, "currency": "VND"}),
    ("record_offline", "ReceiptBookNumberUsed"): at("accountant", application_id="$submitted", amount="$amount",
                                                    receipt_book_number=BOOK_NUMBER),
    ("refund", "TransitionNotAllowed"): at("accountant", payment_id="$payment_open"),
    ("refund", "RefundAvailableChanged"): at("accountant", **REFUND),
    ("refund", "RefundTooLarge"): Knock("accountant", lambda installation, scenes: {
        "payment_id": scenes.payment, "available": scenes.amount,
        "amount": scenes.amount | {"amount": scenes.amount["amount"] + 1}}),
    **{(door, "RefundNotFound"): at("accountant") for door in ("approve_refund", "decline_refund")},
    **{(door, "SecondPersonNeeded"): at("accountant", refund_id="$refund")
       for door in ("approve_refund", "decline_refund")},
    **{(door, "TransitionNotAllowed"): at("accountant_2", refund_id="$refund_declined")
       for door in ("approve_refund", "decline_refund")},
    **{(door, "WaiverNotFound"): at("accountant") for door in WAIVER_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("accountant", waiver_id="$waiver") for door in WAIVER_DECISIONS},
    **{(door, "TransitionNotAllowed"): at("accountant_2", waiver_id="$waiver_declined") for door in WAIVER_DECISIONS},
    ("approve_waiver", "NothingOwed"): at("accountant_2", waiver_id="$waiver_of_nothing"),
    ("approve_waiver", "AlreadyPaid"): at("accountant_2", waiver_id="$waiver_of_the_paid"),
    ("approve_waiver", "AmountDiffers"): at("accountant_2", waiver_id="$waiver_of_the_rest"),
    **{(door, "OwnCase"): at("chief", application_id="$own_unpaid", waiver_id="$own_waiver", refund_id="$own_refund")
       for door in ("waive", "record_offline", "approve_refund", "decline_refund", *WAIVER_DECISIONS)},
    **{(door, "OwnCase"): at("former_delegate", application_id="$entrusted", payment_id="$entrusted_payment")
       for door in ("demands", "payment", "payments", "receipt", "refund")},
    **{(door, "StatementNotFound"): at("accountant") for door in STATEMENT_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("accountant", reconciliation_id="$statement") for door in STATEMENT_DECISIONS},
    **{(door, "TransitionNotAllowed"): at("accountant_2", reconciliation_id="$statement_declined")
       for door in STATEMENT_DECISIONS},
    ("approve_statement", "StatementOutdated"): at("accountant_2", reconciliation_id="$statement_outdated"),
    ("approve_statement", "OwnCase"): at("former_delegate", reconciliation_id="$entrusted_statement"),
    ("reconcile", "OwnCase"): at("former_delegate", gateway="vietqr", statement="$entrusted_lines"),
    ("assign_suspense", "SuspenseNotFound"): at("accountant", application_id="$submitted", line_id=999_999),
    ("assign_suspense", "OwnCase"): at("former_delegate", application_id="$entrusted", line_id="$suspense_line"),
    **{(door, "AssignmentNotFound"): at("accountant") for door in ASSIGNMENT_DECISIONS},
    **{(door, "OwnCase"): at("former_delegate", assignment_id="$entrusted_assignment")
       for door in ASSIGNMENT_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("accountant", assignment_id="$assignment") for door in ASSIGNMENT_DECISIONS},
    **{(door, "TransitionNotAllowed"): at("accountant_2", assignment_id="$assignment_declined")
       for door in ASSIGNMENT_DECISIONS},
    ("approve_assignment", "SuspenseChanged"): at("accountant_2", assignment_id="$assignment_outdated"),
    ("receipt", "NotPaidYet"): at("citizen", payment_id="$payment_open"),
    ("ledger", "LedgerAccountNotFound"): at("accountant", account="khong:co"),
}  # fmt: skip

NOTIFICATIONS: dict[tuple[str, str], Knock] = {
    **{(door, "MessageNotFound"): at("citizen") for door in ("mark_read", "deliveries")},
    **{(door, "TemplateNotFound"): at("operator", channel="sms") for door in ("publish_template", "preview")},
    ("publish_template", "TemplateNotAllowed"): at("operator", body="{{ 1 + 1 }}"),
    ("publish_template", "TemplateFactMissing"): at("operator", body="{{ khong_co }}"),
    **{(door, "TemplateRequestNotFound"): at("operator") for door in TEMPLATE_DECISIONS},
    **{(door, "SecondPersonNeeded"): at("operator", request_id="$template_request") for door in TEMPLATE_DECISIONS},
    **{(door, "TemplateRequestNotPending"): at("operator_2", request_id="$template_declined")
       for door in TEMPLATE_DECISIONS},
    ("preview", "TemplateFactMissing"): at("operator", facts={}),
    ("preview", "TemplateFactUnfit"): at("operator", facts={"reference": "H26.01", "at": "hôm qua"}),
    ("delivery_report", "DeliveryReportNotGenuine"): at(None),
    ("delivery_report", "DeliveryNotFound"): Knock(None, _signed),
    ("subscribe", "WebhookAddressNotAllowed"): at("operator", url="ftp://example.vn/hooks"),
    **{(door, "SubscriptionNotFound"): at("operator") for door in ("unsubscribe", "webhook_deliveries")},
    ("redeliver", "DeliveryNotFound"): at("operator"),
    ("redeliver", "SubscriptionNotFound"): at("operator", delivery_id="$delivery"),
}  # fmt: skip

FIGURE = "unit=VN&provinces=34&cut_off=2026-07-01&period=2026-05&indicator="
TICKET_DOORS = ("route_feedback", "ask_feedback", "answer_feedback", "refuse_feedback")
GIVERS_DOORS = ("supplement_feedback", "rate_feedback", "reopen_feedback")
OVERSIGHT: dict[tuple[str, str], Knock] = {
    ("report", "UnitNotFound"): at("auditor", unit="Z99"),
    ("report", "PeriodNotBegun"): at("auditor", cut_off="2020-01-01"),
    ("index", "UnitNotFound"): at("auditor", unit="Z99"),
    ("index", "RuleSetNotFound"): at("auditor", unit="VN", rules="766/1999"),
    ("index", "PeriodNotBegun"): at("auditor", unit="VN", cut_off="2023-01-01"),
    ("ranking", "RuleSetNotFound"): at("auditor", rules="766/1999"),
    ("ranking", "PeriodNotBegun"): at("auditor", cut_off="2023-01-01"),
    ("evidence_of", "FigureNotFound"): at("auditor", figure="0"),
    ("what_if", "UnitNotFound"): at("auditor", unit="Z99"),
    ("what_if", "RuleSetNotFound"): at("auditor", change={"rules": "766/1999"}),
    ("what_if", "PeriodNotBegun"): at("auditor", period="2999"),
    ("answer_finding", "FindingNotFound"): at("approver"),
    ("dataset", "DatasetNotFound"): at(None, name="nothing"),
    ("dataset", "PeriodNotBegun"): at(None, name="statistics", period="2999"),
    ("dataset", "RuleSetNotFound"): at(None, name="index", period="2000"),
    ("integrity", "AgencyUnknown"): at("auditor", agency_code="H99.99"),
    ("give_feedback", "AgencyUnknown"): at(None, agency_code="H99.99"),
    ("feedback_queue", "AgencyUnknown"): at("operator", agency_code="H99.99"),
    ("route_feedback", "AgencyUnknown"): at("operator", feedback_id="$ticket", agency_code="H99.99"),
    ("give_feedback", "Forbidden"): at("citizen", channel="phone"),
    ("track_feedback", "FeedbackNotFound"): at(None),
    **{(door, "FeedbackNotFound"): at("operator") for door in (*TICKET_DOORS, "publish_feedback")},
    **{(door, "FeedbackNotFound"): at(None) for door in GIVERS_DOORS},
    **{(door, "TransitionNotAllowed"): at("operator", feedback_id="$ticket_refused") for door in TICKET_DOORS},
    ("publish_feedback", "TransitionNotAllowed"): at("operator", feedback_id="$ticket"),
    **{
        (door, "TransitionNotAllowed"): at(None, feedback_id="$ticket", tracking_code="$ticket_code")
        for door in GIVERS_DOORS
    },
    ("evidence_of", "UnitNotFound"): at("auditor", figure=f"{FIGURE}&unit=Z99"),
    ("evidence_of", "RuleSetNotFound"): at("auditor", figure=f"{FIGURE}PROCESSING_ON_TIME&rules=766/1999"),
}


AFTERWARDS = ("recall_document", "update_document", "replace_document", "answer_business")


def _receivers() -> list[str]:
    return list(contract_of("interchange").rpc["send_document"]["example"]["parameters"]["to_agencies"])


def packet(number: str = "15", from_agency: str | None = None, recalled: str | None = None) -> str:
    """The contract's packet, with another number or sender, or as the recall of an earlier document."""
    content = str(contract_of("interchange").rpc["import_edxml"]["example"]["parameters"]["content"])
    content = content.replace("<CodeNumber>15<", f"<CodeNumber>{number}<")
    if from_agency is not None:
        own = contract_of("interchange").rpc["send_document"]["example"]["parameters"]["from_agency"]
        content = content.replace(f"<From><OrganId>{own}<", f"<From><OrganId>{from_agency}<")
    if recalled is None:
        return content
    code = content.rpartition("<DocumentId>")[2].partition("<")[0].replace(",15/", f",{recalled}/")
    about = f"<DocumentId>{code}</DocumentId></Bussiness>"
    content = content.replace("<DocumentId/></Bussiness>", about)
    return content.replace("<BussinessDocType>0", "<BussinessDocType>1")


def _sent_document(**changes: Any) -> dict[str, Any]:
    """The contract's document, as it was sent in the scenes, with something changed."""
    return {**contract_of("interchange").rpc["send_document"]["example"]["parameters"]["document"], **changes}


INTERCHANGE: dict[tuple[str, str], Knock] = {
    **{(door, "AgencyUnknown"): at("auditor", agency_code="H99.99") for door in ("documents", "document_figures")},
    ("send_document", "DocumentNumberUsed"): at("intake_officer", document=_sent_document(subject=OTHER)),
    ("send_document", "ResendLimitReached"): at("intake_officer", document=_sent_document(number="13"), attachments=[]),
    **{(door, "DocumentNotFound"): at("intake_officer", document_id=nothing()) for door in AFTERWARDS},
    ("recall_document", "TransitionNotAllowed"): at("intake_officer", document_id="$document_unwanted"),
    ("replace_document", "TransitionNotAllowed"): at("intake_officer", document_id="$document_pending"),
    ("update_document", "TransitionNotAllowed"): at(
        "intake_officer", document_id="$document_unwanted", document=_sent_document(number="13"), add_agencies=[]
    ),
    ("update_document", "ResendLimitReached"): at(
        "intake_officer",
        document_id="$document_unwanted",
        document=_sent_document(number="13"),
        add_agencies=_receivers(),
    ),
    ("replace_document", "DocumentNumberUsed"): at(
        "intake_officer", document_id="$document_sent", document=_sent_document(number="13")
    ),
    ("answer_business", "TransitionNotAllowed"): at("intake_officer", document_id="$document_received"),
    ("export_edxml", "DocumentNotFound"): at("intake_officer", document_id=nothing()),
    ("import_edxml", "EdxmlUnreadable"): at("intake_officer", content="<edXML/>"),
    ("import_edxml", "EdxmlNotGenuine"): at("case_officer", content=packet(from_agency=_receivers()[0])),
    ("import_edxml", "DocumentNumberUsed"): at("intake_officer", content=packet(number="12")),
    ("import_edxml", "ResendLimitReached"): at("intake_officer", content=packet(number="13")),
    ("import_edxml", "DocumentNotFound"): at("intake_officer", content=packet(recalled="99")),
    ("import_edxml", "TransitionNotAllowed"): at("intake_officer", content=packet(recalled="13")),
    ("respond", "DocumentNotFound"): at("intake_officer", document_id=nothing()),
    ("respond", "TransitionNotAllowed"): at("intake_officer", document_id="$document_received", status="finished"),
    ("document", "DocumentNotFound"): at("intake_officer", document_id=nothing()),
    ("document_attachment", "DocumentNotFound"): at("intake_officer", document_id=nothing()),
    ("document_attachment", "AttachmentNotFound"): at("intake_officer", document_id="$document_sent"),
    ("deliveries", "TargetNotFound"): at("operator"),
    ("mirrored", "DossierNotFound"): at("operator", number="G09.20-00000000-0000000"),
    ("dossier_by_person", "DossierNotFound"): Knock(
        "applications", lambda installation, scenes: {"number": "G09.20-00000000-0000000"}
    ),
}

BY_HAND = {"applications": APPLICATIONS, "catalog": CATALOG, "identity": IDENTITY, "payments": PAYMENTS,
           "notifications": NOTIFICATIONS, "interchange": INTERCHANGE, "oversight": OVERSIGHT}  # fmt: skip

ALL_THAT_LOAD = [
    door for door, entry in contract_of("applications").rpc.items() if "HistoryNotAuthentic" in entry["refusals"]
]

SINGLE_SIGN_ON = [
    door for door, entry in contract_of("identity").rpc.items() if "SingleSignOnNotOffered" in entry["refusals"]
]

REPLAYS = [door for door, entry in contract_of("interchange").rpc.items() if "StreamNotAuthentic" in entry["refusals"]]

EID_ELSEWHERE = (
    ("begin_eid_sign_in", "EidProviderUnavailable"),
    *(("complete_eid_sign_in", name) for name in (
        "EidSignInNotPending", "EidSignInRefused", "EidProviderUnavailable", "CitizenNotInRegister",
        "CitizenDataDiffers", "Unauthenticated", "OtpRequired", "SignInDelayed", "AccountBlocked",
    )),
)  # fmt: skip

# These need a platform in another state: nothing sealed yet, a neighbour that is down, a clock 91 days on, production.
ELSEWHERE: frozenset[Key] = frozenset(
    {
        ("applications", "appeal", "AppealTooLate"),
        ("applications", "accept", "ServiceUnavailable"),
        ("applications", "affected_due_dates", "ServiceUnavailable"),
        ("applications", "track", "ServiceUnavailable"),
        ("interchange", "classic_call", "ServiceUnavailable"),
        ("interchange", "send_document", "ServiceUnavailable"),
        ("interchange", "update_document", "ServiceUnavailable"),
        ("interchange", "import_edxml", "ServiceUnavailable"),
        ("applications", "approve", "FileInfected"),
        ("applications", "approve", "ScannerUnavailable"),
        ("applications", "attach", "FileInfected"),
        ("applications", "attach", "ScannerUnavailable"),
        ("applications", "attachment", "FileInfected"),
        ("applications", "attachment", "FileNotScanned"),
        ("applications", "checkpoint", "NothingSealed"),
        ("applications", "consistency_proof", "NothingSealed"),
        ("applications", "inclusion_proof", "NothingSealed"),
        ("applications", "evidence", "NothingSealed"),
        ("applications", "evidence", "NotSealedYet"),
        ("applications", "verify", "TooMuchToVerify"),
        # A store that somebody with the rights of its database has added to: tests/component/applications.
        *(("applications", door, "HistoryNotAuthentic") for door in ALL_THAT_LOAD),
        *(("interchange", door, "StreamNotAuthentic") for door in REPLAYS),
        ("catalog", "sample_procedures", "OnlyInDevelopment"),
        ("identity", "sample_people", "NoSamplePeople"),
        *(("identity", door, "SingleSignOnNotOffered") for door in SINGLE_SIGN_ON),
        *(("identity", door, name) for door, name in EID_ELSEWHERE),
        *((service, door, "TooManyRequests") for service, door in doors() if rule_of(service, door).costly),
        ("payments", "start_payment", "MethodNotAvailable"),
        *(("payments", door, "ServiceUnavailable") for door in (*MONEY_DOORS, "parity")),
    }
)


def everything() -> dict[Key, Knock]:
    """The table whole."""
    entries: dict[Key, Knock] = {}
    for service, door in doors():
        entries |= {(service, door, name): knock for name, knock in _of_kind(service, door).items()}
    for service, by_hand in BY_HAND.items():
        entries |= {(service, door, name): knock for (door, name), knock in by_hand.items()}
    return entries


def _of_kind(service: str, door: str) -> dict[str, Knock]:
    entry, rule = contract_of(service).rpc[door], rule_of(service, door)
    person = who(service, door)
    entries = {"InvalidRequest": Knock(person, lambda installation, scenes: {"surplus": 1}, pointer="/surplus")}
    if not rule.public:
        entries["Unauthenticated"] = at(None)
        if wrong := [person for person in ROLES if not roles_of(person) & rule.roles]:
            entries["Forbidden"] = at(wrong[0])
        else:  # everybody may call; who has no part in the thing is turned away
            entries["Forbidden"] = at("neighbour", application_id="$submitted", payment_id="$payment")
    if "OwnCase" in entry["refusals"]:
        party, own = ("auditor", "$auditors_own_case") if rule.roles == {"auditor"} else ("chief", "$own_case")
        entries["OwnCase"] = at(party, application_id=own)
    if "command_id" in entry["parameters"].get("properties", {}):
        entries["CommandIdReused"] = _spent(service, door, rule)
    if "ApplicationNotFound" in entry["refusals"]:
        entries["ApplicationNotFound"] = Knock(person, lambda installation, scenes: {"application_id": nothing()})
    return entries


# Who may make the calls that are for services alone.
SERVICE_OF = {"contact": "notifications", "code_message": "notifications",
              "citizen_number": "interchange", "dossier_by_person": "applications",
              "posts": "applications for case_officer",
              "delegation_for": "payments for citizen",
              "delegations_in_force": "applications for citizen"}  # fmt: skip


def who(service: str, door: str) -> str | None:
    """Somebody who may pass a door."""
    rule = rule_of(service, door)
    if rule.internal:
        return SERVICE_OF[door]
    return None if rule.public else next(role for role in ROLES if role in rule.roles)


def roles_of(person: str) -> set[str]:
    """The roles somebody of the seed has: an official is a citizen as well."""
    return {"service"} if person == "client" else {"citizen", person}


def _spent(service: str, door: str, rule: Any) -> Knock:
    """A command id that this very person has spent on another command."""

    def arguments(installation: Installation, scenes: Fixtures) -> dict[str, Any]:
        named = contract_of(service).rpc[door]["parameters"]["properties"]
        about = {"application_id": scenes.submitted} if "application_id" in named else {}
        spent = installation.spent[(service, _spender(service, rule))]
        return {**SPENT_ON.get((service, door), {}), **about, "command_id": spent}

    return Knock(_spender(service, rule), arguments)


def _spender(service: str, rule: Any) -> str | None:
    if rule.public:
        return None
    return next(role for role in SPENDERS[service] if role in rule.roles)


SPENDERS = {
    "applications": ("citizen", "intake_officer", "auditor"),
    "catalog": ("catalog_editor",),
    "identity": ("operator", "citizen", "auditor"),
    "payments": ("citizen", "accountant"),
    "notifications": ("operator",),
    "interchange": ("operator", "intake_officer"),
    "oversight": ("operator", "approver"),
}
SPENT_ON: dict[tuple[str, str], dict[str, Any]] = {
    ("applications", "start"): {"procedure_code": FREE},
    ("applications", "save_answers"): {"answers": {}},
    ("applications", "attach"): {"requirement": "other"},
    ("catalog", "publish"): {"effective_from": LATER},
    ("identity", "register_openid_client"): {"name": OTHER},
}
__all__ = ["ELSEWHERE", "ROLES", "UNIVERSAL", "Knock", "everything", "example"]
