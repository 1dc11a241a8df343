"""The keys of this process: its root of trust, the list of services' keys, and the key it signs with itself.

Production is given all three as files (``infra/docker/make-secrets``). Development makes them for itself once, in
``PORTAL_HOME/secrets``, so that its processes know each other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infra.chassis.settings import SERVICES, SettingMissing, Settings, stored_secret
from infra.chassis.trust.key_files import PASSPHRASE_SETTING, new_private_key, private_key, public_key
from infra.chassis.trust.key_list import KeyList, signed_list
from infra.chassis.trust.signatures import SignatureRefused, Signer

ROOT, LIST, OWN = "TRUST_ROOT", "SERVICE_KEYS", "SERVICE_SIGNING_KEY"
DEVELOPMENT_LIFETIME = 20 * 366 * 86_400  # seconds; nobody renews what development made for itself


def makes_its_own(settings: Settings) -> bool:
    """Whether this installation was given no root and may make one."""
    return settings.development and settings.get(ROOT) is None


def key_list(settings: Settings, *others: str) -> KeyList:
    """The list of this installation; ends the process if there is none or the root did not sign it.

    ``others``: services beyond the platform's own that development makes keys for.
    """
    if makes_its_own(settings):
        for service in (*SERVICES, *others):
            _development_key(settings, service)
    return _list_of(_facts(settings, ROOT, LIST), tuple(sorted(others)))


def signer(settings: Settings, service: str) -> Signer:
    """What ``service`` signs with: SERVICE_SIGNING_KEY_<NAME>, SERVICE_SIGNING_KEY, or development's own file."""
    own = f"{OWN}_{service.upper()}"
    return _signer_of(_facts(settings, ROOT, own, OWN, PASSPHRASE_SETTING), service)


def _facts(settings: Settings, *names: str) -> tuple[tuple[str, str], ...]:
    """What of the settings decides about keys; two settings that agree in it share what is made of it."""
    names_and_files = [form for name in names for form in (name, f"{name}_FILE")]
    present = {name: settings.env[name] for name in names_and_files if name in settings.env}
    present |= {"PORTAL_ENVIRONMENT": settings.environment, "PORTAL_HOME": str(settings.home)}
    return tuple(sorted(present.items()))


@lru_cache(maxsize=64)
def _list_of(facts: tuple[tuple[str, str], ...], others: tuple[str, ...]) -> KeyList:
    settings = Settings(dict(facts))
    try:
        if makes_its_own(settings):
            root = _development_root(settings)
            return KeyList(root.public, lambda: _development_list(settings, root, {*SERVICES, *others}))
        return KeyList(public_key(ROOT, settings.require(ROOT)), lambda: settings.require(LIST))
    except SignatureRefused as error:
        raise SettingMissing(LIST, str(error)) from error


@lru_cache(maxsize=64)
def _signer_of(facts: tuple[tuple[str, str], ...], service: str) -> Signer:
    settings = Settings(dict(facts))
    for name in (f"{OWN}_{service.upper()}", OWN):
        if pem := settings.get(name):
            return Signer(private_key(settings, name, pem))
    if not makes_its_own(settings):
        raise SettingMissing(f"{OWN}_{service.upper()} (or {OWN})", f"the key with which {service} signs")
    return _development_key(settings, service)


def _development_root(settings: Settings) -> Signer:
    return _stored_signer(settings, "trust-root.pem")


def _development_key(settings: Settings, service: str) -> Signer:
    return _stored_signer(settings, f"service-{service}.pem")


def _stored_signer(settings: Settings, file: str) -> Signer:
    pem = stored_secret(settings.secret_folder() / file, new_private_key)
    return Signer(private_key(settings, file, pem))


def _development_list(settings: Settings, root: Signer, services: Iterable[str]) -> str:
    keys: list[tuple[str, Ed25519PublicKey]] = [
        (service, _development_key(settings, service).public) for service in sorted(services)
    ]
    now = int(time.time())
    return signed_list(root, keys, issued_at=now, expires_at=now + DEVELOPMENT_LIFETIME)
