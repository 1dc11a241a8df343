"""Access tokens as every service checks them: identity's signature, one audience per group of services, a capped life.

Identity's keys come from ``identity.jwks``, and hold only if identity's service key signed the answer: that key is in
the list that the installation's root signed (:mod:`infra.chassis.trust`). Whoever else answers makes nothing valid.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from eventlet.semaphore import Semaphore
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry, extract_compact

from infra.chassis import clock, logs, metrics
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.refusals import ServiceUnavailable, Unauthenticated
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import SignatureRefused
from infra.chassis.trust.statements import verified_answer

ISSUER = "portal-identity"
AUDIENCES = {
    "identity": "portal/accounts",
    "catalog": "portal/catalogue",
    "applications": "portal/cases",
    "payments": "portal/cases",
    "notifications": "portal/messages",
    "interchange": "portal/interchange",
    "oversight": "portal/oversight",
}
ALGORITHMS = ["Ed25519", "EdDSA"]
LEEWAY = 10  # seconds two machines' clocks may differ
LONGEST_LIFE = 900  # seconds a token holds at most, whatever it says itself
JWKS_TYPE = "portal-jwks+jws"
REFRESH_AT_MOST_EVERY = 5.0  # seconds between fetches caused by an unknown key id
REFRESH_AFTER = 600.0  # seconds after which the keys are asked for again
MOST_REMEMBERED = 10_000  # verified tokens of one process


def token_audience(service: str) -> str:
    """What a token must name to open the doors of ``service``."""
    return AUDIENCES.get(service, f"portal/{service}")


class Keys:
    """Identity's public keys, fetched when a token names one not known yet, and again when they have grown old."""

    def __init__(self, fetch: Callable[[], Json], trusted: KeyList) -> None:
        self._fetch, self._trusted = fetch, trusted
        self._set = KeySet([])
        self._fetched_at = self._tried_at = float("-inf")
        self._expires_at = float("-inf")
        self._one_at_a_time = Semaphore(1)

    def for_token(self, token: str) -> KeySet:
        key_id = _key_id(token)
        if not self.has(key_id) or time.monotonic() - self._fetched_at > REFRESH_AFTER:
            with self._one_at_a_time:
                unknown, age = not self.has(key_id), time.monotonic() - self._fetched_at
                if age > REFRESH_AFTER or (unknown and age > REFRESH_AT_MOST_EVERY):
                    self._refresh(needed=unknown)
        return self._set

    def has(self, key_id: str) -> bool:
        """Whether identity publishes the key, as far as is known and still holds."""
        return clock.now().timestamp() <= self._expires_at and any(key.kid == key_id for key in self._set.keys)

    def _refresh(self, *, needed: bool) -> None:
        if not needed and time.monotonic() - self._tried_at < REFRESH_AT_MOST_EVERY:
            return
        self._tried_at = time.monotonic()
        try:
            answer = verified_answer(self._trusted, "identity", JWKS_TYPE, self._fetch())
            self._set = KeySet.import_key_set({"keys": answer["keys"]})
        except SignatureRefused as refused:
            count_forged("jwks", refused)
            if needed:
                raise ServiceUnavailable(service="identity") from None
        except ServiceUnavailable:
            if needed:
                raise
        else:
            self._expires_at, self._fetched_at = float(answer["expires_at"]), time.monotonic()


def count_forged(method: str, refused: SignatureRefused) -> None:
    """Somebody answered in identity's place: for whoever watches."""
    metrics.forged_answers.labels("identity", method).inc()
    logs.get().error("answer_refused", neighbour="identity", method=method, why=str(refused))


def _key_id(token: str) -> str:
    try:
        return str(extract_compact(token.encode()).headers().get("kid"))
    except (JoseError, ValueError, UnicodeError) as error:
        raise Unauthenticated(reason="token không đọc được", reason_en="unreadable token") from error


def claims_of(token: str, keys: KeySet, audience: str) -> Json:
    """The verified claims of a token; ``Unauthenticated`` with the reason otherwise."""
    registry = JWSRegistry(algorithms=ALGORITHMS)
    checks = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS, registry=registry)
        if decoded.header.get("typ") != "at+jwt":
            raise Unauthenticated(reason="không phải access token", reason_en="not an access token")
        checks.validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise Unauthenticated(reason=getattr(error, "error", None) or type(error).__name__) from error
    claims = dict(decoded.claims)
    if clock.now().timestamp() - claims["iat"] > LONGEST_LIFE + LEEWAY:
        raise Unauthenticated(reason="token quá cũ", reason_en="the token is too old")
    return claims


@dataclass(frozen=True)
class VerifiedToken:
    """What a verified token says, and until when it holds."""

    actor: Actor
    key_id: str
    ends_at: float
    session_version: int

    @classmethod
    def of(cls, claims: Json, key_id: str) -> VerifiedToken:
        ends_at = min(claims["exp"], claims["iat"] + LONGEST_LIFE) + LEEWAY
        return cls(Actor.of_claims(claims), key_id, ends_at, int(claims.get("session_version") or 0))


class Tokens:
    """Verifies tokens for the doors of one service, and remembers those it has verified, by their digest."""

    def __init__(self, keys: Keys, audience: str) -> None:
        self._keys, self._audience = keys, audience
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    def verified(self, token: str) -> VerifiedToken:
        """What the token says; ``Unauthenticated`` if it does not hold (any more)."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        verified = self._verified.get(digest)
        if verified is not None and self._keys.has(verified.key_id) and clock.now().timestamp() <= verified.ends_at:
            return verified
        self._verified.pop(digest, None)
        claims = claims_of(token, self._keys.for_token(token), self._audience)
        try:
            verified = VerifiedToken.of(claims, _key_id(token))
        except (TypeError, ValueError, AttributeError) as error:
            raise Unauthenticated(reason="nội dung token không hợp lệ", reason_en="unreadable claims") from error
        self._verified[digest] = verified
        while len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return verified
