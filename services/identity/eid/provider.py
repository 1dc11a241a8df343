"""The national e-ID provider as its client sees it: discovery, the way there, and what the answer proves.

Code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207; best practice: RFC 9700). VNeID stands
behind such an interface (Decree 69/2024/NĐ-CP on electronic identification: accounts of level 01 and 02); which claim
carries the citizen number and which ``acr`` values mean what is a setting.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry, extract_compact

from infra.chassis import clock, http, logs
from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from services.identity.eid_errors import EidNotOffered, EidProviderUnavailable, EidSignInRefused

SETTING = "EID_ISSUER"
ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
LEEWAY = 60  # seconds two machines' clocks may differ
WITHIN = 5.0  # seconds for one answer of the provider
KNOWN_FOR = 3600.0  # seconds a discovery document or a set of keys is used without asking again
ASKED_AGAIN_AFTER = 30.0  # seconds before an unknown key id makes us ask again
LONGEST_SUBJECT = 255
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class EidClient:
    """This installation at the provider. ``acr_values``: levels that are asked for and accepted; none: any."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str = "openid profile"
    acr_values: tuple[str, ...] = ()
    number_claim: str = "citizen_number"
    plain_http: bool = False

    @classmethod
    def from_settings(cls, settings: Settings) -> EidClient | None:
        """Nothing where ``EID_ISSUER`` is not set."""
        issuer = settings.get(SETTING)
        if issuer is None:
            return None
        plain = settings.development
        return cls(
            issuer=_address(SETTING, issuer, plain=plain),
            client_id=settings.require("EID_CLIENT_ID"),
            client_secret=settings.secret("EID_CLIENT_SECRET"),
            redirect_uri=_address("EID_REDIRECT_URI", settings.require("EID_REDIRECT_URI"), plain=plain),
            scope=settings.get("EID_SCOPE", cls.scope),
            acr_values=tuple(settings.get("EID_ACR_VALUES", "").split()),
            number_claim=settings.get("EID_CITIZEN_NUMBER_CLAIM", cls.number_claim),
            plain_http=plain,
        )


@dataclass(frozen=True)
class EidPerson:
    """Whom the provider speaks of. ``subject`` is its own name for them; ``level`` its ``acr``, if it says one."""

    subject: str
    citizen_number: str
    full_name: str | None
    birth_date: date | None
    level: str | None
    email: str | None
    phone: str | None


