"""A gateway for text messages, for demos and tests: stores every text and sends none; misbehaves when asked to.

Speaks the API of ``services/notifications/sms_carrier.py``: ``PUT`` and ``GET /messages/{id}``. In addition:

- ``GET /texts``: what was taken, in the order of arrival: ``[{id, to, from, text, status, puts, asked}]``. ``puts``
  counts how often a text was handed over under that id: more than 1, and its sender did not ask before repeating.
- ``POST /faults`` ``{"fault", "times"}``: what becomes of the next ``times`` texts handed over (1 if not stated).

========================  ====================================================================================
``drop``                  the text is taken, and the line goes dead before the answer
``hang``                  the text is taken, and the answer does not come until the caller has gone
``500`` (any 4xx, 5xx)    refused with that code; nothing is taken
========================  ====================================================================================

Numbers have faults of their own: ``+84900000NNN`` is refused with NNN every time, ``+84900001NNN`` with NNN the first
time only, ``+84900002000`` is dropped the first time, ``+84900003000`` is taken and then reported as ``failed``.

Run alone: ``python -m infra.sandbox.sms_provider --port 8095``; the first line written is ``{"port", "url"}``. With
SMS_TOKEN (or …_FILE) set, callers of ``/messages`` must show it. Within a process: ``serve()``.
"""

from __future__ import annotations

import argparse
import hmac
import json
import re
import signal
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.front_door.listening import Addressed, Listening

LONGEST_BODY = 100_000
PATIENCE = 60.0  # seconds a hanging answer waits for its caller to go
REFUSED = re.compile(r"\+8490000([01])([45][0-9][0-9])")
DROPPED, FAILED = "+84900002000", "+84900003000"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass
class SmsMessage:
    """One text taken; ``puts``: how often it was handed over, ``asked``: how often somebody asked about it."""

    id: str
    to: str
    sender: str
    text: str
    status: str = "accepted"
    puts: int = 1
    status_requests: int = 0

    def to_json(self) -> Json:
        return {
            "id": self.id, "to": self.to, "from": self.sender, "text": self.text, "status": self.status,
            "puts": self.puts, "asked": self.status_requests,
        }  # fmt: skip


@dataclass
class SmsProvider(Addressed):
    """The gateway. ``faults`` wait for the next texts; ``asked_in_vain`` counts questions about texts never taken."""

    token: str = ""
    faults: deque[str] = field(default_factory=deque)
    asked_in_vain: int = 0
    messages: dict[str, SmsMessage] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    _met: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> SmsProvider:
        self.stopping.clear()
        self.listening = Listening(_Request, port=port, host=host, texts=self)
        return self

    def stop(self) -> None:
        """Answer nobody any more; what was taken stays, and :meth:`start` opens again."""
        self.stopping.set()
        if self.listening:
            self.listening.stop()

    def all(self) -> list[Json]:
        """What was taken, in the order of arrival."""
        with self._lock:
            return [message.to_json() for message in self.messages.values()]

    def misbehave(self, fault: str, times: int = 1) -> None:
        self.faults.extend([fault] * times)

    def put(self, message_id: str, body: Mapping[str, object]) -> tuple[int, Json, str]:
        """Status, answer, and how the answer is to be spoilt (``drop``, ``hang`` or nothing)."""
        to, sender, text = (body.get(name) for name in ("to", "from", "text"))
        if not (isinstance(to, str) and isinstance(sender, str) and isinstance(text, str) and text):
            return 422, {"detail": "to, from and text are needed"}, ""
        if not NUMBER.fullmatch(to):
            return 422, {"detail": f"{to} is no number"}, ""
        with self._lock:
            fault = self.faults.popleft() if self.faults else self._number_fault(to)
            if fault.isdigit():
                return int(fault), {"detail": f"{to}: refused on request"}, ""
            message = self.messages.get(message_id)
            if message is None:
                status = "failed" if to == FAILED else "accepted"
                message = self.messages[message_id] = SmsMessage(message_id, to, sender, text, status)
                return 201, {"status": message.status}, fault
            message.puts += 1
            return 200, {"status": message.status}, fault

    def status_of(self, message_id: str) -> SmsMessage | None:
        with self._lock:
            message = self.messages.get(message_id)
            if message is None:
                self.asked_in_vain += 1
            else:
                message.status_requests += 1
            return message

    def _number_fault(self, to: str) -> str:
        match, first = REFUSED.fullmatch(to), to not in self._met
        self._met.add(to)
        if match and (match[1] == "0" or first):
            return match[2]
        return "drop" if to == DROPPED and first else ""


