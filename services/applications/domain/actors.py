"""Who acts on an application: in which role, for which agency or person, when and from which call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.applications.domain.facts import RecordedActor, RecordedSignIn


@dataclass(frozen=True)
class Act:
    """One act of one person (or of the system) as every event records it.

    ``role``: the role used, not all roles held; ``agency_code``: where an official holds it;
    ``on_behalf_of``: account of the person a delegate acts for; ``at``: aware UTC. ``sign_in``: who vouched for the
    person at sign-in, if it was an e-ID provider.
    """

    account_id: str
    role: str
    at: datetime
    call_id: str
    command_id: str
    agency_code: str | None = None
    on_behalf_of: str | None = None
    sign_in: RecordedSignIn | None = None

    def recorded(self) -> RecordedActor:
        """The ``by`` of an event."""
        return {
            "account_id": self.account_id,
            "role": self.role,
            "agency_code": self.agency_code,
            "on_behalf_of": self.on_behalf_of,
        }

    @property
    def applicant_id(self) -> str:
        """The citizen this act is for."""
        return self.on_behalf_of or self.account_id
