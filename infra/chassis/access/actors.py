"""Who is calling, as every service sees it: what identity's token says and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.chassis.json_types import Json


@dataclass(frozen=True)
class Actor:
    """The caller of a door. ``agencies`` maps an agency code to the roles held there."""

    account_id: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    agencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    session_id: str | None = None
    acts_for: frozenset[str] = frozenset()  # principals whose delegation was found in force for this call
    identity_provider: str | None = None  # which vouched for the person at sign-in; none: a password of ours
    assurance: str | None = None  # the level it vouched for, in its own words (``acr``)

    @classmethod
    def of_claims(cls, claims: Json) -> Actor:
        """The actor a verified token speaks of."""
        agencies = {code: frozenset(roles) for code, roles in (claims.get("agencies") or {}).items()}
        return cls(
            str(claims["sub"]),
            str(claims.get("name", "")),
            frozenset(claims.get("roles") or ()),
            agencies,
            claims.get("sid"),
            identity_provider=claims.get("idp"),
            assurance=claims.get("acr"),
        )

    @classmethod
    def system(cls, service: str) -> Actor:
        """A service acting by its own rules (timers, followers)."""
        return cls(f"service:{service}", service, frozenset({"service"}))

    @property
    def anonymous(self) -> bool:
        return not self.account_id

    @property
    def is_service(self) -> bool:
        return "service" in self.roles

    def has(self, *roles: str) -> bool:
        """Whether any of ``roles`` is held, anywhere."""
        wanted_roles = set(roles)
        return bool(wanted_roles & self.roles) or any(
            wanted_roles & agency_roles for agency_roles in self.agencies.values()
        )

    def at(self, agency_code: str, *roles: str) -> bool:
        """Whether any of ``roles`` is held at that agency."""
        return bool(set(roles) & self.agencies.get(agency_code, frozenset()))


ANONYMOUS = Actor("")
