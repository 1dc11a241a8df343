"""Text messages by a small HTTP API, which is no provider's own: an adapter stands in front of a provider.

JSON over HTTP(S), ``Authorization: Bearer SMS_TOKEN``. The id of a message is the id of the effect, made by us:

- ``PUT {SMS_URL}/messages/{id}`` ``{"to": "+84…", "from": SMS_SENDER, "text": "…"}`` → 201, or 200 when the id was
  known; both ``{"status", "detail"}``. A repeat under a known id sends nothing and answers what became of the first.
- ``GET {SMS_URL}/messages/{id}`` → 200 ``{"status", "detail"}``, or 404: no such message was ever taken.

``status``: ``accepted``, ``sent``, ``delivered``, or ``failed`` for good; ``detail`` (optional) says more. ``text`` is
GSM 7-bit in at most three parts, ``to`` is E.164.

How an answer is understood: 401, 403, 404, 405, 407, 429, 502, 503, 504, a redirect, and no answer at all mean that
the route is closed, and nothing is wrong with the text. 408, 425 and any other 5xx mean: this text, later. Any other
4xx is a refusal for good. A 2xx without a status is no answer. Before anything is sent a second time the gateway is
asked.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit

from sqlalchemy.orm import Session

from infra.chassis.http import HttpResponse, call
from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from services.notifications.deliveries import DeliveryOutcome, OutgoingMessage, Send
from services.notifications.domain import delivery as states
from services.notifications.models import Delivery
from services.notifications.phone_numbers import E164

TIMEOUT_S = 10.0  # for a whole call: connecting, asking, and the last byte of the answer
MARGIN = timedelta(seconds=10)
DEVELOPMENT_SENDER = "PORTAL"
STATUS = {
    "accepted": states.SENT,
    "sent": states.SENT,
    "delivered": states.DELIVERED,
    "failed": states.PERMANENT_FAILURE,
}
UNKNOWN = 404
CLOSED = frozenset({401, 403, UNKNOWN, 405, 407, 429, 502, 503, 504})
LATER = frozenset({408, 425})
REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class SmsGateway:
    """Where texts are handed over: base address, token, and the brand name they come from."""

    secure: bool
    host: str
    port: int | None
    path: str
    token: str
    sender: str

    @classmethod
    def of(cls, url: str, token: str = "", sender: str = DEVELOPMENT_SENDER) -> SmsGateway:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingMissing("SMS_URL", str(error)) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise SettingMissing("SMS_URL", "it must be an http(s) address, with a path at most")
        return cls(parts.scheme == "https", parts.hostname, port, parts.path.rstrip("/"), token, sender)

    def address_of(self, effect_id: str) -> str:
        """Where a text is put and asked about."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        authority = host if self.port is None else f"{host}:{self.port}"
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{authority}{self.path}/messages/{quote(effect_id, safe='')}"


