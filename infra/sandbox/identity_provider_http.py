"""The sandbox e-ID provider's page and its endpoints, over HTTP."""

from __future__ import annotations

import base64
import html
import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from infra.sandbox.identity_provider import EidSandbox

LONGEST_BODY = 100_000
PATIENCE = 60.0  # seconds a hanging answer waits for the provider to stop
FAULTS = frozenset(
    {
        "nonce", "iss", "aud", "azp", "exp", "signature", "none", "other_person", "no_number", "sub", "invalid_grant",
        "500", "hang",
    }
)  # fmt: skip


class _Server(Protocol):
    eid: EidSandbox


class EidRequest(BaseHTTPRequestHandler):
    """One HTTP request to the provider."""

    timeout = 10

    @property
    def eid(self) -> EidSandbox:
        return cast(_Server, self.server).eid

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._respond(200, self.eid.metadata())
        elif parts.path == "/jwks":
            self._respond(200, self.eid.keys())
        elif parts.path == "/authorize":
            self._people(dict(parse_qsl(parts.query)))
        elif parts.path == "/userinfo":
            self._respond(*self.eid.userinfo(self.headers.get("Authorization", "")))
        else:
            self._respond(404, {"error": "no such page"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self._respond(413, {"error": "too long"})
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        path = urlsplit(self.path).path
        if path == "/authorize":
            self._choose(dict(parse_qsl(body)))
        elif path == "/token":
            self._exchange(dict(parse_qsl(body)))
        elif path == "/faults":
            self._misbehave(body)
        else:
            self._respond(404, {"error": "no such page"})

    def _people(self, request: dict[str, str]) -> None:
        if problem := self.eid.problem_of(request):
            self._page(400, f"<h1>Không tiếp tục được · This cannot go on</h1><p>{html.escape(problem)}</p>")
            return
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in request.items()
        )
        buttons = "".join(
            f'<p><button name="person" value="{person.citizen_number}">{html.escape(person.full_name)} · '
            f"{person.citizen_number} · {person.level}</button></p>"
            for person in self.eid.people
        )
        self._page(
            200,
            "<h1>Định danh điện tử thử nghiệm · Sandbox e-ID</h1>"
            "<p>Người trong danh sách là hư cấu · The people listed are fictional.</p>"
            f'<form method="post" action="/authorize">{hidden}{buttons}'
            '<p><button name="person" value="">Bỏ qua · Give up</button></p></form>',
        )

    def _choose(self, form: dict[str, str]) -> None:
        person = form.pop("person", None)
        if problem := self.eid.problem_of(form):
            self._page(400, f"<p>{html.escape(problem)}</p>")
            return
        self.send_response(303)
        self.send_header("Location", self.eid.chosen(form, person))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _exchange(self, form: dict[str, str]) -> None:
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            credentials = base64.b64decode(encoded).decode() if scheme == "Basic" else ""
        except ValueError:
            credentials = ""
        status, answer = self.eid.exchange(":".join(unquote(part) for part in credentials.split(":", 1)), form)
        if answer.pop("hang", False):
            self.eid.stopping.wait(PATIENCE)
            self.close_connection = True
            return
        self._respond(status, answer)

    def _misbehave(self, body: str) -> None:
        try:
            order = json.loads(body)
            fault, times = order["fault"], order.get("times", 1)
        except (ValueError, TypeError, KeyError):
            fault, times = None, 0
        if fault not in FAULTS or not isinstance(times, int):
            self._respond(422, {"error": f"fault: one of {', '.join(sorted(FAULTS))}; times: a number"})
            return
        self.eid.misbehave(fault, times)
        self._respond(200, {"waiting": list(self.eid.faults)})

    def _page(self, status: int, main: str) -> None:
        page = f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>e-ID</title><main>{main}</main></html>'
        self._send(status, page.encode(), "text/html; charset=utf-8")

    def _respond(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Who signed in stands at whoever asked."""
