"""Payment: what is owed, the gateway, the receipt."""

from __future__ import annotations

import urllib.parse
import urllib.request

from infra.chassis.json_types import Json
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import command, eventually, require


def payment(journey: Journey) -> None:
    citizen = journey.who("citizen")
    with journey.step("payments", "khoản phải nộp theo báo giá đã ghim", "what is owed by the pinned quote") as facts:
        owed = eventually(
            lambda: citizen.payments.demands(application_id=journey.application_id)["items"],
            "the demand of the submission",
        )
        total = sum(demand["amount"]["amount"] for demand in owed)
        facts.update(owed=total)
        require(total == journey.quote["total"]["amount"], "what is owed is what was quoted")
    with journey.step("payments", "khởi tạo thanh toán qua cổng", "start a payment at the gateway") as facts:
        payment = citizen.payments.start_payment(
            application_id=journey.application_id,
            method="vnpay",
            return_url="http://127.0.0.1/return",
            command_id=command(),
        )
        facts.update(payment_id=payment["payment_id"], expires_at=payment["expires_at"])
    with journey.step(
        "payments",
        "người nộp xác nhận; cổng ký và gọi lại qua HTTP",
        "the payer confirms; the gateway signs and calls back over HTTP",
    ) as facts:
        facts.update(page=pay_at_gateway(payment["redirect_url"]))
        settled = eventually(lambda: _settled(journey, payment["payment_id"]), "the payment settles")
        facts.update(status=settled["status"], amount=settled["amount"]["amount"])
    with journey.step("payments", "biên lai", "receipt") as facts:
        receipt = citizen.payments.receipt(payment_id=payment["payment_id"])
        facts.update(
            number=receipt.get("receipt_number") or receipt.get("number"), words=receipt.get("amount_in_words")
        )


def _settled(journey: Journey, payment_id: str) -> Json | None:
    payment: Json = journey.who("citizen").payments.payment(payment_id=payment_id)
    require(payment["status"] not in {"failed", "expired", "cancelled"}, f"the payment is {payment['status']}")
    return payment if payment["status"] == "settled" else None


def pay_at_gateway(redirect_url: str) -> str:
    """What the payer's browser does: open the gateway's page, then confirm. The title of the page."""
    with urllib.request.urlopen(redirect_url, timeout=10) as page:
        text = page.read().decode()
    title = text.split("<title>")[1].split("</title>")[0] if "<title>" in text else ""
    parts = urllib.parse.urlsplit(redirect_url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    fields = urllib.parse.urlencode({**query, "choice": "success"}).encode()
    confirm = urllib.request.Request(f"{parts.scheme}://{parts.netloc}{parts.path}", data=fields, method="POST")
    opener = urllib.request.build_opener(_StayHere())
    opener.open(confirm, timeout=10).read()
    return title


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The gateway sends the browser back to the portal; the journey has seen enough by then."""

    def redirect_request(self, *_about: object) -> None:
        return None

    def http_error_302(self, req: object, fp: object, code: int, msg: str, headers: object) -> object:
        return fp

    http_error_303 = http_error_302
