"""What has to have happened before certain refusals can be provoked: applications in every state, payments, refunds.

Everything is done as people do it, through the doors.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pyotp

from infra.chassis.contracts import contract_of
from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.support.days import years_ahead
from tests.support.installation import Installation, command, eventually

FEE, FREE, RESULT_FEE, LEVEL_3 = "1.001612", "2.001159", "1.004222", "1.008891"
LEVEL_3_FREE, DRAFTED = "1.000894", "9.000005"
FOREIGN, SHRUNK, DRAWN_OUT, COUNTER_ONLY, WITH_CHOICE = "9.000001", "9.000002", "9.000003", "1.000889", "1.001456"
TWO_MOMENTS, ENTRUSTED = "9.000006", "9.000007"
BEGIN, LATER = "2025-07-01", years_ahead(4)
BOOK_NUMBER = "AA/26E-0000001"
HOOK = "http://127.0.0.1:9/hook"
LEGAL_BASIS = "Điều 14 Luật Bảo vệ dữ liệu cá nhân"


class Fixtures(SimpleNamespace):
    """Ids by the name of the scene: ``scenes.draft``, ``scenes.payment_open`` …"""


def prepare(installation: Installation) -> Fixtures:
    """All scenes, each played until nothing but the refused step is missing."""
    scenes = Fixtures()
    people(installation, scenes)
    catalogue(installation, scenes)
    scenes.subscription = installation.call(
        "notifications",
        "subscribe",
        "operator",
        url=HOOK,
        event_types=["application_submitted.v1"],
        command_id=command(),
    )["subscription_id"]
    filing(installation, scenes)
    deciding(installation, scenes)
    paying(installation, scenes)
    notification_states(installation, scenes)
    texts(installation, scenes)
    challenges(installation, scenes)
    mirrored(installation)
    correspondence(installation, scenes)
    feedback(installation, scenes)
    erased(installation, scenes)
    return scenes


def feedback(installation: Installation, scenes: Fixtures) -> None:
    """A ticket that waits for its agency, and one that was refused."""
    for name, text in (("ticket", "Phải nộp lại giấy tờ đã có."), ("ticket_refused", "Không phải phản ánh.")):
        about = {"kind": "regulation", "subject": "Thành phần hồ sơ", "text": text, "channel": "web"}
        reply = installation.call("oversight", "give_feedback", None, **about, command_id=command())
        setattr(scenes, name, reply["feedback_id"])
        setattr(scenes, f"{name}_code", reply["tracking_code"])
        where = {"feedback_id": reply["feedback_id"], "agency_code": installation.agency}
        installation.call("oversight", "route_feedback", "operator", **where, command_id=command())
    refused = {"feedback_id": scenes.ticket_refused, "reason": "Là khiếu nại.", "command_id": command()}
    installation.call("oversight", "refuse_feedback", "approver", **refused)


def people(installation: Installation, scenes: Fixtures) -> None:
    """Somebody with every post at the agency, a second auditor, one who leaves, one with a one-time code device."""
    installation.register("chief", ["intake_officer", "case_officer", "approver"], 1)
    installation.register("auditor_2", ["auditor"], 2)
    installation.register("leaving", [], 3)
    installation.register("careful", [], 4)
    installation.register("guessing", [], 5)
    installation.register("careless", [], 6)
    installation.register("hasty", [], 7)
    installation.register("cautious", [], 10)
    installation.register("former_delegate", ["case_officer", "accountant", "auditor"], 8)
    scenes.citizen_account = installation.people["citizen"]["account_id"]
    scenes.auditor_2_account = installation.people["auditor_2"]["account_id"]
    delegate = {"to_citizen_number": installation.people["former_delegate"]["citizen_number"], "until": LATER}
    ended = installation.call(
        "identity", "delegate", "citizen", scope=[RESULT_FEE, ENTRUSTED], **delegate, command_id=command()
    )
    about = {"delegation_id": ended["delegation_id"], "command_id": command()}
    installation.call("identity", "revoke_delegation", "citizen", **about)
    appointments(installation, scenes)
    single_sign_on(installation, scenes)
    for person in ("careful", "hasty", "cautious"):
        installation.token(person)
        secret = installation.call("identity", "enrol_otp", person, password=installation.people[person]["password"])[
            "secret"
        ]
        installation.call("identity", "confirm_otp", person, code=pyotp.TOTP(secret).now())
    installation.call("identity", "enrol_otp", "guessing", password=installation.people["guessing"]["password"])
    recoveries(installation, scenes)
    neighbour = {"to_citizen_number": installation.people["neighbour"]["citizen_number"], "until": LATER}
    installation.call("identity", "delegate", "citizen", scope=["1.001193"], **neighbour, command_id=command())
    installation.call("identity", "create_agency", "operator", code="H99", name="Cơ quan khác tên", province_code=None)


def recoveries(installation: Installation, scenes: Fixtures) -> None:
    """Help with accounts: requested, turned down, and that of an operator; a code that has come; a blocked account."""

    def recovery(person: str, by: str) -> str:
        about = {"username": installation.people[person]["username"], "remedy": "second_factor", "reason": "mất máy"}
        reply = installation.call("identity", "request_account_recovery", by, **about, command_id=command())
        return str(reply["request_id"])

    scenes.recovery, scenes.recovery_declined = (recovery("neighbour", "intake_officer") for _ in range(2))
    about = {"request_id": scenes.recovery_declined, "command_id": command()}
    installation.call("identity", "decline_account_recovery", "approver", **about)
    scenes.own_recovery = recovery("operator_2", "operator")
    installation.register("blocked", [], 9)
    about = {"account_id": installation.people["blocked"]["account_id"], "reason": "mất máy", "command_id": command()}
    installation.call("identity", "block_account", "operator", **about)
    scenes.reset_codes = {person: reset_code(installation, person) for person in ("careful", "hasty", "careless")}


def reset_code(installation: Installation, person: str) -> str:
    """The code that somebody who forgot their password finds in their mailbox."""
    installation.call("identity", "request_password_reset", username=installation.people[person]["username"])

    def mailed() -> str | None:
        for path in (installation.home / "outgoing-mail").glob("*"):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            if installation.people[person]["email"] in str(mail["To"]):
                body = mail.get_body()
                code = re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){2}", body.get_content() if body else "")
                if code:
                    return code[0]
        return None

    return str(eventually(mailed, "a code by e-mail"))


def single_sign_on(installation: Installation, scenes: Fixtures) -> None:
    """Clients that two operators have not decided on, have let in and have turned down."""
    scenes.openid_client, scenes.openid_client_declined, scenes.openid_client_admitted = (
        installation.call("identity", "register_openid_client", "operator", **example_client())["client_id"]
        for _ in range(3)
    )
    for door, client_id in (("approve", scenes.openid_client_admitted), ("decline", scenes.openid_client_declined)):
        about = {"client_id": client_id, "command_id": command()}
        installation.call("identity", f"{door}_openid_client", "operator_2", **about)


def sign_in_waits(installation: Installation, scenes: Fixtures) -> None:
    """A request of a client, just made: it waits ten minutes."""
    request = contract_of("identity").rpc["begin_authorization"]["example"]["parameters"]
    parameters = {**request["parameters"], "client_id": scenes.openid_client_admitted}
    step = installation.call("identity", "begin_authorization", None, **{**request, "parameters": parameters})
    scenes.sign_in_pending = step["authorization_id"]


def example_client() -> dict[str, Any]:
    """The contract's client, under a command of its own."""
    parameters = contract_of("identity").rpc["register_openid_client"]["example"]["parameters"]
    return {**parameters, "command_id": command()}


