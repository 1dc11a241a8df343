"""Fees in two currencies: whatever adds up adds up each by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from infra.chassis.contracts import contract_of
from infra.chassis.storage.tables import outbox
from services.payments.errors import AmountDiffers
from services.payments.models import Bill
from services.payments.settlement import _still_owed
from tests.component.payments.test_own_case import BASIS
from tests.component.payments.use_cases import PaymentsOffice
from tests.unit.payments.actors import ACCOUNTANT, ACCOUNTANT_2
from tests.unit.payments.builders import item, money

IN_TWO = (item(2_500, kind="charge", currency="USD"), item(135_000))


def test_a_waiver_says_each_currency_by_itself(office: PaymentsOffice) -> None:
    waived = office.waived(office.submitted(*IN_TWO), "Nghèo", BASIS, by=ACCOUNTANT, approved_by=ACCOUNTANT_2)
    assert (waived["waived"], waived["waived_apart"]) == (money(135_000), [money(2_500, "USD")])
    assert contract_of("payments").reply("waive").problems(waived) == []
    with office.database.session() as session:
        [data] = session.scalars(select(outbox.c.data).where(outbox.c.type == "fee_waived.v1"))
    assert (data["amount"], data["amount_apart"]) == (money(135_000), [money(2_500, "USD")])


def test_a_waiver_in_dollars_alone_is_in_dollars(office: PaymentsOffice) -> None:
    waived = office.waived(office.submitted(IN_TWO[0]), "Nghèo", BASIS, by=ACCOUNTANT, approved_by=ACCOUNTANT_2)
    assert (waived["waived"], waived["waived_apart"]) == (money(2_500, "USD"), [])


def test_a_request_is_not_approved_when_only_the_sum_over_currencies_is_the_same(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(3_000, kind="charge", currency="USD"), item(3_000))
    command = office.command(by=ACCOUNTANT)
    request = office.waiver_desk.waive(application_id, "Nghèo", BASIS, by=ACCOUNTANT, command=command)
    office.cashier.record_offline(
        application_id, "cash", money(3_000, "USD"), "BL-1", by=ACCOUNTANT, command=office.command(by=ACCOUNTANT)
    )
    asked_for = {"application_id": application_id, "moments": ["supplement"], "amount": money(3_000), "reason": None}
    office.billing.supplementary_demand(office.event("payment_requested.v1", asked_for))
    with pytest.raises(AmountDiffers, match=r"3.000 VND \+ 30,00 USD"):
        office.waiver_desk.approve_waiver(
            request["waiver_id"], by=ACCOUNTANT_2, command=office.command(by=ACCOUNTANT_2)
        )


def test_what_stays_owed_is_said_in_each_currency(office: PaymentsOffice) -> None:
    application_id = office.submitted(*IN_TWO)
    with office.database.session() as session:
        rest = _still_owed(session, session.get_one(Bill, application_id), ["intake"])
    assert rest == {"intake": [money(135_000), money(2_500, "USD")]}