class SmsCarrier:
    """Hands texts to the gateway, and asks it what became of one.

    ``renewed``: the gateway by the settings of now; a token that is refused may have been exchanged in its file.
    """

    channel = "sms"
    delays = states.SMS_DELAYS

    def __init__(
        self, gateway: SmsGateway, timeout: float = TIMEOUT_S, renewed: Callable[[], SmsGateway] | None = None
    ) -> None:
        self.gateway, self.timeout, self.renewed = gateway, timeout, renewed
        # Whoever carries asks and sends: two calls. Asking does no harm, so nobody need wait longer.
        self.lease: timedelta | None = timedelta(seconds=2 * timeout) + MARGIN

    def route(self, recipient: str) -> str:
        return self.gateway.host

    def outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage:
        language = delivery.language or "vi"
        return OutgoingMessage(delivery.id, delivery.recipient, "", delivery.subject, delivery.body, language)

    @contextmanager
    def open(self) -> Iterator[Send]:
        yield self._carry

    def ask(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        """What became of it; ``temporary_failure``: it never arrived there; ``down``: nobody answers."""
        try:
            code, answer = self._call("GET", message.effect_id)
        except OSError as error:
            return _unreachable(error)
        if code == UNKNOWN:
            return DeliveryOutcome(states.TEMPORARY_FAILURE, "the gateway never had it")
        if code == 200 and answer.get("status") in STATUS:
            return _outcome_of(answer, code)
        return DeliveryOutcome(states.TEMPORARY_FAILURE, f"asked, and no answer: {_summary(code, answer)}", down=True)

    def _carry(self, message: OutgoingMessage) -> DeliveryOutcome:
        if not E164.fullmatch(message.recipient):
            return DeliveryOutcome(states.PERMANENT_FAILURE, "not a number")
        text = {"to": message.recipient, "from": self.gateway.sender, "text": message.body}
        try:
            code, answer = self._call("PUT", message.effect_id, text)
        except OSError as error:
            return _unreachable(error)
        if code in {200, 201} and answer.get("status") in STATUS:
            return _outcome_of(answer, code)
        if code in CLOSED or code < 400:
            return DeliveryOutcome(states.TEMPORARY_FAILURE, _summary(code, answer), down=True)
        later = code >= 500 or code in LATER
        return DeliveryOutcome(states.TEMPORARY_FAILURE if later else states.PERMANENT_FAILURE, _summary(code, answer))

    def _call(self, method: str, effect_id: str, text: dict[str, str] | None = None) -> tuple[int, Json]:
        until = time.monotonic() + self.timeout
        answer = self._call_once(method, effect_id, text, self.timeout)
        if answer.status in REFUSED and self._has_another_token():
            answer = self._call_once(method, effect_id, text, max(until - time.monotonic(), 0.001))
        return answer.status, _parsed(answer.body)

    def _call_once(self, method: str, effect_id: str, text: dict[str, str] | None, within: float) -> HttpResponse:
        body = None if text is None else json.dumps(text).encode()
        return call(method, self.gateway.address_of(effect_id), body=body, headers=self._headers(body), within=within)

    def _has_another_token(self) -> bool:
        if self.renewed is None:
            return False
        try:
            gateway = self.renewed()
        except SettingMissing:
            return False  # the file is being exchanged at this moment
        before, self.gateway = self.gateway, gateway
        return gateway.token != before.token

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"User-Agent": "public-service-portal", "Accept": "application/json"}
        if self.gateway.token:
            headers["Authorization"] = f"Bearer {self.gateway.token}"
        return headers if body is None else headers | {"Content-Type": "application/json"}


def sms_carrier_of(settings: Settings) -> SmsCarrier | None:
    """By ``SMS_URL``; without it there are no texts. Outside development token and sender are needed too."""
    if settings.get("SMS_URL") is None:
        return None
    timeout = settings.number("SMS_TIMEOUT", TIMEOUT_S)
    return SmsCarrier(_gateway_of(settings), timeout, lambda: _gateway_of(settings))


def _gateway_of(settings: Settings) -> SmsGateway:
    url = settings.require("SMS_URL")
    if settings.development:
        token, sender = settings.get("SMS_TOKEN", ""), settings.get("SMS_SENDER", DEVELOPMENT_SENDER)
    else:
        token, sender = settings.secret("SMS_TOKEN"), settings.require("SMS_SENDER")
    if not re.fullmatch(r"[\x21-\x7e]*", token):
        raise SettingMissing("SMS_TOKEN", "it must be letters, digits and signs without spaces")
    return SmsGateway.of(url, token, sender)


def _outcome_of(answer: Json, code: int) -> DeliveryOutcome:
    return DeliveryOutcome(STATUS[answer["status"]], _summary(code, answer))


def _unreachable(error: Exception) -> DeliveryOutcome:
    return DeliveryOutcome(states.TEMPORARY_FAILURE, f"{type(error).__name__}: {error}", down=True)


def _summary(code: int, answer: Json) -> str:
    """The gateway's answer in short: ``HTTP 201 accepted``."""
    detail = " ".join(str(answer.get(name)) for name in ("status", "detail") if answer.get(name))
    return f"HTTP {code} {detail}".strip()[:500].replace("\0", "")


def _parsed(body: bytes) -> Json:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
