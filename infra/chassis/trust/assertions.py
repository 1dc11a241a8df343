"""A service that calls another says so with its own key, for this one call (an assertion, beside the person's token).

A JWS of the service's key over: recipient and method, digest of the body as sent (all arguments), the call (correlation
id, where the answer goes, the call it is part of), digest of the token that goes along, and when. Whoever reads one on
the wire can do nothing with it: another call, another recipient, other arguments or another person's token do not fit,
the answer goes to whoever asked, and it is taken once and for thirty seconds.

Once, in each process of the recipient: in another one a repeat is the same question, answered to the same caller; what
changes something has a command id. A message that the broker itself delivers again is no repeat.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infra.chassis import clock, logs, metrics
from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import (
    SignatureRefused,
    Signer,
    canonical_json,
    encoded,
    json_object,
    verify_signature,
)
from infra.chassis.trust.statements import CLOCKS_APART
from infra.chassis.wire_types import BrokerMessage

ASSERTION_TYPE = "portal-call+jws"
LIFETIME = 30.0  # seconds; longer than any call between services waits


class AssertionRefused(Refusal):
    """A service's call without an assertion that holds for it. Facts: ``reason``, ``reason_en``."""

    vi = "Lời gọi giữa các dịch vụ không được chấp nhận ({reason})."
    en = "The call between services is not accepted ({reason_en})."
    todo_vi = "Kiểm tra khóa và đồng hồ của dịch vụ gọi; mỗi lời gọi phải được ký mới."
    todo_en = "Check the calling service's key and clock; each call has to be signed anew."


@dataclass(frozen=True)
class Envelope:
    """What of a call's message an assertion is bound to. ``parent``: the call it is part of, if any."""

    body: bytes
    correlation_id: str
    reply_to: str
    parent: str
    redelivered: bool = False

    @classmethod
    def of(cls, message: BrokerMessage) -> Envelope:
        """Of a message that has come, as it came."""
        body, properties = message.body, message.properties
        return cls(
            body if isinstance(body, bytes) else str(body).encode(),
            str(properties.get("correlation_id")),
            str(properties.get("reply_to")),
            parent_call(message.headers),
            bool((message.delivery_info or {}).get("redelivered")),
        )

    def claims(self, service: str, method: str, token: str | None) -> Json:
        """What is signed, but for the time."""
        return {
            "to": f"{service}.{method}",
            "body": _digest(self.body),
            "id": self.correlation_id,
            "reply_to": self.reply_to,
            "parent": self.parent,
            "token": _digest(token.encode("utf-8", "surrogatepass")) if token else None,
        }


def parent_call(headers: Json) -> str:
    """The call that a call is part of, as its headers say."""
    stack = headers.get("nameko.call_id_stack") or [""]
    return str(stack[-1])


def assertion(signer: Signer, envelope: Envelope, service: str, method: str, token: str | None) -> str:
    """What goes along with one call to ``service.method``; ``token``: the person's, if there is one."""
    claims = envelope.claims(service, method, token) | {"iat": int(clock.now().timestamp())}
    return signer.sign(ASSERTION_TYPE, canonical_json(claims))


class Assertions:
    """Checks assertions for the doors of one service, and knows which it has taken."""

    def __init__(self, trusted: KeyList, service: str) -> None:
        self._trusted, self._service = trusted, service
        self._used: set[str] = set()
        self._in_order: deque[tuple[float, str]] = deque()

    def caller_of(self, text: str, envelope: Envelope, method: str, token: str | None) -> str:
        """Which service makes this call; :class:`AssertionRefused` where its assertion is not of this call."""
        try:
            return self._caller_of(text, envelope, method, token)
        except AssertionRefused as refused:
            metrics.assertions_refused.labels(self._service, method).inc()
            logs.get().error("assertion_refused", door=method, why=refused.facts["reason_en"])
            raise

    def _caller_of(self, text: str, envelope: Envelope, method: str, token: str | None) -> str:
        caller, claims = self._verified(text)
        for name, value in envelope.claims(self._service, method, token).items():
            if claims.get(name) != value:
                raise AssertionRefused(
                    reason=f"ký cho lời gọi khác: {name}", reason_en=f"made for another call: {name}"
                )
        self._check_time(claims)
        self._take(envelope)
        return caller

    def _verified(self, text: str) -> tuple[str, Json]:
        callers: list[str] = []

        def key_of(kid: str) -> Ed25519PublicKey | None:
            caller = self._trusted.service_of(kid)
            callers.append(caller or "")
            return self._trusted.of(caller)(kid) if caller else None

        try:
            claims = json_object(verify_signature(text, ASSERTION_TYPE, key_of))
        except SignatureRefused as refused:
            raise AssertionRefused(reason="chữ ký không hợp lệ", reason_en=f"its signature: {refused}") from refused
        return callers[0], claims

    def _check_time(self, claims: Json) -> None:
        signed_at, now = claims.get("iat"), clock.now().timestamp()
        if not isinstance(signed_at, int) or not signed_at - CLOCKS_APART <= now <= signed_at + LIFETIME + CLOCKS_APART:
            raise AssertionRefused(reason="đã quá hạn", reason_en="not valid now")

    def _take(self, envelope: Envelope) -> None:
        now = clock.now().timestamp()
        while self._in_order and self._in_order[0][0] < now:
            self._used.discard(self._in_order.popleft()[1])
        if envelope.correlation_id in self._used:
            if envelope.redelivered:
                return
            raise AssertionRefused(reason="đã dùng rồi", reason_en="used before")
        self._used.add(envelope.correlation_id)
        self._in_order.append((now + LIFETIME + 2 * CLOCKS_APART, envelope.correlation_id))


def _digest(value: bytes) -> str:
    return encoded(hashlib.sha256(value).digest())
