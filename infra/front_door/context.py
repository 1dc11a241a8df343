"""What of a request's headers goes on to the platform: checked, so that nothing reaches the broker as it came."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from infra.chassis.json_types import Json
from infra.chassis.refusals import DEFAULT_LANGUAGE, Unauthenticated
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import MalformedRequest

BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_.~+/-]{1,8000}=*)", re.ASCII)
TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
SECONDS = re.compile(r"\d{1,4}(\.\d{1,3})?", re.ASCII)
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
WITHIN = 15.0  # seconds a call may take, unless its route says otherwise


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, in which language, as part of which trace, and how long they wait."""

    call_id: str
    language: str
    token: str | None
    traceparent: str
    within: float

    def headers(self) -> Json:
        """Nameko's context headers; the deadline is added when a call is sent."""
        headers: Json = {
            "nameko.call_id_stack": [f"front_door.{self.call_id}"],
            "nameko.language": self.language,
            "nameko.traceparent": self.traceparent,
        }
        if self.token:
            headers["nameko.auth_token"] = self.token
        return headers


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name; of a name that comes twice all values, joined as RFC 9110 says."""
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        headers[name] = f"{headers[name]}, {value.decode('latin-1')}" if name in headers else value.decode("latin-1")
    return headers


def context_of(headers: dict[str, str], call_id: str, *, within: float = WITHIN) -> Context:
    """Refuses a token that is none; whatever else does not fit is as if it had not been sent."""
    language = language_of(headers.get("accept-language", ""))
    return Context(
        call_id=call_id,
        language=language,
        token=token_of(headers.get("authorization"), language),
        traceparent=trace_of(headers.get("traceparent", "")),
        within=min(within, _seconds(headers.get("portal-timeout"))),
    )


def new_call_id() -> str:
    return str(uuid.uuid4())


def token_of(authorization: str | None, language: str) -> str | None:
    if authorization is None:
        return None
    if match := BEARER.fullmatch(authorization.strip()):
        return match[1]
    refused = Unauthenticated(reason="Authorization không phải «Bearer …»", reason_en="Authorization is no 'Bearer …'")
    raise PlatformRefusal(refused.name, refused.text(language), refused.facts)


def trace_of(traceparent: str) -> str:
    """The caller's trace continued, or a new one."""
    if TRACE.fullmatch(traceparent):
        return traceparent
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def idempotency_key(request: Request) -> str | None:
    """The header's UUID; bare, or in quotation marks as the draft has it."""
    key = request.headers.get("idempotency-key", "").strip().strip('"')
    if key and not UUID.fullmatch(key):
        raise MalformedRequest(reason="Idempotency-Key không phải UUID", reason_en="Idempotency-Key is no UUID")
    return key or None


def language_of(accepted: str) -> str:
    """``vi`` or ``en`` by Accept-Language (RFC 9110, 12.5.4); ``vi`` where neither is asked for."""
    best, weight = DEFAULT_LANGUAGE, 0.0
    for language, quality in _weighed(accepted[:500].split(",")):
        if language in ("vi", "en") and quality > weight:
            best, weight = language, quality
    return best


def _weighed(parts: Iterable[str]) -> Iterable[tuple[str, float]]:
    for part in parts:
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        yield tag.strip().lower().partition("-")[0], quality


def _seconds(text: str | None) -> float:
    if text is None:
        return WITHIN * 100
    if not SECONDS.fullmatch(text) or float(text) <= 0:
        reason = "Portal-Timeout là số giây"
        raise MalformedRequest(reason=reason, reason_en="Portal-Timeout is a number of seconds")
    return float(text)
