"""What happens outside the platform and cannot be taken back: money at a gateway, e-mails in a mailbox, texts.

All are real servers that keep their own record. The judge counts there, whatever the platform believes.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from infra.front_door import callbacks
from infra.sandbox import gateway
from infra.sandbox.gateway_book import DONE
from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.verdicts import Verdict

ARRIVED = {"sent", "delivered"}
MESSAGE_ID = re.compile(r"^Message-ID:\s*<([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class PaymentGateway:
    """A payment gateway, and the address where it calls back; it calls until somebody answers."""

    def __init__(self) -> None:
        self.uri = ""  # of the broker, once there is one
        self.callbacks = callbacks.serve(self._rpc, port=0)
        secret = secrets.token_hex(16)
        back = f"http://127.0.0.1:{self.callbacks.port}/callbacks/vnpay"
        self.sandbox = gateway.serve(
            port=0, tmn_code="DEMO0001", hash_secret=secret, ipn_url=back, attempts=10_000, delay=1.0
        )
        self.settings = {"VNPAY_URL": self.sandbox.url, "VNPAY_TMN_CODE": "DEMO0001", "VNPAY_HASH_SECRET": secret}

    def _rpc(self, service: str, method: str, **arguments: Any) -> Any:
        client = RpcClient(self.uri)
        try:
            return client.call(service, method, arguments, timeout=5)
        except (OutcomeUnknown, Refused) as trouble:
            raise ConnectionError(str(trouble)) from trouble
        finally:
            client.close()

    def pay(self, redirect_url: str) -> None:
        """What a payer's browser does: the signed address, and a click."""
        parts = urlsplit(redirect_url)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}/confirm?{parts.query}&choice=success"
        requests.get(address, timeout=10).raise_for_status()

    def captured(self) -> dict[str, int]:
        """Order → what was taken for it, in minor units."""
        return {
            entry["order_ref"]: entry["amount"] // 100 for entry in self.sandbox.book.all() if entry["status"] == DONE
        }

    def stop(self) -> None:
        self.sandbox.stop()
        self.callbacks.stop()


@contextlib.contextmanager
def payment_gateway() -> Iterator[PaymentGateway]:
    made = PaymentGateway()
    try:
        yield made
    finally:
        made.stop()


Rows = Callable[..., list[Any]]


def unsettled_captures(rows: Rows, captured: dict[str, int]) -> int:
    """Money taken by the gateway that payments or applications have not received."""
    query = "SELECT order_ref FROM payment WHERE method = 'vnpay' AND state IN ('settled', 'surplus')"
    return len(set(captured) - {row[0] for row in rows("payments", query)})


def check_payments(rows: Rows, captured: dict[str, int], before: set[str], verdict: Verdict) -> None:
    """Each order captured once and settled once, nothing settled that was not captured; per application one capture."""
    query = "SELECT order_ref, application_id, amount FROM payment WHERE method = 'vnpay' AND state = 'settled'"
    settled = {row[0]: (row[1], int(row[2])) for row in rows("payments", query) if row[0] not in before}
    captured_amounts = {order: amount for order, amount in captured.items() if order not in before}
    verdict.lost += [f"capture of order {order}" for order in sorted(set(captured_amounts) - set(settled))]
    verdict.unexpected += [
        f"order {order} settled, never captured" for order in sorted(set(settled) - set(captured_amounts))
    ]
    verdict.unexpected += [
        f"order {order}: {captured_amounts[order]} taken, {settled[order][1]} booked"
        for order in sorted(set(captured_amounts) & set(settled))
        if captured_amounts[order] != settled[order][1]
    ]
    twice = Counter(application for application, _ in settled.values())
    verdict.duplicated += [f"{n} captures for {application}" for application, n in twice.items() if n > 1]
    verdict.facts["captures at the gateway"] = len(captured_amounts)


def check_emails(rows: Rows, letters: list[str], since: int, verdict: Verdict) -> None:
    """An e-mail for each delivery that says so, once per message id.

    Whoever died while sending left an attempt nobody knows the end of: only those may have been sent again.
    """
    received = Counter(match.group(1) for letter in letters if (match := MESSAGE_ID.search(letter)))
    query = (
        "SELECT d.id, d.status, count(a.position) FILTER (WHERE a.outcome IS NULL OR a.outcome = 'temporary_failure') "
        "FROM delivery d LEFT JOIN attempt a ON a.delivery_id = d.id "
        "WHERE d.channel = 'email' AND d.position > :since GROUP BY d.id, d.status"
    )
    sent = {row[0]: (row[1], int(row[2])) for row in rows("notifications", query, since=since)}
    verdict.lost += [f"letter {item}" for item, (status, _) in sent.items() if status == "sent" and not received[item]]
    verdict.duplicated += [
        f"letter {item} {received[item]} times"
        for item, (_, open_ends) in sent.items()
        if received[item] > 1 + open_ends
    ]
    known_ids = {row[0] for row in rows("notifications", "SELECT id FROM delivery")}
    verdict.unexpected += [f"letter {name} of no delivery" for name in sorted(set(received) - known_ids)]
    verdict.facts["letters received"] = sum(received[entry] for entry in sent)
    verdict.facts["letters sent again after an unknown end"] = sum(max(0, received[entry] - 1) for entry in sent)


def check_text_messages(rows: Rows, texts: list[dict[str, Any]], since: int, verdict: Verdict) -> None:
    """A text for each delivery that says so, handed over once: its gateway can be asked before anything is repeated.

    One whose process died before it called is planned again, some minutes later.
    """
    query = "SELECT id, status FROM delivery WHERE channel = 'sms' AND position > :since"
    deliveries = {row[0]: row[1] for row in rows("notifications", query, since=since)}
    puts_by_id = {text["id"]: text["puts"] for text in texts}
    verdict.lost += [
        f"text {item}" for item, status in deliveries.items() if status in ARRIVED and item not in puts_by_id
    ]
    to_come = [item for item, status in deliveries.items() if status == "temporary_failure" and item not in puts_by_id]
    verdict.lost += [
        f"text {item} is {status}"
        for item, status in deliveries.items()
        if status not in ARRIVED and item not in to_come
    ]
    verdict.duplicated += [
        f"text {item} {puts} times" for item, puts in puts_by_id.items() if item in deliveries and puts > 1
    ]
    known_ids = {row[0] for row in rows("notifications", "SELECT id FROM delivery WHERE channel = 'sms'")}
    verdict.unexpected += [f"text {name} of no delivery" for name in sorted(set(puts_by_id) - known_ids)]
    verdict.facts["texts to be sent again"] = len(to_come)
    verdict.facts["texts received"] = sum(1 for delivery in deliveries if delivery in puts_by_id)
