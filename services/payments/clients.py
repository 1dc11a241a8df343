"""The neighbours as payments sees them: applications, asked for what was submitted; identity, for delegations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypedDict

from infra.chassis.clients import Neighbour


class FeeStanding(TypedDict):
    """One moment's fees as applications counts them."""

    owed: int
    settled: Mapping[str, object] | None


class SubmittedApplication(TypedDict, total=False):
    """What payments reads of an application; one not yet submitted has no quote."""

    application_id: str
    reference: str
    procedure_code: str
    procedure_version: int
    agency_code: str
    applicant_id: str
    level: int
    quote: Mapping[str, object] | None
    fees: Mapping[str, FeeStanding]
    owed: Mapping[str, int]
    status: str
    version: int
    decision: Mapping[str, object] | None


class ApplicationReader(Protocol):
    """Applications, as far as payments asks it. Refuses ``ApplicationNotFound`` and ``Forbidden``."""

    def application(self, *, application_id: str) -> SubmittedApplication: ...


class DelegationReader(Protocol):
    """Identity, as far as payments asks it. ``DelegationNotFound`` passes on as ``Forwarded``."""

    def delegation_for(self, *, delegate_account_id: str, principal_account_id: str, scope: str) -> object: ...


def identity() -> DelegationReader:
    """Asked on behalf of whoever acts whether a delegation is in force."""
    neighbour: DelegationReader = Neighbour("identity", timeout=4.0)
    return neighbour


def applications() -> ApplicationReader:
    """With the caller's own token: whoever may not see the application there is refused here too."""
    neighbour: ApplicationReader = Neighbour("applications", timeout=4.0)
    return neighbour


def applications_as_service() -> ApplicationReader:
    """For this service itself, to compare books: a comparison is not a read of a file."""
    neighbour: ApplicationReader = Neighbour("applications", timeout=4.0, as_service=True)
    return neighbour