class _Server(Protocol):
    texts: SmsProvider


class _Request(BaseHTTPRequestHandler):
    """One HTTP request to the gateway."""

    timeout = 10

    @property
    def texts(self) -> SmsProvider:
        return cast(_Server, self.server).texts

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/texts":
            self._respond(200, self.texts.all())
        elif (message_id := self._message()) is not None and self._authorized():
            text = self.texts.status_of(message_id)
            self._respond(404, {"detail": "unknown"}) if text is None else self._respond(200, {"status": text.status})

    def do_PUT(self) -> None:
        body = self._json_body()
        if body is None or (message_id := self._message()) is None or not self._authorized():
            return
        code, answer, spoilt = self.texts.put(message_id, body)
        if spoilt == "hang":
            self._wait_until_caller_disconnects()
        if spoilt:
            self.close_connection = True
            return
        self._respond(code, answer)

    def do_POST(self) -> None:
        body = self._json_body()
        if body is None:
            return
        fault, times = str(body.get("fault", "")), body.get("times", 1)
        if urlsplit(self.path).path != "/faults":
            self._respond(404, {"detail": "no such page"})
        elif not re.fullmatch(r"drop|hang|[45][0-9][0-9]", fault) or not isinstance(times, int):
            self._respond(422, {"detail": "fault: drop, hang, or a code of 4xx or 5xx; times: a number"})
        else:
            self.texts.misbehave(fault, times)
            self._respond(200, {"waiting": list(self.texts.faults)})

    def _message(self) -> str | None:
        start, _, message_id = urlsplit(self.path).path.rpartition("/")
        if start == "/messages" and message_id:
            return unquote(message_id)
        self._respond(404, {"detail": "no such page"})
        return None

    def _authorized(self) -> bool:
        authorization = self.headers.get("Authorization", "")
        if not self.texts.token or hmac.compare_digest(authorization.encode(), f"Bearer {self.texts.token}".encode()):
            return True
        self._respond(401, {"detail": "who are you?"})
        return False

    def _json_body(self) -> Json | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self._respond(413, {"detail": "too long"})
            return None
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._respond(400, {"detail": "a JSON object is needed"})
            return None
        return body

    def _wait_until_caller_disconnects(self) -> None:
        self.connection.settimeout(0.1)
        for _ in range(int(PATIENCE / 0.1)):
            if self.texts.stopping.is_set():
                return
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _respond(self, status: int, value: object) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Its own list of texts is the record."""


def serve(*, token: str = "", port: int = 0, host: str = "127.0.0.1") -> SmsProvider:
    """A gateway of this process, listening until ``stop()``."""
    return SmsProvider(token=token).start(port, host)


def main(arguments: list[str] | None = None) -> int:
    """Run alone until TERM; the first line written is ``{"port", "url"}``."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.sms_provider", description="A gateway for text messages that keeps them."
    )
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    texts = serve(token=_token(), port=options.port, host=options.host)
    sys.stdout.write(json.dumps({"port": texts.port, "url": texts.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    texts.stop()
    return 0


def _token() -> str:
    settings = Settings.from_environment()
    named = "SMS_TOKEN" in settings.env or "SMS_TOKEN_FILE" in settings.env
    return settings.require("SMS_TOKEN") if named else ""  # a token that is named and blank must not let everybody in


if __name__ == "__main__":
    raise SystemExit(main())
