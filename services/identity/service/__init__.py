"""Identity's doors: who people are, which offices they hold, whom they let act for them."""

from __future__ import annotations

from infra.chassis.access import auth
from services.identity.access_endings import TrustAnswers
from services.identity.service.accounts import AccountDoors
from services.identity.service.delegations import DelegationDoors
from services.identity.service.handlers import IdentityHandlers
from services.identity.service.offices import AgencyDoors
from services.identity.service.single_sign_on import SingleSignOnDoors


class IdentityService(AccountDoors, AgencyDoors, DelegationDoors, SingleSignOnDoors, IdentityHandlers):
    """The portal's *identity* service."""

    name = "identity"
    caller = auth.Caller(own=TrustAnswers)
