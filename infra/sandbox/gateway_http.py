"""The sandbox gateway's pages and its API, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from infra.sandbox import gateway_pages as pages
from infra.sandbox import gateway_wire as wire

if TYPE_CHECKING:
    from infra.sandbox.gateway import Gateway

LONGEST_BODY = 100_000


class _Server(Protocol):
    gateway: Gateway


class GatewayRequest(BaseHTTPRequestHandler):
    """One HTTP request to the gateway."""

    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        fields = dict(parse_qsl(parts.query))
        if parts.path == "/pay":
            self._pay_page(fields)
        elif parts.path == "/pay/confirm":
            self._choose(fields)
        elif parts.path == "/querydr":
            self._respond(200, json.dumps(self.gateway.answer(fields)).encode(), "application/json")
        elif parts.path == "/transactions":
            self._respond(200, json.dumps(self.gateway.book.all(), ensure_ascii=False).encode(), "application/json")
        else:
            self._respond(404, pages.refused("Không có trang này."))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self._respond(413, pages.refused("Yêu cầu quá lớn."))
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        if self.path == "/pay":
            self._choose(dict(parse_qsl(body)))
        elif self.path == "/querydr":
            self._answer(body)
        else:
            self._respond(404, pages.refused("Không có trang này."))

    @property
    def gateway(self) -> Gateway:
        return cast(_Server, self.server).gateway

    def _pay_page(self, fields: dict[str, str]) -> None:
        if problem := self._problem(fields):
            self._respond(400, pages.refused(problem))
            return
        signed = {name: value for name, value in fields.items() if name.startswith("vnp_")}
        self._respond(200, pages.paying(self.gateway.book.opened(fields), signed))

    def _choose(self, fields: dict[str, str]) -> None:
        """The choice on a signed redirect, or on an order whose page was opened before (``vnp_TxnRef`` alone)."""
        paid = self.gateway.book.find(fields.get("vnp_TxnRef", "")) if "vnp_SecureHash" not in fields else None
        problem = None if paid else self._problem(fields)
        if problem:
            self._respond(400, pages.refused(problem))
            return
        chosen = self.gateway.pay(fields, fields.get("choice", "success"))
        if chosen is None:
            self._respond(400, pages.refused("Lựa chọn không hợp lệ."))
            return
        transaction, message = chosen
        back = transaction.return_url
        joined = f"{back}{'&' if '?' in back else '?'}{self.gateway.result_query(transaction)}" if back else ""
        self._respond(200, pages.chosen(transaction, message, joined))

    def _problem(self, fields: Mapping[str, str]) -> str | None:
        if not wire.query_holds(self.gateway.secret, fields):
            return "Chữ ký không hợp lệ."
        if fields.get("vnp_TmnCode") != self.gateway.tmn_code:
            return "Mã đơn vị chấp nhận thanh toán không đúng."
        if not fields.get("vnp_TxnRef") or not fields.get("vnp_Amount", "").isdigit():
            return "Thiếu mã giao dịch hoặc số tiền."
        return None

    def _answer(self, body: str) -> None:
        try:
            fields = {str(name): str(value) for name, value in json.loads(body).items()}
        except (ValueError, AttributeError):
            self._respond(
                400, b'{"vnp_ResponseCode": "03", "vnp_Message": "Du lieu khong dung dinh dang"}', "application/json"
            )
            return
        self._respond(200, json.dumps(self.gateway.answer(fields)).encode(), "application/json")

    def _respond(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Its own list of transactions is the record."""
