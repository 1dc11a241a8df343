"""The sandbox gateway over real HTTP, between the real VNPAY client and the real call-back door."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from infra.front_door import callbacks
from infra.sandbox.gateway import Gateway, serve
from services.payments.gateways.reports import GatewaySilent, Order, PaymentOutcome
from services.payments.gateways.vnpay import RefundOrder, VnPay

SECRET, TMN = "sandbox secret of tests", "TESTS001"
NOW = datetime.now(UTC)


class Merchant:
    """Receives notices through the call-back door and answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self.answers: list[Any] = []

    def call(self, service: str, method: str, **arguments: Any) -> dict[str, Any]:
        assert (service, method, arguments["gateway"]) == ("payments", "gateway_callback", "vnpay")
        self.received.append(arguments["parameters"])
        answer = self.answers.pop(0) if self.answers else "00"
        if isinstance(answer, Exception):
            raise answer
        return {"RspCode": answer, "Message": ""}


@pytest.fixture
def merchant() -> Merchant:
    return Merchant()


@pytest.fixture
def gateway(merchant: Merchant) -> Iterator[Gateway]:
    door = callbacks.serve(merchant.call)
    gateway = serve(tmn_code=TMN, hash_secret=SECRET, ipn_url=f"{door.url}/callbacks/vnpay", delay=0.01, attempts=4)
    yield gateway
    gateway.stop()
    door.stop()


def contract(gateway: Gateway) -> VnPay:
    return VnPay(f"{gateway.url}/pay", f"{gateway.url}/querydr", TMN, SECRET, timeout=60)


