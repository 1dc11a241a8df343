"""Identity as far as a service needs it to check tokens, for tests that run one service alone."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey
from nameko.extensions import DependencyProvider
from nameko.rpc import rpc

from infra.chassis.access.access_endings import ENDINGS_TYPE
from infra.chassis.access.access_tokens import AUDIENCES, ISSUER, JWKS_TYPE
from infra.chassis.settings import Settings
from infra.chassis.trust.installation import signer
from infra.chassis.trust.signatures import Signer
from infra.chassis.trust.statements import signed_answer

KEY = OKPKey.generate_key("Ed25519", {"kid": "test", "use": "sig", "alg": "Ed25519"})


def token(account_id: str, *roles: str, at: str | None = None, key: OKPKey = KEY, **claims: Any) -> str:
    """A token as identity would make one; ``at``: the agency where the roles are held."""
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": sorted(set(AUDIENCES.values())), "sub": account_id, "iat": now, "exp": now + 600}
    payload |= {"roles": [] if at else list(roles), "agencies": {at: list(roles)} if at else {}, **claims}
    return str(jwt.encode({"alg": "Ed25519", "kid": key.kid, "typ": "at+jwt"}, payload, key, algorithms=["Ed25519"]))


class SignedAnswers:
    """What identity signs with its service key; with another one, what somebody else would answer in its place."""

    def __init__(self, signs: Signer, key: OKPKey = KEY) -> None:
        self.signs, self.key = signs, key
        self.ended: list[dict[str, Any]] = []

    def jwks(self) -> dict[str, Any]:
        return signed_answer(self.signs, JWKS_TYPE, {"keys": [self.key.as_dict(private=False)]}, 600)

    def access_endings(self, nonce: str, after: int = 0) -> dict[str, Any]:
        answer = {"version": len(self.ended), "ended": self.ended, "keys": [self.key.kid], "nonce": nonce}
        return signed_answer(self.signs, ENDINGS_TYPE, answer, 30)


class AnswersOfSettings(DependencyProvider):
    """The answers, signed with the key that development made for identity."""

    def get_dependency(self, worker_ctx: Any) -> SignedAnswers:
        settings: Settings = self.container.config["settings"]
        return SignedAnswers(signer(settings, "identity"))


class IdentityAnswers:
    """Mixed into a stand-in: the two doors that every check of a token asks."""

    answers: Any = AnswersOfSettings()

    @rpc
    def jwks(self) -> dict[str, Any]:
        return dict(self.answers.jwks())

    @rpc
    def access_endings(self, nonce: str, after: int = 0) -> dict[str, Any]:
        return dict(self.answers.access_endings(nonce, after))
