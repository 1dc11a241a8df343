"""One debt in two services: whatever way an application takes, both say the same is owed and it can reach its end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from infra.chassis.contracts import contract_of
from infra.chassis.refusals import Refusal
from infra.chassis.storage.tables import outbox
from services.applications.errors import FeeNotPaid
from tests.component.platform.two_books import CASHIER, CHIEF, TwoBooks
from tests.unit.applications import actors, fakes
from tests.unit.applications.actors import call
from tests.unit.applications.fakes import money

APPEALABLE = {"stopped", "intake_refused", "rejected", "approved", "result_returned"}
NOTHING_TO_PAY = {"NothingOwed", "AlreadyPaid"}
UNDECIDED = {"withdrawn", "stopped", "intake_refused"}
ENDED = {"withdrawn", "stopped", "intake_refused", "result_returned"}


def appealed(books: TwoBooks, key: str) -> None:
    """The applicant appeals, and somebody else than the decider upholds."""
    portal = books.portal
    portal.registry.appeal(key, "Không đồng ý.", **portal.neighbours, **call(actors.CITIZEN))
    portal.decisions.decide_appeal(key, "uphold", "Chấp nhận.", catalog=portal.catalog, **call(actors.APPROVER_2))
    books.carry()


def decided(books: TwoBooks, key: str, outcome: str) -> None:
    portal = books.portal
    if portal.store.get(key).officer_id is None:
        portal.office.assign(key, actors.CASE.account_id, identity=portal.identity, **call(actors.APPROVER))
    portal.decisions.propose(key, outcome, reason="Đã xem.", **call(actors.CASE))
    if outcome == "approve":
        portal.decisions.approve(key, {"number": "12/2026", "title": "Giấy"}, **call(actors.APPROVER))
    else:
        portal.decisions.reject(key, "Không đủ.", **call(actors.APPROVER))
    books.carry()


def returned(books: TwoBooks, key: str) -> None:
    books.portal.decisions.return_result(key, "counter", **call(actors.INTAKE))
    books.carry()


def in_processing(books: TwoBooks) -> str:
    key = books.portal.submitted()
    books.carry()
    if books.due(key):
        books.pay(key)
    books.portal.office.accept(key, catalog=books.portal.catalog, **call(actors.INTAKE))
    books.portal.office.assign(key, actors.CASE.account_id, identity=books.portal.identity, **call(actors.APPROVER))
    books.carry()
    return key


def test_the_fee_for_the_result_is_owed_again_when_a_stop_is_set_aside(open_books):
    books = open_books("intake", "result")
    key = in_processing(books)
    books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    assert books.due(key) == 0 and books.differences() == []
    appealed(books, key)
    decided(books, key, "approve")
    assert books.due(key) == 30_000 and books.differences() == []
    books.pay(key)
    returned(books, key)
    assert books.portal.status(key) == "result_returned"


def test_a_payment_asked_for_after_a_refused_intake_was_set_aside_ends_the_wait(open_books):
    books = open_books("intake")
    key = books.portal.submitted()
    books.portal.office.refuse_intake(key, "Không thuộc thẩm quyền.", **call(actors.INTAKE))
    books.carry()
    appealed(books, key)
    portal = books.portal
    portal.office.request_payment(key, "Nộp phí.", amount=money(5_000), catalog=portal.catalog, **call(actors.INTAKE))
    books.carry()
    assert books.due(key) == 13_000
    books.pay(key)
    assert portal.status(key) == "in_processing" and books.differences() == []


def test_a_rejection_is_handed_over_without_the_fee_for_a_result(open_books):
    books = open_books("result")
    key = in_processing(books)
    decided(books, key, "reject")
    assert books.differences() == []
    returned(books, key)
    assert books.portal.status(key) == "result_returned"
    with pytest.raises(Refusal) as refused:
        books.pay(key)
    assert refused.value.name == "NothingOwed"


def test_a_rejection_set_aside_brings_the_fee_for_the_result_back(open_books):
    books = open_books("result")
    key = in_processing(books)
    decided(books, key, "reject")
    appealed(books, key)
    decided(books, key, "approve")
    assert books.due(key) == 30_000
    with pytest.raises(Refusal) as refused:
        returned(books, key)
    assert refused.value.name == "FeeNotPaid"
    books.pay(key)
    returned(books, key)


def test_what_was_paid_in_part_leaves_the_rest_owed(open_books):
    """A payment begun before the office asked for more settles what it was begun for, and no more."""
    books = open_books("supplement")
    portal, key = books.portal, in_processing(books)
    portal.office.request_payment(key, "Nộp phí.", catalog=portal.catalog, **call(actors.CASE))
    books.carry()
    begun = books.office.start(key, by=actors.CITIZEN)
    portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    appealed(books, key)
    portal.office.request_payment(key, "Thêm.", amount=money(5_000), catalog=portal.catalog, **call(actors.CASE))
    books.carry()
    assert books.due(key) == 25_000
    assert books.office.call_back(begun) == "00"
    books.carry()
    assert portal.status(key) == "payment_requested"
    assert books.portal.store.get(key).owed() == {"supplement": 5_000} and books.differences() == []
    books.pay(key)
    assert portal.status(key) == "in_processing" and books.differences() == []


def test_a_stop_heard_of_late_does_not_undo_what_an_appeal_restored(open_books):
    books = open_books("intake", "result")
    key = in_processing(books)
    late: list[dict[str, Any]] = []
    publish, handler = books.publish, books.handlers.pop("application_stopped.v1")
    books.publish = lambda event, **how: (
        late.append(event) if event["type"] == "application_stopped.v1" else publish(event, **how)
    )
    books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    appealed(books, key)
    handler(books.payments, late[0])
    assert books.differences() == []


def test_parity_compares_amounts(open_books):
    books = open_books("result")
    key = in_processing(books)
    output = books.application

    def one_dong_more(*, application_id: str) -> dict[str, Any]:
        answer = output(application_id=application_id)
        return answer | {"owed": {moment: amount + 1 for moment, amount in answer["owed"].items()}}

    books.application = one_dong_more
    [difference] = books.differences()
    assert (difference["application_id"], difference["verdict"], difference["reason"]) == (key, "mismatch", "result")
    assert (difference["owed_here"], difference["owed_there"]) == ({"result": 30_000}, {"result": 30_001})


def test_a_comparison_of_the_books_is_a_reading_by_a_service(open_books):
    books = open_books("result")
    key = in_processing(books)
    assert books.differences() == []
    with books.portal.database.session() as session:
        readings = session.scalars(select(outbox.c.data).where(outbox.c.type == "application_read.v1")).all()
    [reading] = [data for data in readings if data["application_id"] == key]
    assert reading["by"] == {"account_id": "service:payments", "role": "service", "agency_code": None}
    assert reading["purpose"].startswith("đối chiếu")


def test_fees_in_two_currencies_are_paid_one_after_the_other(open_books, monkeypatch):
    in_vnd, in_usd = fakes.quote_of, {"amount": 2_500, "currency": "USD"}

    def in_two(*moments: str) -> Any:
        quote = in_vnd(*moments)
        return quote | {"items": [*quote["items"], quote["items"][0] | {"fee_id": "usd", "amount": in_usd}]}

    monkeypatch.setattr(fakes, "quote_of", in_two)
    books = open_books("intake")
    portal, key = books.portal, books.portal.submitted()
    books.carry()
    sums = books.office.enquiries.demands(key, by=CASHIER)
    assert (sums["owed"], [row["owed"] for row in sums["apart"]]) == (money(8_000), [in_usd])
    assert contract_of("payments").reply("demands").problems(sums) == []

    with pytest.raises(FeeNotPaid, match=r"8000 VND \+ 2500 USD"):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    books.pay(key)
    assert portal.store.get(key).owed() == {"intake": 2_500} and books.differences() == []
    with pytest.raises(FeeNotPaid, match=r"\(2500 USD\)"):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    with pytest.raises(Refusal) as refused:
        books.office.start(key, by=actors.CITIZEN)
    assert refused.value.name == "CurrencyNotAccepted"
    books.pay(key, "USD")
    assert portal.store.get(key).owed() == {} and books.differences() == []
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))


def test_a_fee_refunded_after_a_stop_is_owed_again_when_the_stop_is_set_aside(open_books):
    books = open_books("intake", "result")
    key = in_processing(books)
    books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    assert books.given_back(key) == 8_000
    assert books.due(key) == 0 and books.differences() == []
    appealed(books, key)
    assert books.due(key) == 8_000 and books.portal.store.get(key).owed("intake") == {"intake": 8_000}
    assert books.differences() == []
    decided(books, key, "approve")
    assert books.due(key) == 38_000
    with pytest.raises(FeeNotPaid):
        returned(books, key)
    books.pay(key)
    returned(books, key)
    assert books.differences() == []


def test_what_was_refunded_in_part_is_owed_again_in_part_and_once(open_books):
    books = open_books("intake")
    key = in_processing(books)
    for _ in range(2):
        books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
        books.carry()
        assert books.given_back(key, 3_000) == 3_000
        appealed(books, key)
        assert books.due(key) == 3_000 and books.differences() == []
        books.pay(key)
        assert books.due(key) == 0 and books.differences() == []


def test_what_is_refunded_while_handling_goes_on_is_given_back_for_good(open_books):
    books = open_books("intake")
    key = in_processing(books)
    assert books.given_back(key, 3_000) == 3_000
    assert books.due(key) == 0 and books.differences() == []
    books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    appealed(books, key)
    assert books.due(key) == 0 and books.differences() == []


def test_a_refund_that_was_declined_and_a_fee_that_was_waived_are_not_owed_again(open_books):
    books = open_books("intake", "result")
    key = in_processing(books)
    books.office.waived(key, "Miễn", "Luật", by=CASHIER, approved_by=CHIEF)
    books.carry()
    books.portal.office.stop(key, "Dừng.", **call(actors.APPROVER))
    books.carry()
    assert books.given_back(key, approved=False) == 0
    appealed(books, key)
    decided(books, key, "approve")
    assert books.due(key) == 0 and books.differences() == []
    returned(books, key)


def test_surplus_that_goes_back_is_no_fee(open_books):
    """Money that came after the stop was owed by nobody; its return is owed by nobody either."""
    books = open_books("intake")
    key = books.portal.submitted()
    books.carry()
    begun = books.office.start(key, by=actors.CITIZEN)
    books.portal.office.refuse_intake(key, "Không đủ.", **call(actors.INTAKE))
    books.carry()
    assert books.office.call_back(begun) == "00"
    books.carry()
    assert books.given_back(key, status="surplus") == 8_000
    appealed(books, key)
    assert books.due(key) == 8_000 and books.differences() == []


class Ways(RuleBasedStateMachine):
    """Every move of one application that the table allows, with money in between; then on to the end."""

    open_books: Any  # moments -> TwoBooks

    @initialize(moments=st.sets(st.sampled_from(["intake", "supplement", "result"])))
    def file(self, moments: set[str]) -> None:
        self.books: TwoBooks = self.open_books(*sorted(moments))
        self.portal = self.books.portal
        self.key = self.portal.submitted()
        self.owed_again = self.unpaid_at_end = 0
        self.books.carry()

    @property
    def status(self) -> str:
        return self.portal.status(self.key)

    @invariant()
    def both_say_the_same_is_owed(self) -> None:
        if hasattr(self, "key"):
            assert self.books.differences_about(self.key) == []

    @rule()
    def pay(self) -> None:
        if self.books.due(self.key):
            self.books.pay(self.key)

    @rule()
    def pay_early(self) -> None:
        try:
            payment = self.books.office.start(self.key, by=actors.CITIZEN)
        except Refusal as refusal:
            assert refusal.name in NOTHING_TO_PAY
            return
        assert self.books.office.call_back(payment) == "00"
        self.books.carry()

    @rule(amount=st.sampled_from([None, 3_000]), approved=st.booleans())
    def refund(self, amount: int | None, approved: bool) -> None:
        """Nothing is owed by it at once; what went back of handling that had ended is, when it begins again."""
        owed = self.books.due(self.key)
        decision = self.portal.store.get(self.key).decision or {"outcome": None}
        ended = self.status in UNDECIDED or decision["outcome"] == "rejected"
        back = self.books.given_back(self.key, amount, approved=approved)
        self.owed_again += back if ended else 0
        assert self.books.due(self.key) == owed

    @rule()
    def waive(self) -> None:
        try:
            self.books.office.waived(self.key, "Miễn", "Luật", by=CASHIER, approved_by=CHIEF)
        except Refusal as refusal:
            assert refusal.name in NOTHING_TO_PAY
        self.books.carry()

    @precondition(lambda self: self.status in {"submitted", "accepted", "in_processing"})
    @rule()
    def ask_for_a_supplement_and_get_it(self) -> None:
        catalog = self.portal.catalog
        self.portal.office.request_supplement(self.key, [], "Thiếu.", catalog=catalog, **call(actors.INTAKE))
        self.books.carry()
        self.portal.registry.supplement(self.key, **self.portal.neighbours, **call(actors.CITIZEN))
        self.books.carry()

    @precondition(lambda self: self.status == "submitted")
    @rule()
    def refuse_intake(self) -> None:
        self.unpaid_at_end = self._unpaid()
        self.portal.office.refuse_intake(self.key, "Không đủ.", **call(actors.INTAKE))
        self.books.carry()

    @precondition(lambda self: self.status in {"accepted", "in_processing"})
    @rule(amount=st.sampled_from([None, 5_000]))
    def ask_for_money(self, amount: int | None) -> None:
        more = money(amount) if amount else None
        try:
            self.portal.office.request_payment(
                self.key, "Nộp phí.", amount=more, catalog=self.portal.catalog, **call(actors.CASE)
            )
        except Refusal as refusal:
            assert refusal.name == "NothingOwed"
        self.books.carry()

    @precondition(lambda self: self.status in {"accepted", "in_processing", "payment_requested"})
    @rule()
    def stop(self) -> None:
        self.unpaid_at_end = self._unpaid()
        self.portal.office.stop(self.key, "Dừng.", **call(actors.APPROVER))
        self.books.carry()

    @precondition(lambda self: self.status in {"submitted", "accepted", "in_processing", "payment_requested"})
    @rule(confirmed=st.booleans())
    def withdraw(self, confirmed: bool) -> None:
        who = {"identity": self.portal.identity, **call(actors.CITIZEN)}
        self.portal.registry.request_withdrawal(self.key, "Rút.", **who)
        self.books.carry()
        if confirmed:
            self.portal.office.confirm_withdrawal(self.key, **call(actors.INTAKE))
        else:
            self.portal.office.decline_withdrawal(self.key, catalog=self.portal.catalog, **call(actors.INTAKE))
        self.books.carry()

    @precondition(lambda self: self.status in APPEALABLE)
    @rule()
    def appeal(self) -> None:
        restored = self.unpaid_at_end + self.owed_again if self.status in UNDECIDED else None
        appealed(self.books, self.key)
        assert self._unpaid() >= self.owed_again
        assert restored in {None, self._unpaid()}
        self.owed_again = 0

    @precondition(lambda self: self.status in {"submitted", "accepted", "in_processing", "payment_requested"})
    @rule(outcome=st.sampled_from(["approve", "reject"]))
    def go_on_to_a_decision(self, outcome: str) -> None:
        if self.status == "submitted":
            if self.portal.store.get(self.key).owed("intake"):
                self.books.pay(self.key)
            self.portal.office.accept(self.key, catalog=self.portal.catalog, **call(actors.INTAKE))
        if self.status == "payment_requested":
            self.books.pay(self.key)
            assert self.status != "payment_requested", "what was paid for ends the wait"
        if self.portal.store.get(self.key).status == "accepted":
            self.portal.office.assign(
                self.key, actors.CASE.account_id, identity=self.portal.identity, **call(actors.APPROVER)
            )
        decided(self.books, self.key, outcome)

    @precondition(lambda self: self.status in {"approved", "rejected"})
    @rule()
    def hand_over(self) -> None:
        if self.status == "approved" and self.portal.store.get(self.key).owed("intake", "result"):
            self.books.pay(self.key)
        returned(self.books, self.key)

    def _unpaid(self) -> int:
        """Minor units that one application owes, due already or later."""
        return sum(self.portal.store.get(self.key).owed().values())

    def teardown(self) -> None:
        if not hasattr(self, "key"):
            return
        if self.status not in ENDED | {"approved", "rejected"}:
            self.go_on_to_a_decision("approve")
        if self.status in {"approved", "rejected"}:
            self.hand_over()
        assert self.status in ENDED
        self.both_say_the_same_is_owed()


@pytest.mark.timeout(300)
def test_every_way_reaches_its_end_and_both_books_agree_on_it(open_books):
    machine = type("Way", (Ways,), {"open_books": staticmethod(open_books)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
