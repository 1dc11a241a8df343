"""Signatures of services over what they say: JWS (RFC 7515) with Ed25519 (RFC 9864) and nothing else.

One algorithm, one form, one purpose for each signature (``typ``): a signature over an event is none over an answer.
What a header says of keys (``jku``, ``jwk``, ``x5u``) and extensions (``crit``) is refused, not read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from infra.chassis.json_types import Json

ALGORITHM = "Ed25519"
LONGEST = 64 * 1024  # characters of a signature with its payload


class SignatureRefused(Exception):
    """What was wrong with a signature; the text is a reason for logs and metrics, without data."""


def canonical_json(value: object) -> bytes:
    """JSON as it is signed: members sorted, no spaces, UTF-8. Source: RFC 8785, for the values our messages have."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url; :class:`SignatureRefused` for anything else, and for a second spelling of the same."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRefused("no base64url") from error
    if encoded(value) != text:
        raise SignatureRefused("no base64url")
    return value


def raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a key follows from it. Source: RFC 7638."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": encoded(raw(key))}
    return encoded(hashlib.sha256(canonical_json(members)).digest())


class Signer:
    """Signs in the name of whoever has this private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key()
        self.kid = key_id(self.public)
        self._headers: dict[str, str] = {}

    def sign(self, typ: str, payload: bytes) -> str:
        """A compact JWS that holds its payload."""
        if typ not in self._headers:
            self._headers[typ] = encoded(canonical_json({"alg": ALGORITHM, "kid": self.kid, "typ": typ}))
        signed = f"{self._headers[typ]}.{encoded(payload)}"
        return f"{signed}.{encoded(self._private.sign(signed.encode()))}"

    def sign_detached(self, typ: str, payload: bytes) -> str:
        """The same without the payload, which whoever verifies has (RFC 7515, appendix F)."""
        header, _payload, signature = self.sign(typ, payload).split(".")
        return f"{header}..{signature}"


def verify_signature(token: str, typ: str, key_of: Callable[[str], Ed25519PublicKey | None]) -> bytes:
    """The payload of a compact JWS whose key ``key_of`` knows; :class:`SignatureRefused` otherwise."""
    if not isinstance(token, str) or len(token) > LONGEST or token.count(".") != 2:
        raise SignatureRefused("no signature")
    header, payload, signature = token.split(".")
    key = key_of(_kid(header, typ))
    if key is None:
        raise SignatureRefused("unknown key")
    try:
        key.verify(decoded(signature), f"{header}.{payload}".encode())
    except InvalidSignature as error:
        raise SignatureRefused("wrong signature") from error
    return decoded(payload)


def verify_detached(token: str, typ: str, payload: bytes, key_of: Callable[[str], Ed25519PublicKey | None]) -> None:
    """Whether a detached JWS is one of this payload; :class:`SignatureRefused` otherwise."""
    header, dots, signature = token.partition("..") if isinstance(token, str) else ("", "", "")
    if not dots:
        raise SignatureRefused("no signature")
    verify_signature(f"{header}.{encoded(payload)}.{signature}", typ, key_of)


def _kid(header: str, typ: str) -> str:
    fields = json_object(decoded(header))
    if fields.keys() != {"alg", "kid", "typ"} or fields["alg"] != ALGORITHM:
        raise SignatureRefused("another kind of signature")
    if fields["typ"] != typ:
        raise SignatureRefused("a signature for something else")
    return str(fields["kid"])


def json_object(text: bytes) -> Json:
    """The JSON object in ``text``; :class:`SignatureRefused` for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureRefused("no JSON") from error
    if not isinstance(value, dict):
        raise SignatureRefused("no JSON object")
    return value