def appointments(installation: Installation, scenes: Fixtures) -> None:
    """Requested and not decided: somebody's, one turned down, and that of an operator who would decide on it."""
    scenes.appointment = requested(installation, "neighbour", ["accountant"])
    scenes.appointment_declined = requested(installation, "neighbour", ["auditor"])
    about = {"request_id": scenes.appointment_declined, "command_id": command()}
    installation.call("identity", "decline_appointment", "operator_2", **about)
    scenes.own_appointment = requested(installation, "operator_2", ["operator", "auditor"])


def requested(installation: Installation, person: str, roles: list[str]) -> str:
    post = {"account_id": installation.people[person]["account_id"], "agency_code": installation.agency}
    return str(
        installation.call("identity", "appoint", "operator", **post, roles=roles, command_id=command())["request_id"]
    )


def catalogue(installation: Installation, scenes: Fixtures) -> None:
    """Procedures the samples do not have: a fee in dollars, one whose level sinks, one without end; proposals."""
    samples = installation.call("catalog", "sample_procedures", agency_code=installation.agency)["items"]
    sample = next(sample for sample in samples if sample["code"] == FEE)
    fee = sample["fees"][0]
    published(installation, sample | {"code": FOREIGN, "fees": [{**fee, "currency": "USD"}]})
    published(installation, sample | {"code": SHRUNK, "fees": []})
    longest = {"processing_time": {"amount": 360, "unit": "months"}}
    published(installation, sample | {"code": DRAWN_OUT, "fees": [], "channels": {"online": longest}})
    for number in (1, 2):
        dearer = [{**fee, "rule": {"type": "fixed", "amount": 1_000_000 + number}}]
        proposed = published(installation, sample | {"code": "9.000004", "fees": []}) if number == 1 else None
        proposed = published(installation, sample | {"code": "9.000004", "fees": dearer}, LATER)
        setattr(scenes, f"proposal_{number}", proposed["version"])
    installation.call(
        "catalog",
        "approve_publication",
        "catalog_editor_2",
        code="9.000004",
        version=scenes.proposal_1,
        command_id=command(),
    )
    published(installation, sample | {"code": DRAFTED, "fees": []})
    drafted = sample | {"code": DRAFTED, "fees": [], "may_pause": not sample.get("may_pause", True)}
    installation.call("catalog", "save_draft", "catalog_editor", definition=drafted, command_id=command())
    for code, since in (("H56", "2025-07-01"), ("H56", "2026-07-01"), ("H57", "2025-07-01")):
        agency = {"code": code, "name": {"vi": f"Cơ quan {code}"}}
        installation.call(
            "catalog", "set_agency", "catalog_editor", agency=agency, valid_from=since, command_id=command()
        )
    twice = [fee, {**fee, "id": "tra-ket-qua", "collected_at": "result"}]
    published(installation, sample | {"code": TWO_MOMENTS, "fees": twice})
    published(installation, sample | {"code": ENTRUSTED})
    scenes.sample, scenes.fee = sample, fee


