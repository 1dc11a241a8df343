"""What is owed comes from the quote pinned at submission, moment by moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.chassis.refusals import Forwarded
from services.payments.billing import BillNotYetKnown
from services.payments.clients import SubmittedApplication
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.unit.payments.actors import AGENCY, CITIZEN, STRANGER
from tests.unit.payments.builders import item, money
from tests.unit.payments.fakes import Silent


class Applications:
    """The neighbour, answering with this application."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer: Any = answer
        self.calls = 0

    def application(self, *, application_id: str) -> SubmittedApplication:
        self.calls += 1
        application: SubmittedApplication = self.answer
        return application


def test_a_submission_raises_one_demand_per_moment(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000), item(8_000, kind="charge"), item(30_000, "result"))
    answer = office.demands(application_id)
    assert [(item["collected_at"], item["status"], item["amount"]["amount"]) for item in answer["items"]] == [
        ("intake", "due", 58_000),
        ("result", "later", 30_000),
    ]
    assert answer["owed"] == money(58_000) and answer["later"] == money(30_000) and answer["total"] == money(88_000)


def test_free_items_raise_no_demand(office: PaymentsOffice) -> None:
    assert office.demands(office.submitted(item(0)))["items"] == []


def test_the_same_submission_twice_is_billed_once(office: PaymentsOffice) -> None:
    event = office.event("application_submitted.v1", office.submission(item(50_000)))
    office.billing.bill_of_submission(event)
    office.billing.bill_of_submission(event)
    office.billing.bill_of_submission({**event, "id": "applications:replayed"})
    assert office.demands(event["data"]["application_id"])["total"] == money(50_000)
    assert office.balance(f"receivable:{AGENCY}") == 50_000


def test_who_asks_before_the_event_gets_the_same_bill(office: PaymentsOffice) -> None:
    data = office.submission(item(50_000))
    neighbour = Applications(data)
    office.billing.make_known(data["application_id"], applications=neighbour)
    office.billing.make_known(data["application_id"], applications=neighbour)
    office.billing.bill_of_submission(office.event("application_submitted.v1", data))
    assert neighbour.calls == 1
    assert office.demands(data["application_id"])["owed"] == money(50_000)


def test_a_delegate_who_submitted_may_pay_however_the_bill_became_known(office: PaymentsOffice) -> None:
    data = office.submission(item(50_000)) | {"by": {"account_id": STRANGER.account_id, "role": "citizen"}}
    office.billing.make_known(data["application_id"], applications=Applications(data | {"by": None}))
    assert refused(office.start, data["application_id"], by=STRANGER) == "Forbidden"
    office.billing.bill_of_submission(office.event("application_submitted.v1", data))
    delegate = replace(STRANGER, acts_for=frozenset({CITIZEN.account_id}))
    assert office.start(data["application_id"], by=delegate)["status"] == "started"


def test_a_known_bill_asks_no_neighbour(office: PaymentsOffice) -> None:
    office.billing.make_known(office.submitted(), applications=Silent())


def test_a_draft_owes_nothing_yet(office: PaymentsOffice) -> None:
    draft = office.submission() | {"quote": None}
    assert (
        refused(office.billing.make_known, draft["application_id"], applications=Applications(draft))
        == "NotYetSubmitted"
    )


def test_a_neighbours_refusal_is_passed_on(office: PaymentsOffice) -> None:
    class Refusing:
        def application(self, **_: Any) -> Any:
            raise Forwarded("ApplicationNotFound", "Không có hồ sơ này.")

    with pytest.raises(Forwarded) as refusal:
        office.billing.make_known("unknown", applications=Refusing())
    assert refusal.value.name == "ApplicationNotFound"


def test_an_amount_the_office_asks_for_is_due_at_once(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000))
    request = {
        "application_id": application_id,
        "amount": money(20_000),
        "reason": "Thêm hai bản sao",
        "moments": ["supplement"],
    }
    office.billing.supplementary_demand(office.event("payment_requested.v1", request))
    assert office.demands(application_id)["owed"] == money(70_000)


def test_two_requests_raise_two_demands_and_a_repeat_none(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000))
    request = {"application_id": application_id, "amount": money(20_000), "reason": "Bổ sung"}
    first = office.event("payment_requested.v1", request)
    for event in (first, first, office.event("payment_requested.v1", request)):
        office.billing.supplementary_demand(event)
    assert office.demands(application_id)["owed"] == money(90_000)


def test_a_request_without_amount_makes_the_quoted_supplement_due(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000), item(5_000, "supplement"))
    assert office.demands(application_id)["owed"] == money(50_000)
    office.billing.supplementary_demand(
        office.event("payment_requested.v1", {"application_id": application_id, "amount": None})
    )
    assert office.demands(application_id)["owed"] == money(55_000)


def test_the_fee_for_the_result_falls_due_on_approval(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000), item(30_000, "result"))
    office.billing.result_falls_due(office.event("application_approved.v1", {"application_id": application_id}))
    assert office.demands(application_id)["owed"] == money(80_000)


def test_a_refused_application_owes_nothing_more_and_the_books_agree(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000), item(30_000, "result"))
    office.billing.nothing_more_owed(office.event("intake_refused.v1", {"application_id": application_id}))
    assert office.demands(application_id)["owed"] == money(0)
    assert office.balance(f"receivable:{AGENCY}") == 0 == office.balance(f"revenue-duty:{AGENCY}")


def test_an_event_that_overtook_the_submission_is_tried_again(office: PaymentsOffice) -> None:
    event = office.event("payment_requested.v1", {"application_id": "not-there-yet", "amount": money(1)})
    with pytest.raises(BillNotYetKnown):
        office.billing.supplementary_demand(event)


def test_a_stranger_does_not_see_what_others_owe(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    assert refused(office.enquiries.demands, application_id, by=STRANGER) == "Forbidden"
    assert office.enquiries.demands(application_id, by=CITIZEN)["owed"] == money(135_000)
