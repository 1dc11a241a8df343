"""A payment gateway for development and tests, VNPAY-like in what it signs, asks and answers; no money moves.

``GET /pay`` (signed redirect) shows the payer a page; ``POST /pay`` or ``GET /pay/confirm`` is the payer's choice
(``success``, ``declined``, ``cancelled``), upon which the merchant's IPN address is called over HTTP with a signed
result until it answers 00 or 02. ``/querydr`` answers enquiries and refunds, ``/transactions`` lists what this gateway
knows.

Run alone: ``python -m infra.sandbox.gateway --port 8090 --ipn-url http://…/callbacks/vnpay`` with VNPAY_TMN_CODE and
VNPAY_HASH_SECRET (or …_FILE) set.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import urllib.request
import uuid
from collections.abc import Mapping

from infra.chassis.settings import SettingMissing, Settings
from infra.front_door.listening import Addressed, Listening
from infra.sandbox import gateway_wire as wire
from infra.sandbox.gateway_book import CHOICES, Transaction, TransactionBook
from infra.sandbox.gateway_http import LONGEST_BODY, GatewayRequest

FINAL_ANSWERS = frozenset({"00", "02"})
BANK = "NCB"


class Gateway(Addressed):
    """One merchant's sandbox. ``attempts`` and ``delay`` (seconds) govern how its notices are repeated; ``copies``
    sends each notice several times at once; ``silent`` sends none, as when a notice gets lost."""

    def __init__(
        self, *, tmn_code: str, hash_secret: str, ipn_url: str | None = None, attempts: int = 10, delay: float = 0.5
    ) -> None:
        self.tmn_code, self.secret, self.ipn_url = tmn_code, hash_secret, ipn_url
        self.attempts, self.delay, self.copies, self.silent = attempts, delay, 1, False
        self.book = TransactionBook()
        self._stopping = threading.Event()
        self._notifying: list[threading.Thread] = []

    def start(self, port: int = 0, host: str = "127.0.0.1") -> Gateway:
        self.listening = Listening(GatewayRequest, port=port, host=host, gateway=self)
        return self

    def stop(self) -> None:
        self._stopping.set()
        if self.listening:
            self.listening.stop()
        self.wait_for_notices(5)

    def wait_for_notices(self, timeout: float = 10) -> None:
        """Until every notice under way was answered for good, or given up."""
        for thread in list(self._notifying):
            thread.join(timeout)

    def pay(self, fields: Mapping[str, str], choice: str) -> tuple[Transaction, str] | None:
        """The payer's choice on a signed redirect: transaction and what to say; ``None`` if there is no such choice."""
        transaction = self.book.opened(fields)
        if choice not in CHOICES:
            return None
        if not self.book.choose(transaction, choice):
            return transaction, "Giao dịch đã kết thúc trước đó"
        if self.ipn_url and not self.silent:
            for _ in range(self.copies):
                thread = threading.Thread(target=self._notify, args=(transaction,), daemon=True)
                thread.start()
                self._notifying.append(thread)
        return transaction, CHOICES[choice][2]

    def result_query(self, transaction: Transaction) -> str:
        """The signed query of a notice or a return to the merchant."""
        fields = {
            "vnp_Amount": str(transaction.amount),
            "vnp_BankCode": BANK,
            "vnp_BankTranNo": f"VNP{transaction.transaction_no}",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": transaction.order_info,
            "vnp_PayDate": transaction.pay_date,
            "vnp_ResponseCode": transaction.response_code,
            "vnp_TmnCode": self.tmn_code,
            "vnp_TransactionNo": transaction.transaction_no,
            "vnp_TransactionStatus": transaction.status,
            "vnp_TxnRef": transaction.order_ref,
        }
        return wire.sealed_query(self.secret, fields)

    def answer(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Answer an enquiry or a refund request, signed."""
        refund = fields.get("vnp_Command") == "refund"
        signed, answered = (
            (wire.REFUND_SIGNED, wire.REFUND_ANSWER_SIGNED) if refund else (wire.QUERY_SIGNED, wire.QUERY_ANSWER_SIGNED)
        )
        code, message, transaction = self._verdict(fields, signed, refund)
        result = self._result_fields(fields, code, message, transaction)
        return result | {"vnp_SecureHash": wire.sealed(self.secret, wire.piped(result, answered))}

    def _verdict(
        self, fields: Mapping[str, str], signed: list[str], refund: bool
    ) -> tuple[str, str, Transaction | None]:
        if not wire.piped_holds(self.secret, fields, signed):
            return "97", "Chu ky khong hop le", None
        if fields.get("vnp_TmnCode") != self.tmn_code:
            return "02", "Ma dinh danh ket noi khong hop le", None
        transaction = self.book.find(fields.get("vnp_TxnRef", ""))
        if transaction is None:
            return "91", "Khong tim thay giao dich", None
        if not refund:
            return "00", "Truy van thanh cong", transaction
        amount = fields.get("vnp_Amount", "")
        code = self.book.refund(transaction, fields.get("vnp_RequestId", ""), int(amount) if amount.isdigit() else 0)
        return code, "Hoan tien" if code == "00" else "Khong hoan tien", transaction

    def _result_fields(
        self, fields: Mapping[str, str], code: str, message: str, transaction: Transaction | None
    ) -> dict[str, str]:
        result = {
            "vnp_ResponseId": uuid.uuid4().hex,
            "vnp_Command": fields.get("vnp_Command", ""),
            "vnp_ResponseCode": code,
            "vnp_Message": message,
            "vnp_TmnCode": self.tmn_code,
            "vnp_TxnRef": fields.get("vnp_TxnRef", ""),
        }
        if transaction is None:
            return result
        return result | {
            "vnp_Amount": str(transaction.amount),
            "vnp_BankCode": BANK,
            "vnp_OrderInfo": transaction.order_info,
            "vnp_PayDate": transaction.pay_date,
            "vnp_TransactionNo": transaction.transaction_no,
            "vnp_TransactionStatus": transaction.status,
            "vnp_TransactionType": fields.get("vnp_TransactionType", "01"),
        }

    def _notify(self, transaction: Transaction) -> None:
        """Call the merchant until it answers 00 or 02, at most ``attempts`` times."""
        address = f"{self.ipn_url}?{self.result_query(transaction)}"
        for attempt in range(1, self.attempts + 1):
            answer = _call_merchant(address)
            transaction.notices.append({"attempt": attempt, "at": wire.now_stamp(), "answer": answer})
            if answer in FINAL_ANSWERS or self._stopping.wait(self.delay):
                return


def _call_merchant(address: str) -> str:
    """The merchant's RspCode, or what went wrong."""
    try:
        with urllib.request.urlopen(address, timeout=10) as reply:  # noqa: S310 - the operator's own setting
            return str(json.loads(reply.read(LONGEST_BODY))["RspCode"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"[:200]


def serve(
    *,
    tmn_code: str,
    hash_secret: str,
    ipn_url: str | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    attempts: int = 10,
    delay: float = 0.5,
) -> Gateway:
    """A started gateway; it has ``url``, ``port`` and ``stop()``."""
    gateway = Gateway(tmn_code=tmn_code, hash_secret=hash_secret, ipn_url=ipn_url, attempts=attempts, delay=delay)
    return gateway.start(port, host)


def main(arguments: list[str] | None = None) -> int:
    """Run alone until TERM; the first line written is ``{"port", "url"}``."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.gateway", description="Payment gateway for development and tests."
    )
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--ipn-url", default=os.environ.get("VNPAY_IPN_URL"))
    parser.add_argument(
        "--attempts", type=int, default=10, help="how often a notice is repeated until it is answered 00 or 02"
    )
    parser.add_argument("--delay", type=float, default=0.5, help="seconds between two of them")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    how = {"attempts": options.attempts, "delay": options.delay, "ipn_url": options.ipn_url}
    gateway = serve(
        tmn_code=_setting("VNPAY_TMN_CODE"),
        hash_secret=_setting("VNPAY_HASH_SECRET"),
        port=options.port,
        host=options.host,
        **how,
    )
    sys.stdout.write(json.dumps({"port": gateway.port, "url": gateway.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    gateway.stop()
    return 0


def _setting(name: str) -> str:
    try:
        return Settings.from_environment().require(name)
    except SettingMissing as missing:
        raise SystemExit(missing.message) from missing


if __name__ == "__main__":
    raise SystemExit(main())
