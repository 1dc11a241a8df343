"""The first signing key of this installation and the secrets derived from it.

Production is given it (``IDENTITY_SIGNING_KEY``: Ed25519, PKCS#8 PEM); development makes one for itself once, in
``PORTAL_HOME/secrets``. One key, one purpose: whatever else needs a secret gets its own by HKDF (RFC 5869). Keys that
later take over the signing of tokens (:mod:`services.identity.signing_keys`) are encrypted under one such secret.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.chassis.settings import Settings, stored_secret
from infra.chassis.trust.key_files import new_private_key, private_key

SETTING = "IDENTITY_SIGNING_KEY"
DEVELOPMENT_FILE = "identity-signing-key.pem"


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The private key tokens are signed with. Ends the process when production has none or it is not Ed25519."""
    pem = settings.require(SETTING) if settings.environment == "production" else settings.get(SETTING)
    if pem is None:
        pem = stored_secret(settings.secret_folder() / DEVELOPMENT_FILE, new_private_key)
    return private_key(settings, SETTING, pem)


def generate_secret() -> str:
    return secrets.token_urlsafe(32)


def derive_key(key: Ed25519PrivateKey, purpose: str) -> bytes:
    """32 bytes for one purpose, from the signing key."""
    raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return HKDF(SHA256(), 32, salt=None, info=f"portal-identity/{purpose}".encode()).derive(raw)


def sealer(key: Ed25519PrivateKey, purpose: str) -> Fernet:
    """Authenticated encryption for values stored in the database."""
    return Fernet(base64.urlsafe_b64encode(derive_key(key, purpose)))
