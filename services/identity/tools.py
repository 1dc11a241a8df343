"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from infra.chassis.running.offers import offers

PLACES = {
    "account_findings": "services.identity.account_review:account_findings",
    "bootstrap": "services.identity.bootstrap:bootstrap",
    "new_signing_key": "infra.chassis.trust.key_files:new_private_key",
    "rotate_keys": "services.identity.signing_keys:rotate_keys",
    "spraying_found": "services.identity.account_review:spraying_found",
}
__getattr__ = offers(PLACES)
