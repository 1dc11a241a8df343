"""Single sign-on over an identity in memory: a client, a browser, and the way from a request to tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from cryptography.fernet import Fernet

from infra.chassis.access.actors import Actor
from infra.chassis.storage.commands import Command
from services.identity.openid.authorizations import AuthorizationDesk
from services.identity.openid.consents import Consents
from services.identity.openid.id_token_keys import IdTokenKeys
from services.identity.openid.issuer import Issuer
from services.identity.openid.relying_parties import RelyingParties
from services.identity.openid.request_rules import challenge_of
from services.identity.openid.signing_out import SignOutDesk
from services.identity.openid.token_desk import TokenDesk
from tests.component.identity.conftest import OPERATOR, PASSWORD, Identity

ISSUER = "https://portal.example"
BACK = "https://mau.example/sign-in/return"
HOME = "https://mau.example/"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
BINDING = "binding-of-the-first-browser"
ALL = ["openid", "profile", "email", "phone", "citizen_number", "offline_access"]
SEALER = Fernet(Fernet.generate_key())


def command(name: str = "identity.test") -> Command:
    return Command.of(str(uuid4()), name, "somebody", {})


def answer(step: dict[str, Any]) -> dict[str, str]:
    """What stands in the address that a browser is sent to."""
    assert step["step"] == "redirect", step
    return {name: values[0] for name, values in parse_qs(urlsplit(step["location"]).query).items()}


class SignOn:
    """The desks, one approved confidential client, and its owner's browser."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        database, self.issuer = identity.database, Issuer(ISSUER, b"a secret of the test")
        self.clients = RelyingParties(database)
        self.desk = AuthorizationDesk(database, self.issuer, identity.sessions)
        self.id_token_keys = IdTokenKeys(database, SEALER)
        self.tokens = TokenDesk(database, self.issuer, self.id_token_keys, identity.mint)
        self.leaving = SignOutDesk(database, self.issuer, self.id_token_keys)
        self.consents = Consents(database)
        self.client_id = self.registered()["client_id"]
        self.secret = self.clients.renew_openid_client_secret(self.client_id, by=OPERATOR)["client_secret"]
        self.browser: str | None = None

    def registered(self, by: Actor = OPERATOR, **other: Any) -> dict[str, Any]:
        facts = {"redirect_uris": [BACK], "scopes": ALL, "post_logout_redirect_uris": [HOME], **other}
        return self.clients.register_openid_client("Cổng Mẫu", by=by, command=command(), **facts)

    def parameters(self, **other: str | None) -> dict[str, str]:
        fields: dict[str, str | None] = {
            "client_id": self.client_id, "redirect_uri": BACK, "response_type": "code", "scope": "openid profile",
            "state": "af0ifjsldkj", "nonce": "n-0S6", "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in {**fields, **other}.items() if value is not None}

    def begin(self, **other: str | None) -> dict[str, Any]:
        return self.desk.begin_authorization(self.parameters(**other), BINDING, self.browser)

    def sign_in(self, step: dict[str, Any], person: int = 0, **other: Any) -> dict[str, Any]:
        username = self.identity.claimed(person).citizen_number
        arguments = {"browser": self.browser, **other}
        signed_in = self.desk.sign_in_to_authorize(step["authorization_id"], BINDING, username, PASSWORD, **arguments)
        self.browser = signed_in["browser"]
        return signed_in

    def allow(self, step: dict[str, Any], scopes: list[str] | None = None) -> dict[str, Any]:
        return self.desk.decide_authorization(step["authorization_id"], BINDING, True, scopes, self.browser)

    def code(self, person: int = 0, **other: str | None) -> str:
        """A code, with whatever steps it takes."""
        step = self.begin(**other)
        if step["step"] == "sign_in":
            step = self.sign_in(step, person)
        if step["step"] == "consent":
            step = self.allow(step)
        return answer(step)["code"]

    def exchange(self, code: str, **other: Any) -> dict[str, Any]:
        credentials = {"client_id": self.client_id, "client_secret": self.secret}
        facts = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **credentials, **other}
        return self.tokens.openid_token("authorization_code", **facts)

    def refresh(self, token: str, **other: Any) -> dict[str, Any]:
        credentials = {"client_id": self.client_id, "client_secret": self.secret}
        return self.tokens.openid_token("refresh_token", **{"refresh_token": token, **credentials, **other})

    def actor(self, person: int = 0) -> Actor:
        claims = self.identity.claims(self.identity.signed_in(person)["access_token"])
        return Actor.of_claims(claims)
