"""What the sandbox gateway remembers: its own list of transactions, whatever the merchant believes."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from infra.chassis.json_types import Json
from infra.sandbox.gateway_wire import now_stamp

UNDECIDED, DONE, NOT_DONE = "01", "00", "02"
CHOICES = {
    "success": ("00", DONE, "Thanh toán thành công"),
    "declined": ("51", NOT_DONE, "Tài khoản không đủ số dư"),
    "cancelled": ("24", NOT_DONE, "Khách hàng hủy giao dịch"),
}
TIMED_OUT = "11"


@dataclass
class Transaction:
    """One order as the gateway has it. ``amount`` is what came over the wire (dong times 100)."""

    order_ref: str
    amount: int
    order_info: str
    return_url: str
    expires: str
    status: str = UNDECIDED
    response_code: str = ""
    transaction_no: str = ""
    pay_date: str = ""
    notices: list[Json] = field(default_factory=list)
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def refunded(self) -> int:
        return sum(self.refunds.values())

    def to_json(self) -> Json:
        return asdict(self) | {"refunded": self.refunded}


class TransactionBook:
    """Thread-safe list of transactions."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._transactions: dict[str, Transaction] = {}
        self._numbers = itertools.count(int(time.time() * 1000))  # a gateway started again never gives a number twice

    def opened(self, fields: Mapping[str, str]) -> Transaction:
        """The transaction of a signed redirect; made at the first visit."""
        with self._lock:
            order_ref = fields["vnp_TxnRef"]
            if order_ref not in self._transactions:
                self._transactions[order_ref] = Transaction(
                    order_ref,
                    int(fields["vnp_Amount"]),
                    fields.get("vnp_OrderInfo", ""),
                    fields.get("vnp_ReturnUrl", ""),
                    fields.get("vnp_ExpireDate", ""),
                )
            return self._aged(self._transactions[order_ref])

    def find(self, order_ref: str) -> Transaction | None:
        with self._lock:
            transaction = self._transactions.get(order_ref)
            return self._aged(transaction) if transaction else None

    def choose(self, transaction: Transaction, choice: str) -> bool:
        """The payer's choice; ``False`` when the transaction was decided before."""
        with self._lock:
            if self._aged(transaction).status != UNDECIDED:
                return False
            transaction.response_code, transaction.status, _ = CHOICES[choice]
            transaction.transaction_no, transaction.pay_date = str(next(self._numbers)), now_stamp()
            return True

    def refund(self, transaction: Transaction, request_id: str, amount: int) -> str:
        """Code of a refund: ``00`` done, ``94`` came before, ``02`` more than there is, ``95`` never paid."""
        with self._lock:
            if transaction.status != DONE:
                return "95"
            if request_id in transaction.refunds:
                return "94"
            if not 0 < amount <= transaction.amount - transaction.refunded:
                return "02"
            transaction.refunds[request_id] = amount
            return "00"

    def all(self) -> list[Json]:
        with self._lock:
            return [self._aged(transaction).to_json() for transaction in self._transactions.values()]

    @staticmethod
    def _aged(transaction: Transaction) -> Transaction:
        if transaction.status == UNDECIDED and transaction.expires and transaction.expires < now_stamp():
            transaction.status, transaction.response_code = NOT_DONE, TIMED_OUT
        return transaction