class EidProvider:
    """Asks the provider; what it publishes is known for an hour."""

    def __init__(self, client: EidClient | None) -> None:
        self._client = client
        self._metadata: Json = {}
        self._keys = KeySet([])
        self._metadata_at = self._keys_at = float("-inf")

    @property
    def client(self) -> EidClient:
        if self._client is None:
            raise EidNotOffered()
        return self._client

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes."""
        client = self.client
        fields = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": client.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
            **({"acr_values": " ".join(client.acr_values)} if client.acr_values else {}),
        }
        endpoint = str(self._published()["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(fields)}"

    def check_answered_by(self, issuer: str | None) -> None:
        """Refuse an answer that comes from another provider than the one asked (mix-up; RFC 9207)."""
        promised = self._published().get("authorization_response_iss_parameter_supported") is True
        if (promised or issuer is not None) and issuer != self.client.issuer:
            raise EidSignInRefused(error="iss")

    def person(self, code: str, nonce: str, verifier: str) -> EidPerson:
        """Whom a code stands for. ``EidSignInRefused``, ``EidProviderUnavailable``."""
        answer = self._exchanged(code, verifier)
        claims = self._verified(str(answer.get("id_token") or ""), nonce)
        name = self.client.number_claim
        if name not in claims and "userinfo_endpoint" in self._published():
            claims = {**self._userinfo(str(answer.get("access_token") or ""), claims["sub"]), **claims}
        number = claims.get(name)
        if not isinstance(number, str) or not number:
            raise EidSignInRefused(error=name)
        return EidPerson(
            subject=claims["sub"],
            citizen_number=number,
            full_name=_text(claims.get("name")),
            birth_date=_day(claims.get("birthdate")),
            level=_text(claims.get("acr")),
            email=_text(claims.get("email")) if claims.get("email_verified") is True else None,
            phone=_text(claims.get("phone_number")) if claims.get("phone_number_verified") is True else None,
        )

    def _published(self) -> Json:
        if time.monotonic() - self._metadata_at > KNOWN_FOR:
            metadata = self._document(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != self.client.issuer:
                raise _odd("another issuer's discovery document")
            for name in (*ENDPOINTS, *(["userinfo_endpoint"] if "userinfo_endpoint" in metadata else [])):
                address = urlsplit(str(metadata.get(name) or ""))
                if address.scheme not in (("https", "http") if self.client.plain_http else ("https",)):
                    raise _odd(f"a discovery document without a usable {name}")
            self._metadata, self._metadata_at = metadata, time.monotonic()
        return self._metadata

    def _exchanged(self, code: str, verifier: str) -> Json:
        client, metadata = self.client, self._published()
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri,
            "code_verifier": verifier,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": client.client_id, "client_secret": client.client_secret}
        answer = _called("POST", str(metadata["token_endpoint"]), headers, urlencode(fields).encode())
        if answer.status == 400 or answer.status == 401:
            error = str(_json(answer.body).get("error") or "")
            if error in ("invalid_client", "unauthorized_client", ""):
                raise _odd(f"the token endpoint refuses this client ({error or answer.status})")
            raise EidSignInRefused(error=error[:60])
        return _of_success(answer)

    def _verified(self, token: str, nonce: str) -> Json:
        """The claims of an ID token that is the provider's, for us, of now and of this very sign-in (Core, 3.1.3.7)."""
        client = self.client
        checks = jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": client.issuer},
            aud={"essential": True, "value": client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            keys = self._keys_for(_key_id(token))
            registry = JWSRegistry(algorithms=ALGORITHMS)
            claims = dict(jwt.decode(token, keys, algorithms=ALGORITHMS, registry=registry).claims)
            checks.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise EidSignInRefused(error=_claim_of(error)) from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != client.client_id:
            raise EidSignInRefused(error="azp")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise EidSignInRefused(error="sub")
        if client.acr_values and claims.get("acr") not in client.acr_values:
            raise EidSignInRefused(error="acr")
        return claims

    def _keys_for(self, key_id: str | None) -> KeySet:
        age = time.monotonic() - self._keys_at
        unknown = not any(key_id is None or key.kid == key_id for key in self._keys.keys)
        if age > KNOWN_FOR or (unknown and age > ASKED_AGAIN_AFTER):
            try:
                self._keys = KeySet.import_key_set(self._document(str(self._published()["jwks_uri"])))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise _odd(f"keys that cannot be read ({type(error).__name__})") from error
            self._keys_at = time.monotonic()
        return self._keys

    def _userinfo(self, access_token: str, subject: str) -> Json:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        claims = _of_success(_called("GET", str(self._published()["userinfo_endpoint"]), headers))
        if claims.get("sub") != subject:  # Core, 5.3.2: else a token of somebody else's may have been put in its place
            raise EidSignInRefused(error="sub")
        return claims

    def _document(self, url: str) -> Json:
        return _of_success(_called("GET", url, {"Accept": "application/json"}))


def _called(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> http.HttpResponse:
    try:
        return http.call(method, url, body=body, headers=headers, within=WITHIN)
    except http.NoAnswer as error:
        logs.get().warning("eid_provider_unreachable", address=urlsplit(url).netloc, error=str(error)[:200])
        raise EidProviderUnavailable() from error


def _of_success(answer: http.HttpResponse) -> Json:
    if answer.status != 200:
        raise _odd(f"status {answer.status}")
    return _json(answer.body)


def _json(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _odd("an answer that is no JSON object")
    return value


def _odd(what: str) -> EidProviderUnavailable:
    logs.get().error("eid_provider_odd", why=what)
    return EidProviderUnavailable()


def _key_id(token: str) -> str | None:
    key_id = extract_compact(token.encode()).headers().get("kid")
    return key_id if isinstance(key_id, str) else None


def _claim_of(error: Exception) -> str:
    """What did not hold: the claim where one is to blame, else the kind of fault."""
    claim = getattr(error, "claim", None)
    return str(claim or getattr(error, "error", None) or "id_token")[:60]


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:  # a year alone is allowed there (Core, 5.1), and says too little to compare
        return None


def _address(setting: str, url: str, *, plain: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingMissing(setting, f"{url} is no address such as https://eid.example")
    if parts.scheme == "http" and not plain:
        raise SettingMissing(setting, f"{url} is not https")
    return url
