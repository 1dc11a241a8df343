"""What has to have happened before certain refusals can be provoked: applications in every state, payments, refunds.

Everything is done as people do it, through the doors.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp

from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.support.days import years_ahead
from tests.support.installation import Town, command, eventually

FEE, FREE, RESULT_FEE, LEVEL_3 = "1.001612", "2.001159", "1.004222", "1.008891"
LEVEL_3_FREE, DRAFTED = "1.000894", "9.000005"
FOREIGN, SHRUNK, DRAWN_OUT, COUNTER_ONLY, WITH_CHOICE = "9.000001", "9.000002", "9.000003", "1.000889", "1.001456"
BEGIN, LATER = "2025-07-01", years_ahead(4)
BOOK_NUMBER = "AA/26E-0000001"
HOOK = "http://127.0.0.1:9/hook"
LEGAL_BASIS = "Điều 14 Luật Bảo vệ dữ liệu cá nhân"


class Scenes(SimpleNamespace):
    """Ids by the name of the scene: ``scenes.draft``, ``scenes.payment_open`` …"""


def staged(town: Town) -> Scenes:
    """All scenes, each played until nothing but the refused step is missing."""
    scenes = Scenes()
    people(town, scenes)
    catalogue(town, scenes)
    scenes.subscription = town.call(
        "notifications",
        "subscribe",
        "operator",
        url=HOOK,
        event_types=["application_submitted.v1"],
        command_id=command(),
    )["subscription_id"]
    filing(town, scenes)
    deciding(town, scenes)
    paying(town, scenes)
    telling(town, scenes)
    erased(town, scenes)
    return scenes


def people(town: Town, scenes: Scenes) -> None:
    """Somebody with every post at the agency, a second auditor, one who leaves, one with a one-time code device."""
    town.register("chief", ["intake_officer", "case_officer", "approver"], 1)
    town.register("auditor_2", ["auditor"], 2)
    town.register("leaving", [], 3)
    town.register("careful", [], 4)
    town.register("guessing", [], 5)
    town.register("careless", [], 6)
    town.register("hasty", [], 7)
    for person in ("careful", "hasty"):
        town.token(person)
        secret = town.call("identity", "enrol_otp", person)["secret"]
        town.call("identity", "confirm_otp", person, code=pyotp.TOTP(secret).now())
    town.call("identity", "enrol_otp", "guessing")
    neighbour = {"to_citizen_number": town.people["neighbour"]["citizen_number"], "until": LATER}
    town.call("identity", "delegate", "citizen", scope=["1.001193"], **neighbour, command_id=command())
    town.call("identity", "create_agency", "operator", code="H99", name="Cơ quan khác tên", province_code=None)


def catalogue(town: Town, scenes: Scenes) -> None:
    """Procedures the samples do not have: a fee in dollars, one whose level sinks, one without end; proposals."""
    samples = town.call("catalog", "sample_procedures", agency_code=town.agency)["items"]
    sample = next(one for one in samples if one["code"] == FEE)
    fee = sample["fees"][0]
    published(town, sample | {"code": FOREIGN, "fees": [{**fee, "currency": "USD"}]})
    published(town, sample | {"code": SHRUNK, "fees": []})
    longest = {"processing_time": {"amount": 360, "unit": "months"}}
    published(town, sample | {"code": DRAWN_OUT, "fees": [], "channels": {"online": longest}})
    for number in (1, 2):
        dearer = [{**fee, "rule": {"type": "fixed", "amount": 1_000_000 + number}}]
        proposed = published(town, sample | {"code": "9.000004", "fees": []}) if number == 1 else None
        proposed = published(town, sample | {"code": "9.000004", "fees": dearer}, LATER)
        setattr(scenes, f"proposal_{number}", proposed["version"])
    town.call(
        "catalog",
        "approve_publication",
        "catalog_editor_2",
        code="9.000004",
        version=scenes.proposal_1,
        command_id=command(),
    )
    published(town, sample | {"code": DRAFTED, "fees": []})
    drafted = sample | {"code": DRAFTED, "fees": [], "may_pause": not sample.get("may_pause", True)}
    town.call("catalog", "save_draft", "catalog_editor", definition=drafted, command_id=command())
    for code, since in (("H56", "2025-07-01"), ("H56", "2026-07-01"), ("H57", "2025-07-01")):
        agency = {"code": code, "name": {"vi": f"Cơ quan {code}"}}
        town.call("catalog", "set_agency", "catalog_editor", agency=agency, valid_from=since, command_id=command())
    scenes.sample, scenes.fee = sample, fee


def published(town: Town, definition: dict[str, Any], since: str = BEGIN) -> dict[str, Any]:
    return dict(
        town.call(
            "catalog", "publish", "catalog_editor", definition=definition, effective_from=since, command_id=command()
        )
    )


def do(town: Town, person: str, door: str, application_id: str, **arguments: Any) -> dict[str, Any]:
    """One move on one application."""
    about = {"application_id": application_id, "command_id": command()}
    return dict(town.call("applications", door, person, **about, **arguments))


def begun(town: Town, code: str, person: str = "citizen") -> str:
    """A draft with its answers and papers."""
    procedure = town.call("catalog", "procedure", code=code)
    started = town.call("applications", "start", person, procedure_code=code, channel="online", command_id=command())
    key: str = started["application_id"]
    do(town, person, "save_answers", key, answers=answers_for(procedure["form"], town.people[person]))
    for paper in procedure["requirements"]:
        if paper["required"]:
            attached(town, person, key, paper["id"])
    return key


def attached(town: Town, person: str, key: str, requirement: str) -> str:
    paper = {"file_name": "to-khai.pdf", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Form"))}
    return str(do(town, person, "attach", key, requirement=requirement, **paper)["attachment_id"])


def filed(town: Town, code: str, person: str = "citizen") -> str:
    key = begun(town, code, person)
    do(town, person, "submit", key)
    return key


def handled(town: Town, code: str) -> str:
    """Accepted and with the case officer."""
    key = filed(town, code)
    do(town, "intake_officer", "accept", key)
    do(town, "approver", "assign", key, officer_id=town.people["case_officer"]["account_id"])
    return key


def approved(town: Town, code: str) -> str:
    key = handled(town, code)
    do(town, "case_officer", "propose", key, outcome="approve")
    do(town, "approver", "approve", key, result="Giấy chứng nhận")
    return key


def filing(town: Town, scenes: Scenes) -> None:
    scenes.draft_command = command()
    scenes.draft = town.call(
        "applications", "start", "citizen", procedure_code=FEE, channel="online", command_id=scenes.draft_command
    )["application_id"]
    scenes.citizen_draft, scenes.accountant_draft = scenes.draft, begun(town, FREE, "accountant")
    scenes.shrunk = begun(town, SHRUNK)
    published(town, scenes.sample | {"code": SHRUNK, "fees": [], "level": 2}, "2025-08-01")
    scenes.submitted = filed(town, FEE)
    scenes.wanting = filed(town, FEE)
    papers = town.call("applications", "application", "citizen", application_id=scenes.wanting)["attachments"]
    do(town, "intake_officer", "request_supplement", scenes.wanting, marks=["Bản chụp mờ"], reason="Giấy tờ chưa rõ")
    for one in papers:
        do(town, "citizen", "detach", scenes.wanting, attachment_id=one["attachment_id"])


def deciding(town: Town, scenes: Scenes) -> None:
    scenes.handled = handled(town, FREE)
    scenes.own_proposal = filed(town, FREE)
    do(town, "intake_officer", "accept", scenes.own_proposal)
    do(town, "chief", "assign", scenes.own_proposal, officer_id=town.people["chief"]["account_id"])
    do(town, "chief", "propose", scenes.own_proposal, outcome="approve")
    scenes.owing = approved(town, RESULT_FEE)
    scenes.returned = approved(town, FREE)
    do(town, "intake_officer", "return_result", scenes.returned, method="counter")
    scenes.appealed = approved(town, FREE)
    do(town, "citizen", "appeal", scenes.appealed, grounds="Quyết định chưa xem xét đủ giấy tờ.")
    scenes.level_3 = filed(town, LEVEL_3)
    scenes.approved_level_3 = approved(town, LEVEL_3_FREE)


def paying(town: Town, scenes: Scenes) -> None:
    """One paid in cash, one with an open payment, one that was called off, refunds asked for and turned down."""
    scenes.foreign = filed(town, FOREIGN)
    scenes.paid = filed(town, FEE)
    scenes.payment = recorded(town, scenes.paid, BOOK_NUMBER)
    scenes.open = filed(town, FEE)
    pay = {"method": "vnpay", "command_id": command()}
    scenes.payment_open = town.call("payments", "start_payment", "citizen", application_id=scenes.open, **pay)[
        "payment_id"
    ]
    scenes.refunded = recorded(town, filed(town, FEE), "AA/26E-0000002")
    scenes.amount = owed(town, scenes.submitted)
    half = scenes.amount | {"amount": scenes.amount["amount"] // 2}
    scenes.refund = refund(town, scenes.refunded, half, scenes.amount)
    scenes.refund_declined = refund(town, scenes.payment, half, scenes.amount)
    scenes.decline_command = command()
    town.call(
        "payments",
        "decline_refund",
        "accountant_2",
        refund_id=scenes.refund_declined,
        command_id=scenes.decline_command,
    )
    scenes.settled = eventually(lambda: accepted(town, scenes.paid), "the office hears of the payment")
    do(town, "approver", "assign", scenes.paid, officer_id=town.people["case_officer"]["account_id"])


def accepted(town: Town, key: str) -> bool:
    """Whether the office could accept it: the fee has to be heard of first."""
    reply = town.answer("applications", "accept", "intake_officer", application_id=key, command_id=command())
    return isinstance(reply, dict)


def owed(town: Town, key: str) -> dict[str, Any]:
    return dict(town.call("payments", "demands", "citizen", application_id=key)["items"][0]["amount"])


def recorded(town: Town, key: str, number: str) -> str:
    paid = town.call(
        "payments",
        "record_offline",
        "accountant",
        application_id=key,
        method="cash",
        amount=owed(town, key),
        receipt_book_number=number,
        command_id=command(),
    )
    return str(paid["payment_id"])


def refund(town: Town, payment_id: str, amount: dict[str, Any], available: dict[str, Any]) -> str:
    asked = town.call(
        "payments",
        "refund",
        "accountant",
        payment_id=payment_id,
        amount=amount,
        available=available,
        reason="Nộp hai lần",
        command_id=command(),
    )
    return str(asked["refund_id"])


def telling(town: Town, scenes: Scenes) -> None:
    """A webhook's delivery whose subscription has ended since."""
    about = {"subscription_id": scenes.subscription}
    deliveries = eventually(
        lambda: town.call("notifications", "webhook_deliveries", "operator", **about)["items"], "a delivery by webhook"
    )
    scenes.delivery = deliveries[0]["delivery_id"]
    town.call("notifications", "unsubscribe", "operator", **about, command_id=command())


def erased(town: Town, scenes: Scenes) -> None:
    """A draft whose applicant's data has been erased, and an erasure only one person has asked for."""
    scenes.erased = begun(town, FEE, "leaving")
    about = {"account_id": town.people["leaving"]["account_id"], "legal_basis": LEGAL_BASIS}
    for auditor in ("auditor", "auditor_2"):
        asked = town.call("applications", "erase_subject", auditor, **about, command_id=command())
    eventually(
        lambda: town.call("applications", "erasure", "auditor", erasure_id=asked["erasure_id"])["complete"],
        "every service has confirmed the erasure",
    )
    scenes.half_erased = str(town.people["careless"]["account_id"])
    town.call(
        "applications",
        "erase_subject",
        "auditor",
        account_id=scenes.half_erased,
        legal_basis=LEGAL_BASIS,
        command_id=command(),
    )