def published(installation: Installation, definition: dict[str, Any], since: str = BEGIN) -> dict[str, Any]:
    return dict(
        installation.call(
            "catalog", "publish", "catalog_editor", definition=definition, effective_from=since, command_id=command()
        )
    )


def officer_command(
    installation: Installation, person: str, door: str, application_id: str, **arguments: Any
) -> dict[str, Any]:
    """One move on one application."""
    about = {"application_id": application_id, "command_id": command()}
    return dict(installation.call("applications", door, person, **about, **arguments))


def started_application(installation: Installation, code: str, person: str = "citizen") -> str:
    """A draft with its answers and papers."""
    procedure = installation.call("catalog", "procedure", code=code)
    started = installation.call(
        "applications", "start", person, procedure_code=code, channel="online", command_id=command()
    )
    key: str = started["application_id"]
    officer_command(
        installation, person, "save_answers", key, answers=answers_for(procedure["form"], installation.people[person])
    )
    for paper in procedure["requirements"]:
        if paper["required"]:
            attached(installation, person, key, paper["id"])
    return key


def attached(installation: Installation, person: str, key: str, requirement: str) -> str:
    paper = {"file_name": "to-khai.pdf", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Form"))}
    return str(officer_command(installation, person, "attach", key, requirement=requirement, **paper)["attachment_id"])


def filed(installation: Installation, code: str, person: str = "citizen") -> str:
    key = started_application(installation, code, person)
    officer_command(installation, person, "submit", key)
    return key


def application_in_processing(installation: Installation, code: str) -> str:
    """Accepted and with the case officer."""
    key = filed(installation, code)
    officer_command(installation, "intake_officer", "accept", key)
    officer_command(
        installation, "approver", "assign", key, officer_id=installation.people["case_officer"]["account_id"]
    )
    return key


def approved(installation: Installation, code: str) -> str:
    key = application_in_processing(installation, code)
    officer_command(installation, "case_officer", "propose", key, outcome="approve")
    officer_command(installation, "approver", "approve", key, result="Giấy chứng nhận")
    return key


def filing(installation: Installation, scenes: Fixtures) -> None:
    scenes.draft_command = command()
    scenes.draft = installation.call(
        "applications", "start", "citizen", procedure_code=FEE, channel="online", command_id=scenes.draft_command
    )["application_id"]
    scenes.citizen_draft, scenes.accountant_draft = scenes.draft, started_application(installation, FREE, "accountant")
    scenes.shrunk = started_application(installation, SHRUNK)
    published(installation, scenes.sample | {"code": SHRUNK, "fees": [], "level": 2}, "2025-08-01")
    scenes.submitted = filed(installation, FEE)
    scenes.wanting = filed(installation, FEE)
    papers = installation.call("applications", "application", "citizen", application_id=scenes.wanting)["attachments"]
    officer_command(
        installation,
        "intake_officer",
        "request_supplement",
        scenes.wanting,
        marks=["Bản chụp mờ"],
        reason="Giấy tờ chưa rõ",
    )
    for paper in papers:
        officer_command(installation, "citizen", "detach", scenes.wanting, attachment_id=paper["attachment_id"])


def deciding(installation: Installation, scenes: Fixtures) -> None:
    scenes.handled = application_in_processing(installation, FREE)
    scenes.own_proposal = filed(installation, FREE)
    officer_command(installation, "intake_officer", "accept", scenes.own_proposal)
    officer_command(
        installation, "chief", "assign", scenes.own_proposal, officer_id=installation.people["chief"]["account_id"]
    )
    officer_command(installation, "chief", "propose", scenes.own_proposal, outcome="approve")
    scenes.owing = approved(installation, RESULT_FEE)
    scenes.returned = approved(installation, FREE)
    officer_command(installation, "intake_officer", "return_result", scenes.returned, method="counter")
    scenes.appealed = approved(installation, FREE)
    officer_command(installation, "citizen", "appeal", scenes.appealed, grounds="Quyết định chưa xem xét đủ giấy tờ.")
    scenes.level_3 = filed(installation, LEVEL_3)
    scenes.own_case = filed(installation, FREE, "chief")
    scenes.auditors_own_case = filed(installation, FREE, "auditor")
    scenes.approved_level_3 = approved(installation, LEVEL_3_FREE)


def paying(installation: Installation, scenes: Fixtures) -> None:
    """One paid in cash, one with an open payment, one that was called off, refunds asked for and turned down."""
    scenes.foreign = filed(installation, FOREIGN)
    scenes.paid = filed(installation, FEE)
    scenes.payment = recorded(installation, scenes.paid, BOOK_NUMBER)
    scenes.open = filed(installation, FEE)
    pay = {"method": "vnpay", "command_id": command()}
    scenes.payment_open = installation.call("payments", "start_payment", "citizen", application_id=scenes.open, **pay)[
        "payment_id"
    ]
    scenes.refunded = recorded(installation, filed(installation, FEE), "AA/26E-0000002")
    scenes.amount = owed(installation, scenes.submitted)
    half = scenes.amount | {"amount": scenes.amount["amount"] // 2}
    scenes.refund = refund(installation, scenes.refunded, half, scenes.amount)
    scenes.refund_declined = refund(installation, scenes.payment, half, scenes.amount)
    scenes.decline_command = command()
    installation.call(
        "payments",
        "decline_refund",
        "accountant_2",
        refund_id=scenes.refund_declined,
        command_id=scenes.decline_command,
    )
    waiving(installation, scenes)
    own_money(installation, scenes)
    statements(installation, scenes)
    suspense(installation, scenes)
    scenes.settled = eventually(lambda: accepted(installation, scenes.paid), "the office hears of the payment")
    officer_command(
        installation, "approver", "assign", scenes.paid, officer_id=installation.people["case_officer"]["account_id"]
    )


def waiving(installation: Installation, scenes: Fixtures) -> None:
    """Requests for waivers: one that waits, one turned down, and those that something else was faster than."""
    scenes.waiver = waiver(installation, filed(installation, FEE))
    scenes.waiver_declined = waiver(installation, filed(installation, FEE))
    decided = {"waiver_id": scenes.waiver_declined, "command_id": command()}
    installation.call("payments", "decline_waiver", "accountant_2", **decided)
    remitted, paid, partly = (filed(installation, code) for code in (FEE, FEE, TWO_MOMENTS))
    scenes.waiver_of_nothing = waiver(installation, remitted)
    other = {"waiver_id": waiver(installation, remitted, "Nghị quyết khác"), "command_id": command()}
    installation.call("payments", "approve_waiver", "accountant_2", **other)
    scenes.waiver_of_the_paid, scenes.waiver_of_the_rest = waiver(installation, paid), waiver(installation, partly)
    for number, key in enumerate((paid, partly), start=10):
        recorded(installation, key, f"AA/26E-00000{number}")


def waiver(installation: Installation, key: str, legal_basis: str = "Điều 10 Luật Phí và lệ phí") -> str:
    about = {"application_id": key, "reason": "Hộ nghèo", "legal_basis": legal_basis}
    return str(installation.call("payments", "waive", "accountant", **about, command_id=command())["waiver_id"])


def own_money(installation: Installation, scenes: Fixtures) -> None:
    """The money of an application whose applicant is the office's chief, and an accountant once delegate of another."""
    scenes.own_unpaid = filed(installation, FEE, "chief")
    scenes.own_waiver = waiver(installation, scenes.own_unpaid)
    paid = filed(installation, FEE, "chief")
    scenes.own_payment = recorded(installation, paid, "AA/26E-0000020", "chief")
    amount = owed(installation, scenes.own_unpaid, "chief")
    scenes.own_refund = refund(installation, scenes.own_payment, amount, amount)
    scenes.entrusted = filed(installation, ENTRUSTED)
    scenes.entrusted_payment = recorded(installation, scenes.entrusted, "AA/26E-0000021")


def statements(installation: Installation, scenes: Fixtures) -> None:
    """A bank's statements: one waits, one was turned down, one that another was faster than, one of an own case."""
    unknown = {"amount": {"amount": 1, "currency": "VND"}}
    scenes.statement = statement(installation, [unknown | {"transaction_no": "FT901"}])
    scenes.statement_declined = statement(installation, [unknown | {"transaction_no": "FT902"}])
    about = {"reconciliation_id": scenes.statement_declined, "command_id": command()}
    installation.call("payments", "decline_statement", "accountant_2", **about)
    line = transfer(installation, filed(installation, FEE))
    first, scenes.statement_outdated = (
        statement(installation, [line | {"transaction_no": number}]) for number in ("FT903", "FT904")
    )
    about = {"reconciliation_id": first, "command_id": command()}
    installation.call("payments", "approve_statement", "accountant_2", **about)
    scenes.entrusted_lines = [transfer(installation, filed(installation, ENTRUSTED)) | {"transaction_no": "FT905"}]
    scenes.entrusted_statement = statement(installation, scenes.entrusted_lines)


def suspense(installation: Installation, scenes: Fixtures) -> None:
    """Money that nobody knows the order of: asked for, turned down, assigned to another first, of an own case."""
    unknown: dict[str, Any] = {"amount": {"amount": 2, "currency": "VND"}, "description": "CHUYEN TIEN"}
    reconciliation = statement(installation, [unknown | {"transaction_no": number} for number in ("FT906", "FT907")])
    about: dict[str, Any] = {"reconciliation_id": reconciliation, "command_id": command()}
    installation.call("payments", "approve_statement", "accountant_2", **about)
    lines = installation.call("payments", "suspense", "accountant")["items"]
    line, other = (
        next(row["line_id"] for row in lines if row["transaction_no"] == number) for number in ("FT906", "FT907")
    )
    scenes.suspense_line = line
    scenes.assignment = assignment(installation, line, scenes.submitted)
    scenes.assignment_declined = assignment(installation, line, scenes.submitted)
    about = {"assignment_id": scenes.assignment_declined, "command_id": command()}
    installation.call("payments", "decline_assignment", "accountant_2", **about)
    first, scenes.assignment_outdated = (assignment(installation, other, scenes.paid) for _ in range(2))
    about = {"assignment_id": first, "command_id": command()}
    installation.call("payments", "approve_assignment", "accountant_2", **about)
    scenes.entrusted_assignment = assignment(installation, line, scenes.entrusted)


def assignment(installation: Installation, line_id: int, key: str) -> str:
    about: dict[str, Any] = {
        "line_id": line_id,
        "application_id": key,
        "reason": "Giấy báo có",
        "command_id": command(),
    }
    return str(installation.call("payments", "assign_suspense", "accountant", **about)["assignment_id"])


def transfer(installation: Installation, key: str) -> dict[str, Any]:
    """The line a bank would have of the transfer that is asked for."""
    pay = {"application_id": key, "method": "vietqr", "command_id": command()}
    payment = installation.call("payments", "start_payment", "citizen", **pay)
    return {"order_ref": payment["order_ref"], "amount": payment["amount"]}


def statement(installation: Installation, lines: list[dict[str, Any]]) -> str:
    about: dict[str, Any] = {"gateway": "vietqr", "statement": lines, "command_id": command()}
    return str(installation.call("payments", "reconcile", "accountant", **about)["reconciliation_id"])


def mirrored(installation: Installation) -> None:
    """A dossier of another system."""
    record = {"MaHoSo": "G09.20-20260609-0000001", "MaTTHC": "1.001193", "TrangThaiHoSo": "2"}
    batch: dict[str, Any] = {"source": "G09", "dossiers": [record], "command_id": command()}
    installation.call("interchange", "mirror", "operator", **batch)


def correspondence(installation: Installation, scenes: Fixtures) -> None:
    """The contract's document, sent; one received; one being recalled; one refused as often as it may be sent."""
    example = contract_of("interchange").rpc["send_document"]["example"]["parameters"]
    scenes.document_sent = send_document(installation, "intake_officer", **example)
    other = str(installation.people["other_agency"]["agency_code"])
    pending = {**example, "document": {**example["document"], "number": "16"}, "attachments": []}
    scenes.document_pending = send_document(installation, "intake_officer", **pending)
    recall = {"document_id": scenes.document_pending, "reason": "Ban hành nhầm", "command_id": command()}
    installation.call("interchange", "recall_document", "intake_officer", **recall)
    received = {**example, "from_agency": other, "to_agencies": [installation.agency]}
    scenes.document_received = send_document(installation, "other_agency", **received)
    unwanted = {**example, "document": {**example["document"], "number": "13"}, "attachments": []}
    for _ in range(5):
        scenes.document_unwanted = send_document(installation, "intake_officer", **unwanted)
        about = {
            "document_id": scenes.document_unwanted,
            "agency_code": other,
            "status": "refused",
            "reason": "Gửi nhầm",
        }
        installation.call("interchange", "respond", "other_agency", **about, command_id=command())


def send_document(installation: Installation, person: str, **arguments: Any) -> str:
    reply = installation.call("interchange", "send_document", person, **{**arguments, "command_id": command()})
    return str(reply["document_id"])


def challenges(installation: Installation, scenes: Fixtures) -> None:
    """Accesses that the citizen challenges: an officer's, which has been answered, and the auditor's own."""
    for reader in ("case_officer", "auditor"):
        installation.call("applications", "application", reader, application_id=scenes.handled)
    scenes.challenge_answered = challenge(installation, "case_officer")
    scenes.auditors_challenge = challenge(installation, "auditor")
    answer = {"challenge_id": scenes.challenge_answered, "outcome": "justified", "answer": "Đang thụ lý hồ sơ."}
    installation.call("identity", "answer_challenge", "auditor", **answer, command_id=command())


def challenge(installation: Installation, reader: str) -> str:
    """What the citizen asks about the last time this official read their data."""
    reader_id = installation.people[reader]["account_id"]

    def entry() -> Any:
        log = installation.call("identity", "access_log", "citizen", limit=500)["items"]
        return next((line["entry_id"] for line in log if line["reader_id"] == reader_id), None)

    about = {"entry_id": eventually(entry, "the reading is in the log"), "reason": "Tôi không rõ vì sao."}
    return str(
        installation.call("identity", "challenge_access", "citizen", **about, command_id=command())["challenge_id"]
    )


def texts(installation: Installation, scenes: Fixtures) -> None:
    """Proposed texts: one waits, one was turned down."""
    text = {"key": "application_submitted", "channel": "inbox", "language": "vi", "subject": "Mới", "body": "Chữ."}
    scenes.template_request, scenes.template_declined = (
        installation.call("notifications", "publish_template", "operator", **text, command_id=command())["request_id"]
        for _ in range(2)
    )
    about = {"request_id": scenes.template_declined, "command_id": command()}
    installation.call("notifications", "decline_template", "operator_2", **about)


def accepted(installation: Installation, key: str) -> bool:
    """Whether the office could accept it: the payment has to be received first."""
    reply = installation.answer("applications", "accept", "intake_officer", application_id=key, command_id=command())
    return isinstance(reply, dict)


def owed(installation: Installation, key: str, person: str = "citizen") -> dict[str, Any]:
    return dict(installation.call("payments", "demands", person, application_id=key)["items"][0]["amount"])


def recorded(installation: Installation, key: str, number: str, person: str = "citizen") -> str:
    paid = installation.call(
        "payments",
        "record_offline",
        "accountant",
        application_id=key,
        method="cash",
        amount=owed(installation, key, person),
        receipt_book_number=number,
        command_id=command(),
    )
    return str(paid["payment_id"])


def refund(installation: Installation, payment_id: str, amount: dict[str, Any], available: dict[str, Any]) -> str:
    refund_request = installation.call(
        "payments",
        "refund",
        "accountant",
        payment_id=payment_id,
        amount=amount,
        available=available,
        reason="Nộp hai lần",
        command_id=command(),
    )
    return str(refund_request["refund_id"])


def notification_states(installation: Installation, scenes: Fixtures) -> None:
    """A webhook's delivery whose subscription has ended since."""
    about = {"subscription_id": scenes.subscription}
    deliveries = eventually(
        lambda: installation.call("notifications", "webhook_deliveries", "operator", **about)["items"],
        "a delivery by webhook",
    )
    scenes.delivery = deliveries[0]["delivery_id"]
    installation.call("notifications", "unsubscribe", "operator", **about, command_id=command())


def erased(installation: Installation, scenes: Fixtures) -> None:
    """A draft whose applicant's data has been erased, and an erasure only one person has asked for."""
    scenes.erased = started_application(installation, FEE, "leaving")
    about = {"account_id": installation.people["leaving"]["account_id"], "legal_basis": LEGAL_BASIS}
    for auditor in ("auditor", "auditor_2"):
        erasure = installation.call("applications", "erase_subject", auditor, **about, command_id=command())
    eventually(
        lambda: installation.call("applications", "erasure", "auditor", erasure_id=erasure["erasure_id"])["complete"],
        "every service has confirmed the erasure",
    )
    scenes.erasure_of_auditor = installation.call(
        "applications",
        "erase_subject",
        "auditor",
        account_id=scenes.auditor_2_account,
        legal_basis=LEGAL_BASIS,
        command_id=command(),
    )["erasure_id"]
    scenes.half_erased = str(installation.people["careless"]["account_id"])
    installation.call(
        "applications",
        "erase_subject",
        "auditor",
        account_id=scenes.half_erased,
        legal_basis=LEGAL_BASIS,
        command_id=command(),
    )
