"""What staff and services are shown of people's money goes to the access log; what payers see of their own does not."""

from __future__ import annotations

from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import Acting
from infra.chassis.contracts import contract_of
from tests.component.payments.use_cases import PaymentsOffice
from tests.unit.payments.actors import ACCOUNTANT, AGENCY, APPROVER, AUDITOR, CITIZEN
from tests.unit.payments.builders import money


def test_a_look_of_staff_or_of_a_service_at_a_payment_is_recorded(office: PaymentsOffice) -> None:
    paid = office.paid()
    for reader, role in ((ACCOUNTANT, "accountant"), (AUDITOR, "auditor"), (Actor.system("notifications"), "service")):
        for door, key in (("payment", "payment_id"), ("receipt", "payment_id"), ("demands", "application_id")):
            before = len(office.accesses())
            getattr(office.enquiries, door)(paid[key], by=reader)
            [access] = office.accesses()[before:]
            assert contract_of("payments").event("personal_data_accessed.v1").problems(access) == []
            assert access["by"]["account_id"] == reader.account_id and access["by"]["role"] == role
            [person] = access["accessed"]
            assert (person["subject_id"], person["application_id"]) == (CITIZEN.account_id, paid["application_id"])
            assert access["purpose"] and access["legal_basis"]


def test_a_page_of_a_list_names_everybody_on_it(office: PaymentsOffice) -> None:
    paid, unpaid = office.paid(), office.submitted()
    how: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    office.refund_desk.refund(paid["payment_id"], money(1), "Thừa", paid["amount"], **how)
    office.waiver_desk.waive(unpaid, "Nghèo", "Luật", by=ACCOUNTANT, command=office.command(by=ACCOUNTANT))
    lists = {
        "refunds": lambda: office.enquiries.refunds("pending_approval", by=APPROVER),
        "waivers": lambda: office.waiver_desk.waivers("awaiting_approval", by=APPROVER),
        "ledger": lambda: office.bookkeeper.ledger(f"receivable:{AGENCY}", None, None, 50, None, by=ACCOUNTANT),
    }
    about = {}
    for name, read in lists.items():
        before = len(office.accesses())
        read()
        [access] = office.accesses()[before:]
        about[name] = {person["application_id"] for person in access["accessed"]}
    assert about["refunds"] == {paid["application_id"]} and about["waivers"] == {unpaid}
    assert about["ledger"] == {paid["application_id"], unpaid}


def test_what_a_payer_sees_is_nobodys_business(office: PaymentsOffice) -> None:
    paid = office.paid()
    before = len(office.accesses())
    office.enquiries.payment(paid["payment_id"], by=CITIZEN)
    office.enquiries.demands(paid["application_id"], by=CITIZEN)
    assert len(office.accesses()) == before
