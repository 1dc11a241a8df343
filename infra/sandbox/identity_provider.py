"""A national e-ID provider for demos and tests: signs in whom one clicks on, and misbehaves when asked to.

OpenID Connect as a client of VNeID would meet it: discovery, keys, code flow with PKCE, ID token (RS256), userinfo.
Nobody types a password here: the page lists fictional people, each with a level, and a button to give up.

Levels (``acr``) are ``level-01`` and ``level-02``, after Decree 69/2024/NĐ-CP. The claims of a person are ``sub``,
``name``, ``birthdate``, ``citizen_number``; with scope ``email`` or ``phone`` those contact points, verified.

``POST /faults`` ``{"fault", "times"}`` spoils the next answers of the token endpoint (1 if not stated):

=====================  =======================================================================================
``nonce``              the ID token is of another sign-in
``iss``, ``aud``       it is another provider's, or for another client
``azp``                it is for us and somebody else, who asked
``exp``                it is over
``signature``          it is signed with a key nobody published
``none``               it is not signed at all
``other_person``       it gives the person another citizen number
``no_number``          neither token nor userinfo has a citizen number
``sub``                userinfo speaks of somebody else
``invalid_grant``      the code is refused
``500``, ``hang``      no answer of any use
=====================  =======================================================================================

Run alone: ``python -m infra.sandbox.identity_provider --port 8096 --redirect-uri ADDRESS``; the first line written is
``{"port", "issuer"}``; the secret is ``EID_CLIENT_SECRET``. Within a process: ``serve()``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import secrets
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.front_door.listening import Addressed, Listening
from infra.sandbox.identity_provider_http import EidRequest

CLIENT = "sandbox-portal"
SAMPLE = Path(__file__).parents[2] / "services" / "identity" / "sample_population.jsonl"
LEVELS = ("level-01", "level-02")
CODE_LIFETIME, TOKEN_LIFETIME = 60.0, 300


@dataclass(frozen=True)
class EidHolder:
    """Somebody with an e-ID. ``birth_date``: YYYY-MM-DD; ``level``: one of ``LEVELS``."""

    citizen_number: str
    full_name: str
    birth_date: str
    level: str = LEVELS[1]
    email: str | None = None
    phone: str | None = None

    @property
    def subject(self) -> str:
        return hashlib.sha256(f"sandbox:{self.citizen_number}".encode()).hexdigest()[:32]

    def claims(self, scopes: Iterable[str]) -> Json:
        claims: Json = {"name": self.full_name, "birthdate": self.birth_date, "citizen_number": self.citizen_number}
        if "email" in scopes and self.email:
            claims |= {"email": self.email, "email_verified": True}
        if "phone" in scopes and self.phone:
            claims |= {"phone_number": self.phone, "phone_number_verified": True}
        return claims


@dataclass(frozen=True)
class GrantedCode:
    """What a code stands for: the request it answers, who signed in, and when."""

    request: Mapping[str, str]
    holder: EidHolder
    made_at: float


@dataclass
class EidSandbox(Addressed):
    """The provider. ``in_userinfo``: claims of the person are in userinfo alone, as some providers have it."""

    people: list[EidHolder]
    client_id: str
    client_secret: str
    redirect_uri: str
    in_userinfo: bool = False
    faults: deque[str] = field(default_factory=deque)
    stopping: threading.Event = field(default_factory=threading.Event)
    _own_key: RSAKey | None = None
    _codes: dict[str, GrantedCode] = field(default_factory=dict)
    _tokens: dict[str, tuple[EidHolder, list[str], str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> EidSandbox:
        self.stopping.clear()
        self.listening = Listening(EidRequest, port=port, host=host, eid=self)
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self.listening:
            self.listening.stop()

    def misbehave(self, fault: str, times: int = 1) -> None:
        self.faults.extend([fault] * times)

    @property
    def key(self) -> RSAKey:
        """Made when it is first needed: that takes a moment."""
        with self._lock:
            if self._own_key is None:
                self._own_key = RSAKey.generate_key(2048, {"use": "sig"})
            return self._own_key

    def metadata(self) -> Json:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": list(LEVELS),
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> Json:
        return {"keys": [{**self.key.as_dict(private=False), "kid": self.key.thumbprint(), "alg": "RS256"}]}

    def problem_of(self, request: Mapping[str, str]) -> str | None:
        """Why nobody may be sent back, if so."""
        if request.get("client_id") != self.client_id:
            return "client_id"
        if request.get("redirect_uri") != self.redirect_uri:
            return "redirect_uri"
        wrong = request.get("response_type") != "code" or request.get("code_challenge_method") != "S256"
        return "response_type, code_challenge_method" if wrong or not request.get("code_challenge") else None

    def chosen(self, request: Mapping[str, str], citizen_number: str | None) -> str:
        """Where the browser goes when somebody was clicked on; nobody: they gave up."""
        holder = next((person for person in self.people if person.citizen_number == citizen_number), None)
        answer = {"error": "access_denied"}
        if holder is not None:
            code = secrets.token_urlsafe(24)
            with self._lock:
                self._codes[code] = GrantedCode(dict(request), holder, time.monotonic())
            answer = {"code": code}
        fields = {**answer, "state": request.get("state", ""), "iss": self.url}
        return f"{self.redirect_uri}?{urlencode(fields)}"

    def exchange(self, credentials: str, form: Mapping[str, str]) -> tuple[int, Json]:
        """Status and answer of the token endpoint."""
        if credentials != f"{self.client_id}:{self.client_secret}":
            return 401, {"error": "invalid_client"}
        with self._lock:
            fault = self.faults.popleft() if self.faults else ""
            granted = self._codes.pop(form.get("code", ""), None)
        if fault == "500":
            return 500, {"error": "server_error"}
        fresh = granted is not None and time.monotonic() - granted.made_at < CODE_LIFETIME
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            granted is None
            or not fresh
            or fault == "invalid_grant"
            or form.get("redirect_uri") != self.redirect_uri
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != granted.request.get("code_challenge")
        ):
            return 400, {"error": "invalid_grant"}
        access_token, scopes = secrets.token_urlsafe(24), granted.request.get("scope", "").split()
        with self._lock:
            self._tokens[access_token] = granted.holder, scopes, fault
        id_token = self._id_token(granted, scopes, fault)
        return 200, {
            "access_token": access_token,
            "token_type": "Bearer",
            "id_token": id_token,
            "hang": fault == "hang",
        }

    def userinfo(self, authorization: str) -> tuple[int, Json]:
        token = self._tokens.get(authorization.removeprefix("Bearer "))
        if token is None:
            return 401, {"error": "invalid_token"}
        holder, scopes, fault = token
        claims = {"sub": "somebody-else" if fault == "sub" else holder.subject, **holder.claims(scopes)}
        if fault == "no_number":
            del claims["citizen_number"]
        return 200, claims

    def _id_token(self, granted: GrantedCode, scopes: list[str], fault: str) -> str:
        now = int(time.time())
        claims: Json = {
            "iss": self.url, "sub": granted.holder.subject, "aud": self.client_id, "iat": now,
            "exp": now + TOKEN_LIFETIME, "auth_time": now, "nonce": granted.request.get("nonce"),
            "acr": granted.holder.level, **({} if self.in_userinfo else granted.holder.claims(scopes)),
        }  # fmt: skip
        spoilt: dict[str, Json] = {
            "nonce": {"nonce": "of-another-sign-in"},
            "iss": {"iss": "https://another.example"},
            "aud": {"aud": "another-client"},
            "azp": {"aud": [self.client_id, "another-client"], "azp": "another-client"},
            "exp": {"iat": now - 7200, "exp": now - 3600},
            "other_person": {"citizen_number": self.people[-1].citizen_number},
        }
        claims |= spoilt.get(fault, {})
        if fault == "no_number":
            claims.pop("citizen_number", None)
        if fault == "none":
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
                + "."
            )
        key = RSAKey.generate_key(2048) if fault == "signature" else self.key
        header = {"alg": "RS256", "kid": self.key.thumbprint()}
        return jwt.encode(header, claims, key, algorithms=["RS256"])


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def serve(
    people: list[EidHolder], *, client_secret: str, redirect_uri: str, client_id: str = CLIENT, port: int = 0,
    host: str = "127.0.0.1",
) -> EidSandbox:  # fmt: skip
    """A provider of this process, listening until ``stop()``."""
    return EidSandbox(people, client_id, client_secret, redirect_uri).start(port, host)


def sample_holders() -> list[EidHolder]:
    """The fictional people of the sample register, all of level 02."""
    people = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [EidHolder(person["citizen_number"], person["full_name"], person["birth_date"]) for person in people]


def main(arguments: list[str] | None = None) -> int:
    """Run alone until TERM; the first line written is ``{"port", "issuer"}``."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.identity_provider", description="A national e-ID provider that asks for nothing."
    )
    parser.add_argument("--port", type=int, default=8096)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--redirect-uri", required=True)
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    secret = Settings.from_environment().secret("EID_CLIENT_SECRET")
    provider = serve(
        sample_holders(), client_secret=secret, redirect_uri=options.redirect_uri, port=options.port, host=options.host
    )
    sys.stdout.write(json.dumps({"port": provider.port, "issuer": provider.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    provider.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
