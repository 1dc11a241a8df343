"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from services.identity.bootstrap import bootstrap
from services.identity.keys import generate_pem as new_signing_key

__all__ = ["bootstrap", "new_signing_key"]