def redirect(gateway: Gateway, order_ref: str = "TT0001", amount: int = 135_000, minutes: int = 600) -> str:
    until = NOW + timedelta(minutes=minutes)
    return contract(gateway).redirect_url(
        Order(order_ref, amount, "Nop phi ho so", NOW, until, "vi", "http://portal.test/back")
    )


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def choose(gateway: Gateway, url: str, choice: str = "success") -> tuple[int, str]:
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)) | {"choice": choice}
    request = urllib.request.Request(f"{gateway.url}/pay", urllib.parse.urlencode(fields).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            status, text = reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    gateway.wait_for_notices()
    return status, text


def transaction(gateway: Gateway) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(get(f"{gateway.url}/transactions")[1])[0]
    return entry


def test_the_payer_sees_a_vietnamese_page_with_the_amount(gateway: Gateway) -> None:
    status, text = get(redirect(gateway))
    assert status == 200 and '<html lang="vi">' in text and "135.000 đồng" in text and "Xác nhận thanh toán" in text


def test_a_redirect_that_was_changed_after_signing_is_refused(gateway: Gateway) -> None:
    status, text = get(redirect(gateway).replace("13500000", "100"))
    assert status == 400 and "Chữ ký không hợp lệ" in text
    assert get(f"{gateway.url}/transactions")[1] == "[]"


def test_a_confirmed_payment_is_notified_with_a_signature_the_merchant_accepts(
    gateway: Gateway, merchant: Merchant
) -> None:
    status, text = choose(gateway, redirect(gateway))
    assert status == 200 and "Thanh toán thành công" in text and "http://portal.test/back?" in text
    report = contract(gateway).read_notice(merchant.received[0])
    assert (report.outcome, report.order_ref, report.amount) == (PaymentOutcome.PAID, "TT0001", 135_000)


def test_the_signature_is_the_one_the_public_guide_describes(gateway: Gateway, merchant: Merchant) -> None:
    choose(gateway, redirect(gateway))
    event_data = dict(merchant.received[0])
    arguments = event_data.pop("vnp_SecureHash")
    text = "&".join(f"{name}={urllib.parse.quote_plus(event_data[name])}" for name in sorted(event_data))
    assert arguments == hmac.new(SECRET.encode(), text.encode(), hashlib.sha512).hexdigest()


@pytest.mark.parametrize(("choice", "code"), [("declined", "51/02"), ("cancelled", "24/02")])
def test_a_payer_who_does_not_pay_is_reported_so(gateway: Gateway, merchant: Merchant, choice: str, code: str) -> None:
    choose(gateway, redirect(gateway), choice)
    report = contract(gateway).read_notice(merchant.received[0])
    assert (report.outcome, report.code) == (PaymentOutcome.NOT_PAID, code)


def test_a_notice_is_repeated_until_the_merchant_confirms(gateway: Gateway, merchant: Merchant) -> None:
    merchant.answers = [ConnectionError("down"), "97", "02"]
    choose(gateway, redirect(gateway))
    assert [notice["answer"] for notice in transaction(gateway)["notices"]] == ["99", "97", "02"]


def test_a_merchant_who_never_confirms_is_given_up_after_the_last_attempt(gateway: Gateway, merchant: Merchant) -> None:
    merchant.answers = ["99"] * 10
    choose(gateway, redirect(gateway))
    assert len(merchant.received) == 4


def test_a_payer_chooses_once(gateway: Gateway, merchant: Merchant) -> None:
    url = redirect(gateway)
    choose(gateway, url)
    assert "đã kết thúc" in choose(gateway, url, "cancelled")[1]
    assert transaction(gateway)["status"] == "00" and len(merchant.received) == 1


def test_a_choice_can_be_made_by_a_simple_address_once_the_page_was_opened(
    gateway: Gateway, merchant: Merchant
) -> None:
    assert get(f"{gateway.url}/pay/confirm?vnp_TxnRef=TT0001&choice=success")[0] == 400
    get(redirect(gateway))
    assert get(f"{gateway.url}/pay/confirm?vnp_TxnRef=TT0001&choice=success")[0] == 200
    gateway.wait_for_notices()
    assert len(merchant.received) == 1


def test_an_unknown_choice_and_an_unknown_page_are_refused(gateway: Gateway) -> None:
    assert choose(gateway, redirect(gateway), "maybe")[0] == 400
    assert get(f"{gateway.url}/elsewhere")[0] == 404


def test_an_enquiry_tells_what_became_of_an_order(gateway: Gateway) -> None:
    merchant_side = contract(gateway)
    assert merchant_side.enquire("TT0001", NOW, NOW).outcome is PaymentOutcome.UNKNOWN_ORDER
    get(redirect(gateway))
    assert merchant_side.enquire("TT0001", NOW, NOW).outcome is PaymentOutcome.UNDECIDED
    choose(gateway, redirect(gateway))
    report = merchant_side.enquire("TT0001", NOW, NOW)
    assert (report.outcome, report.amount) == (PaymentOutcome.PAID, 135_000) and report.transaction_no


def test_a_payer_who_ran_out_of_time_has_not_paid(gateway: Gateway) -> None:
    get(redirect(gateway, minutes=-1))
    assert contract(gateway).enquire("TT0001", NOW, NOW).outcome is PaymentOutcome.NOT_PAID
    assert "đã kết thúc" in choose(gateway, redirect(gateway, minutes=-1))[1]


def test_an_enquiry_under_another_secret_learns_nothing(gateway: Gateway) -> None:
    choose(gateway, redirect(gateway))
    stranger = VnPay(f"{gateway.url}/pay", f"{gateway.url}/querydr", TMN, "another secret")
    with pytest.raises(GatewaySilent):
        stranger.enquire("TT0001", NOW, NOW)


def test_a_refund_is_made_once_and_never_beyond_what_was_paid(gateway: Gateway) -> None:
    choose(gateway, redirect(gateway))
    arguments = {
        "order_ref": "TT0001",
        "amount": 100_000,
        "full": False,
        "transaction_no": "1",
        "paid_for_at": NOW,
        "asked_by": "x",
        "request_id": "r1",
    }
    answers = [
        contract(gateway).refund(cast(RefundOrder, arguments | changed), NOW)
        for changed in ({}, {}, {"request_id": "r2"}, {"request_id": "r3", "amount": 35_000})
    ]
    assert answers == ["00", "94", "02", "00"]
    assert transaction(gateway)["refunded"] == 13_500_000


def test_twenty_payers_at_once_are_all_notified(gateway: Gateway, merchant: Merchant) -> None:
    urls = [redirect(gateway, f"TT{number:04d}") for number in range(20)]
    threads = [threading.Thread(target=choose, args=(gateway, url)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    gateway.wait_for_notices()
    assert sorted(message["vnp_TxnRef"] for message in merchant.received) == [f"TT{number:04d}" for number in range(20)]
