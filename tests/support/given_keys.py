"""The keys of a production installation, as settings: root, list, and one key for each service."""

from __future__ import annotations

import time

from infra.chassis.settings import SERVICES, Settings
from infra.chassis.trust.key_files import new_private_key, private_key, public_pem
from infra.chassis.trust.key_list import signed_list
from infra.chassis.trust.signatures import Signer


def given_keys() -> dict[str, str]:
    pems = {service: new_private_key() for service in SERVICES}
    root, own = _signer(new_private_key()), {service: _signer(pem) for service, pem in pems.items()}
    now = int(time.time())
    listed = [(service, signer.public) for service, signer in own.items()]
    return {
        "TRUST_ROOT": public_pem(root.public),
        "SERVICE_KEYS": signed_list(root, listed, issued_at=now, expires_at=now + 86_400),
        **{f"SERVICE_SIGNING_KEY_{service.upper()}": pem for service, pem in pems.items()},
    }


def _signer(pem: str) -> Signer:
    return Signer(private_key(Settings({}), "a key of the test", pem))
