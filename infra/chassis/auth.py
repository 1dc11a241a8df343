"""Who is calling: an Ed25519-signed token from identity, verified here against identity's published keys.

No service but identity can mint one. The algorithm is fixed (RFC 8725), header hints such as ``jku`` are ignored.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from eventlet.semaphore import Semaphore
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from nameko.extensions import DependencyProvider

from infra.chassis.actors import ANONYMOUS, Actor
from infra.chassis.clients import RpcClient
from infra.chassis.commands import Command
from infra.chassis.dependencies import settings_of
from infra.chassis.messaging.wire import Replies
from infra.chassis.refusals import Unauthenticated, supported_language

ISSUER = "portal-identity"
AUDIENCE = "portal"
ALGORITHMS = ["Ed25519", "EdDSA"]
LEEWAY = 10  # seconds two machines' clocks may differ
REFRESH_AT_MOST_EVERY = 5.0  # seconds between fetches caused by an unknown key id


class Keys:
    """Identity's public keys, fetched when a token names one not known yet."""

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._set = KeySet([])
        self._fetched_at = 0.0
        self._one_at_a_time = Semaphore(1)

    def for_token(self, token: str) -> KeySet:
        key_id = _key_id(token)
        if not self._has(key_id):
            with self._one_at_a_time:
                if not self._has(key_id) and time.monotonic() - self._fetched_at > REFRESH_AT_MOST_EVERY:
                    self._set = KeySet.import_key_set(cast(Any, self._fetch()))
                    self._fetched_at = time.monotonic()
        return self._set

    def _has(self, key_id: str | None) -> bool:
        return any(key.kid == key_id for key in self._set.keys)


def _key_id(token: str) -> str | None:
    from joserfc.jws import extract_compact

    try:
        return str(extract_compact(token.encode()).headers().get("kid"))
    except (JoseError, ValueError, UnicodeError) as error:
        raise Unauthenticated(reason="token không đọc được", reason_en="unreadable token") from error


def claims_of(token: str, keys: KeySet) -> dict[str, Any]:
    """The verified claims of a token; ``Unauthenticated`` with the reason otherwise."""
    registry = JWSRegistry(algorithms=ALGORITHMS)
    checks = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS, registry=registry)
        if decoded.header.get("typ") != "at+jwt":
            raise Unauthenticated(reason="không phải access token", reason_en="not an access token")
        checks.validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise Unauthenticated(reason=getattr(error, "error", None) or type(error).__name__) from error
    return dict(decoded.claims)


class Call:
    """One call as its door sees it. Nothing is verified until somebody asks, and nothing raises before that."""

    def __init__(self, worker_ctx: Any, keys: Keys) -> None:
        self._context, self._keys = worker_ctx, keys
        self._actor: Actor | None = None
        self.command: Command | None = None

    @property
    def token(self) -> str | None:
        return self._context.data.get("auth_token") or None

    @property
    def language(self) -> str:
        return supported_language(self._context.data.get("language"))

    @property
    def call_id(self) -> str:
        return str(self._context.call_id)

    @property
    def deadline(self) -> float | None:
        """Epoch seconds after which nobody waits for the answer."""
        try:
            return float(self._context.data["deadline"])
        except (KeyError, ValueError):
            return None

    def authenticate(self) -> Actor:
        """The verified caller; ``Unauthenticated`` when there is no good token."""
        if self._actor is None or self._actor.anonymous:
            if not self.token:
                raise Unauthenticated(reason="không có token", reason_en="no token")
            claims = claims_of(self.token, self._keys.for_token(self.token))
            try:
                self._actor = Actor.of_claims(claims)
            except (TypeError, ValueError, AttributeError) as error:
                raise Unauthenticated(reason="nội dung token không hợp lệ", reason_en="unreadable claims") from error
        return self._actor

    @property
    def actor(self) -> Actor:
        """The caller; anonymous where a public door is called without a good token."""
        if self._actor is None:
            try:
                self._actor = self.authenticate() if self.token else ANONYMOUS
            except Unauthenticated:
                self._actor = ANONYMOUS
        return self._actor


class Caller(DependencyProvider):
    """Injects the :class:`Call`. ``jwks_of(settings)`` is given by identity alone, which need not ask itself."""

    replies = Replies()

    def __init__(self, jwks_of: Callable[[Any], dict[str, Any]] | None = None) -> None:
        self.jwks_of = jwks_of

    def setup(self) -> None:
        if self.jwks_of is not None:
            own, settings = self.jwks_of, settings_of(self.container)
            self.keys = Keys(lambda: own(settings))
        else:
            asking = RpcClient(self.container, self.replies)
            self.keys = Keys(lambda: dict(asking.call("identity", "jwks", {}, {}, 3.0)))

    def get_dependency(self, worker_ctx: Any) -> Call:
        return Call(worker_ctx, self.keys)
