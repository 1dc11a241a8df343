"""Payments at its doors: on the broker and PostgreSQL, with an identity and an applications that stand in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import uuid4

import eventlet
import pytest
from nameko.exceptions import RemoteError
from nameko.rpc import rpc
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.followers import Follower
from infra.chassis.running.loader import service_class
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.embedded.broker import Broker, install
from infra.front_door import callbacks
from infra.sandbox.gateway import Gateway, serve
from tests.component.payments.use_cases import TMN, PaymentsOffice, query_of
from tests.support import signed_events, stand_in_identity
from tests.unit.payments.actors import AGENCY, CITIZEN, STRANGER
from tests.unit.payments.builders import SECRET, item, money, signed

CONTRACT = contract_of("payments")


def token(account_id: str, role: str, at: str | None = None) -> str:
    return stand_in_identity.token(account_id, role, at=at)


class Identity(stand_in_identity.IdentityAnswers):
    name = "identity"


class ApplicationNotFound(Exception):
    pass


class Applications:
    name = "applications"
    by_id: ClassVar[dict[str, dict[str, Any]]] = {}

    @rpc(expected_exceptions=ApplicationNotFound)
    def application(self, application_id: str) -> dict[str, Any]:
        if application_id not in self.by_id:
            raise ApplicationNotFound("Không có hồ sơ này.")
        return self.by_id[application_id]


class Portal:
    """Running payments: ``call`` a door as somebody, ``tell`` it an event, run its follower."""

    def __init__(self, settings: Settings, gateway: Gateway) -> None:
        self.settings, self.gateway = settings, gateway
        self.publisher = Publisher(settings.amqp_uri)
        self.follower = Follower(settings, "payments")

    def call(
        self, door: str, as_: tuple[str, ...] | str | None = None, *, language: str = "vi", **arguments: Any
    ) -> Any:
        auth_token = token(*as_) if isinstance(as_, tuple) else as_
        context = {"language": language, **({"auth_token": auth_token} if auth_token else {})}
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=60) as services:
            reply = getattr(services.payments, door)(**arguments)
        assert CONTRACT.reply(door).problems(reply) == []
        return reply

    def refused(self, door: str, as_: tuple[str, ...] | str | None = None, **arguments: Any) -> tuple[str, str]:
        with pytest.raises(RemoteError) as error:
            self.call(door, as_, **arguments)
        return error.value.exc_type, str(error.value.value)

    def tell(self, event_type: str, data: dict[str, Any]) -> None:
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"applications:{uuid4()}",
            "source": "/applications",
            "type": event_type,
        }
        event |= {"subject": data["application_id"], "data": data}
        exchange = events_exchange("applications")
        event = signed_events.signed(self.settings, event)
        self.publisher.publish(event, exchange=exchange, routing_key=event_type, message_id=event["id"])


def eventually(ask: Callable[[], Any], seconds: float = 60) -> Any:
    with eventlet.Timeout(seconds):
        while not (answer := ask()):
            eventlet.sleep(0.05)
    return answer


@pytest.fixture
def portal(settings: Settings) -> Iterator[Portal]:
    install()
    Applications.by_id = {}
    gateway = serve(tmn_code=TMN, hash_secret=SECRET, delay=0.05)
    settings.env["VNPAY_URL"] = gateway.url
    declare_topology(settings, [service_class("payments")], [CONTRACT])
    runner = ServiceRunner(container_config(settings))
    for service in (Identity, Applications, service_class("payments")):
        runner.add_service(service)
    runner.start()
    running = Portal(settings, gateway)
    door = callbacks.serve(lambda _service, method, **arguments: running.call(method, **arguments))
    gateway.ipn_url = f"{door.url}/callbacks/vnpay"
    yield running
    gateway.stop()
    door.stop()
    runner.stop()
    running.publisher.close()
    Broker.forget(settings.amqp_uri.removeprefix("embedded://"))


# Who calls, as ``token`` takes it: a token lives ten minutes, a run of all tests longer.
PAYER = (CITIZEN.account_id, "citizen")
CLERK = (str(uuid4()), "intake_officer", AGENCY)
ACCOUNTANT = (str(uuid4()), "accountant", AGENCY)
APPROVER = (str(uuid4()), "approver", AGENCY)


def submitted(portal: Portal, office: PaymentsOffice, *items: dict[str, Any], level: int = 4) -> str:
    data = office.submission(*(items or (item(135_000),)), level=level)
    Applications.by_id[data["application_id"]] = data
    return str(data["application_id"])


def started(portal: Portal, application_id: str) -> dict[str, Any]:
    how: dict[str, Any] = {"application_id": application_id, "method": "vnpay", "command_id": str(uuid4())}
    payment: dict[str, Any] = portal.call("start_payment", PAYER, **how)
    return payment


def test_a_fee_is_paid_through_the_gateway_and_an_event_says_so(portal: Portal, office: PaymentsOffice) -> None:
    data = office.submission(item(135_000))
    portal.tell("application_submitted.v1", data)
    application_id = data["application_id"]
    ask = {"application_id": application_id}
    Applications.by_id[application_id] = data | {"quote": None}  # only the event makes it known
    eventually(lambda: _owed(portal, ask) == money(135_000))
    payment = started(portal, application_id)
    portal.gateway.pay(query_of(payment["redirect_url"]), "success")
    settled = eventually(lambda: _settled(portal, payment["payment_id"]))
    assert [event["event"] for event in settled["history"]] == ["payments.Started", "payments.MoneyReceived"]
    assert portal.call("receipt", PAYER, payment_id=payment["payment_id"])["amount_in_words"] == (
        "Một trăm ba mươi lăm nghìn đồng"
    )
    assert portal.call("demands", PAYER, **ask)["paid"] == money(135_000)
    for event_type, data in office.events():
        assert CONTRACT.event(event_type).problems(data) == []
    assert [event_type for event_type, _ in office.events()] == ["payment_started.v1", "payment_settled.v1"]


def _owed(portal: Portal, ask: dict[str, Any]) -> Any:
    try:
        return portal.call("demands", PAYER, **ask)["owed"]
    except RemoteError as error:
        assert error.exc_type == "NotYetSubmitted"
        return None


def _settled(portal: Portal, payment_id: str) -> Any:
    payment = portal.call("payment", PAYER, payment_id=payment_id)
    return payment if payment["status"] == "settled" else None


def test_who_is_faster_than_the_event_may_pay_already(portal: Portal, office: PaymentsOffice) -> None:
    assert started(portal, submitted(portal, office))["status"] == "started"


def test_an_application_nobody_knows_is_not_found(portal: Portal) -> None:
    assert portal.refused("demands", PAYER, application_id=str(uuid4()))[0] == "ApplicationNotFound"


def test_the_office_takes_cash_refunds_and_reads_the_books(portal: Portal, office: PaymentsOffice) -> None:
    application_id = submitted(portal, office, level=3)
    how: dict[str, Any] = {"application_id": application_id, "method": "cash", "amount": money(135_000)}
    cash = portal.call("record_offline", CLERK, **how, receipt_book_number="AA-1", command_id=str(uuid4()))
    request = {
        "payment_id": cash["payment_id"],
        "amount": money(35_000),
        "reason": "Thu thừa",
        "available": money(135_000),
    }
    refund = portal.call("refund", ACCOUNTANT, **request, command_id=str(uuid4()))
    decided = {"refund_id": refund["refund_id"], "command_id": str(uuid4())}
    assert portal.refused("approve_refund", ACCOUNTANT, **decided)[0] == "SecondPersonNeeded"
    assert portal.call("approve_refund", APPROVER, **decided)["status"] == "settled"
    assert portal.call("trial_balance", ACCOUNTANT)["balanced"]
    rows = portal.call("ledger", ACCOUNTANT, account=f"cash:{AGENCY}", limit=10)["items"]
    assert [row["amount"]["amount"] for row in rows] == [135_000, -35_000]
    fees = {"intake": {"owed": 135_000, "settled": {"how": "paid"}}}
    Applications.by_id[application_id] = {"fees": fees}
    assert portal.call("parity", ACCOUNTANT)["counts"] == {"match": 1, "missing": 0, "mismatch": 0}
    for event_type, data in office.events():
        assert CONTRACT.event(event_type).problems(data) == []


def test_a_waiver_and_a_statement_pass_their_doors(portal: Portal, office: PaymentsOffice) -> None:
    waiver = {"application_id": submitted(portal, office), "reason": "Hộ nghèo", "legal_basis": "Luật Phí và lệ phí"}
    request = portal.call("waive", APPROVER, **waiver, command_id=str(uuid4()))
    assert request["waived"] == money(135_000) and request["status"] == "awaiting_approval"
    decided = {"waiver_id": request["waiver_id"], "command_id": str(uuid4())}
    assert portal.refused("approve_waiver", APPROVER, **decided)[0] == "SecondPersonNeeded"
    assert portal.call("approve_waiver", ACCOUNTANT, **decided)["status"] == "approved"
    line = {
        "order_ref": "TT00000000000000",
        "amount": money(1),
        "transaction_no": "1",
        "at": "2026-03-02T09:00:00+07:00",
    }
    statement: dict[str, Any] = {"gateway": "vnpay", "statement": [line], "command_id": str(uuid4())}
    assert portal.call("reconcile", ACCOUNTANT, **statement)["discrepancies"][0]["kind"] == "unknown_order"


def test_the_same_command_twice_has_one_effect_and_another_meaning_is_refused(
    portal: Portal, office: PaymentsOffice
) -> None:
    how: dict[str, Any] = {"application_id": submitted(portal, office), "method": "vnpay", "command_id": str(uuid4())}
    first = portal.call("start_payment", PAYER, **how)
    assert portal.call("start_payment", PAYER, **how) == first
    other = how | {"return_url": "https://portal.example/back"}
    assert portal.refused("start_payment", PAYER, **other)[0] == "CommandIdReused"


def test_a_refusal_speaks_the_callers_language_and_says_what_to_do(portal: Portal, office: PaymentsOffice) -> None:
    how: dict[str, Any] = {
        "application_id": submitted(portal, office, level=3),
        "method": "vnpay",
        "command_id": str(uuid4()),
    }
    assert "Nộp trực tiếp" in portal.refused("start_payment", PAYER, **how)[1]
    name, text = portal.refused("start_payment", PAYER, language="en", **how)
    assert name == "OnlinePaymentNotOffered" and "Pay at the one-stop desk" in text


def test_no_door_but_the_gateways_opens_without_a_token_or_with_a_strangers_role(portal: Portal) -> None:
    for door in set(CONTRACT.rpc) - {"health", "gateway_callback"}:
        example = CONTRACT.rpc[door]["example"]["parameters"]
        assert portal.refused(door, None, **example)[0] == "Unauthenticated"
        assert portal.refused(door, "not.a.token", **example)[0] == "Unauthenticated"
        assert portal.refused(door, (STRANGER.account_id, "catalog_editor"), **example)[0] == "Forbidden"


def test_bad_arguments_are_refused_with_a_pointer_for_less_than_a_second_of_processor_time(portal: Portal) -> None:
    good = {"application_id": str(uuid4()), "method": "vnpay", "command_id": str(uuid4())}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"application_id": "no uuid"}, "/application_id"),
        ({"method": "bitcoin"}, "/method"),
        ({"command_id": None}, "/command_id"),
        ({"return_url": "javascript:alert(1)"}, "/return_url"),
        ({"return_url": "https://" + "x" * 10_000_000}, "/return_url"),
        ({"surplus": 1}, "/surplus"),
    ]
    portal.call("trial_balance", ACCOUNTANT)
    for changed, pointer in bad:
        began = time.process_time()
        name, text = portal.refused("start_payment", PAYER, **(good | changed))
        assert (name, time.process_time() - began < 1) == ("InvalidRequest", True) and pointer in text


def test_money_is_whole_minor_units_with_a_currency(portal: Portal) -> None:
    how: dict[str, Any] = {
        "application_id": str(uuid4()),
        "method": "cash",
        "receipt_book_number": "1",
        "command_id": str(uuid4()),
    }
    for amount in (135_000, {"amount": 1.5, "currency": "VND"}, {"amount": -1, "currency": "VND"}, {"amount": 1}):
        assert portal.refused("record_offline", CLERK, amount=amount, **how)[0] == "InvalidRequest"


def test_a_notice_with_surplus_or_monstrous_content_is_refused_and_the_front_door_says_99(portal: Portal) -> None:
    parameters: Any
    for parameters in ({"a": "x" * 2000}, {"a": "\x00"}, {"a": 1}, {f"p{n}": "" for n in range(100)}, {"á": "1"}, []):
        assert portal.refused("gateway_callback", gateway="vnpay", parameters=parameters)[0] == "InvalidRequest"
    assert portal.refused("gateway_callback", gateway="momo", parameters={})[0] == "GatewayNotFound"


def test_a_forged_notice_is_answered_97_without_a_token(portal: Portal, office: PaymentsOffice) -> None:
    payment = started(portal, submitted(portal, office))
    forged = signed(office.notice(payment), "another secret")
    assert portal.call("gateway_callback", gateway="vnpay", parameters=forged)["RspCode"] == "97"
    assert json.dumps(portal.call("payment", PAYER, payment_id=payment["payment_id"])["status"]) == '"started"'


def test_the_follower_settles_what_a_lost_notice_left_open(portal: Portal, office: PaymentsOffice) -> None:
    payment = started(portal, submitted(portal, office))
    portal.gateway.silent = True
    portal.gateway.pay(query_of(payment["redirect_url"]), "success")
    with office.database.session() as session:
        from services.payments.models import Payment

        session.get_one(Payment, payment["payment_id"]).check_at = session.get_one(
            Payment, payment["payment_id"]
        ).created_at
    portal.follower.once()
    assert _settled(portal, payment["payment_id"])
    portal.follower.lease.release()
