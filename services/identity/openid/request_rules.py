"""What an authorization request must be: code with PKCE S256, one response mode, scopes the client may ask for.

Pure. RFC 6749, 7636, 9700; OpenID Connect Core 1.0, 3.1.2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.identity.openid.scopes import SCOPES

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
PRINTABLE = re.compile(r"[\x20-\x7e]{1,1000}", re.ASCII)
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
NOT_SUPPORTED = {"request": "request_not_supported", "request_uri": "request_uri_not_supported",
                 "registration": "registration_not_supported"}  # fmt: skip


class RequestError(Exception):
    """A code of the standards that goes back to the client."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error, self.description = error, description


@dataclass(frozen=True)
class RequestFacts:
    """A request that may be answered."""

    scopes: list[str]
    state: str | None
    nonce: str | None
    code_challenge: str
    prompts: list[str] = field(default_factory=list)
    max_age: int | None = None


def checked_request(parameters: Mapping[str, str], client_scopes: Collection[str]) -> RequestFacts:
    """The request of these parameters, or :class:`RequestError`. Parameters that mean nothing here are ignored."""
    for name, error in NOT_SUPPORTED.items():
        if name in parameters:
            raise RequestError(error)
    if parameters.get("response_type") != "code":
        raise RequestError("unsupported_response_type", "response_type=code is supported")
    if parameters.get("response_mode", "query") != "query":
        raise RequestError("invalid_request", "response_mode=query is supported")
    return RequestFacts(
        _scopes(parameters.get("scope", ""), client_scopes),
        echoed_state(parameters),
        _printable(parameters, "nonce"),
        _challenge(parameters),
        _prompts(parameters.get("prompt", "")),
        _max_age(parameters.get("max_age")),
    )


def echoed_state(parameters: Mapping[str, str]) -> str | None:
    """``state`` as it goes back; a client's own secret, in signs that an address can hold."""
    return _printable(parameters, "state")


def verifier_fits(verifier: str, challenge: str) -> bool:
    """PKCE, S256 alone (RFC 7636, 4.6)."""
    if not VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _scopes(text: str, allowed: Collection[str]) -> list[str]:
    scopes = list(dict.fromkeys(text.split()))
    if "openid" not in scopes:
        raise RequestError("invalid_scope", "scope openid is needed")
    if surplus := [scope for scope in scopes if scope in SCOPES and scope not in allowed]:
        raise RequestError("invalid_scope", f"not registered for this client: {' '.join(surplus)}")
    return [scope for scope in scopes if scope in SCOPES]  # unknown ones are ignored (Core, 3.1.2.1)


def _challenge(parameters: Mapping[str, str]) -> str:
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        raise RequestError("invalid_request", "code_challenge with code_challenge_method=S256 is needed")
    return challenge


def _prompts(text: str) -> list[str]:
    prompts = text.split()
    if set(prompts) - PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise RequestError("invalid_request", "prompt cannot be read")
    return prompts


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise RequestError("invalid_request", "max_age is a number of seconds")
    return int(text)


def _printable(parameters: Mapping[str, str], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not PRINTABLE.fullmatch(value):
        raise RequestError("invalid_request", f"{name} cannot be read")
    return value
