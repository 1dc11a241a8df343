"""Keys as files hold them: Ed25519 in PEM, private ones encrypted where the installation has a KEY_PASSPHRASE."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from infra.chassis.settings import SettingMissing, Settings

PASSPHRASE_SETTING = "KEY_PASSPHRASE"  # noqa: S105  the name of a setting


def private_key(settings: Settings, name: str, pem: str) -> Ed25519PrivateKey:
    """The key in ``pem``, the value of setting ``name``; one that is encrypted is opened with KEY_PASSPHRASE.

    A one-line value with ``\\n`` written out, as environment files need it, is understood.
    """
    word = settings.secret(PASSPHRASE_SETTING) if is_encrypted(pem) else None
    try:
        text = pem.replace("\\n", "\n").encode()
        key = serialization.load_pem_private_key(text, password=word.encode() if word else None)
    except (ValueError, TypeError) as error:
        why = f"it does not open with {PASSPHRASE_SETTING}" if word else "the value is no private key in PEM form"
        raise SettingMissing(name, why) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingMissing(name, "the key is not an Ed25519 key")
    return key


def public_key(name: str, pem: str) -> Ed25519PublicKey:
    """The public key in ``pem``, the value of setting ``name``."""
    try:
        key = serialization.load_pem_public_key(pem.replace("\\n", "\n").encode())
    except (ValueError, TypeError) as error:
        raise SettingMissing(name, "the value is no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingMissing(name, "the key is not an Ed25519 key")
    return key


def is_encrypted(pem: str) -> bool:
    return "ENCRYPTED PRIVATE KEY" in pem


def new_private_key(passphrase: str = "") -> str:
    """A new Ed25519 key in PEM (PKCS#8)."""
    return private_pem(Ed25519PrivateKey.generate(), passphrase)


def private_pem(key: Ed25519PrivateKey, passphrase: str = "") -> str:
    closed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        closed = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed).decode()


def public_pem(key: Ed25519PublicKey) -> str:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(*form).decode()
