"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from services.identity.account_review import account_findings
from services.identity.bootstrap import bootstrap
from services.identity.keys import generate_pem as new_signing_key

__all__ = ["account_findings", "bootstrap", "new_signing_key"]
