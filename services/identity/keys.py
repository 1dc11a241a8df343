"""The signing key of this installation and the secrets derived from it.

Production is given its key (``IDENTITY_SIGNING_KEY``: Ed25519, PKCS#8 PEM); development makes one for itself once, in
``PORTAL_HOME/secrets``. One key, one purpose: whatever else needs a secret gets its own by HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.chassis.settings import SettingMissing, Settings, stored_secret

SETTING = "IDENTITY_SIGNING_KEY"
DEVELOPMENT_FILE = "identity-signing-key.pem"


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The private key tokens are signed with. Ends the process when production has none or it is not Ed25519."""
    pem = settings.require(SETTING) if settings.environment == "production" else settings.get(SETTING)
    if pem is None:
        pem = stored_secret(settings.secret_folder() / DEVELOPMENT_FILE, generate_pem)
    return parse_key(pem)


def parse_key(pem: str) -> Ed25519PrivateKey:
    """The key in ``pem``; a one-line value with ``\\n`` written out, as environment files need it, is understood."""
    try:
        key = serialization.load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError) as error:
        raise SettingMissing(SETTING, "the value is no private key in PEM form") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingMissing(SETTING, "the key is not an Ed25519 key")
    return key


def generate_pem() -> str:
    private = Ed25519PrivateKey.generate()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private.private_bytes(*form).decode()


def generate_secret() -> str:
    return secrets.token_urlsafe(32)


def derive_key(key: Ed25519PrivateKey, purpose: str) -> bytes:
    """32 bytes for one purpose, from the signing key."""
    raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return HKDF(SHA256(), 32, salt=None, info=f"portal-identity/{purpose}".encode()).derive(raw)


def sealer(key: Ed25519PrivateKey, purpose: str) -> Fernet:
    """Authenticated encryption for values that rest in the database."""
    return Fernet(base64.urlsafe_b64encode(derive_key(key, purpose)))
