"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from infra.chassis.trust.key_files import new_private_key as new_signing_key
from services.identity.account_review import account_findings
from services.identity.bootstrap import bootstrap
from services.identity.signing_keys import rotate_keys

__all__ = ["account_findings", "bootstrap", "new_signing_key", "rotate_keys"]
