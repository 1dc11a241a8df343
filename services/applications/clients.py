"""The neighbours as applications sees them; the only file that names them.

- *catalog*: public doors; what is in force does not depend on who asks.
- *identity*: asked on behalf of whoever acts.
- *interchange*: asked as the service itself, for who tracks without signing in.
"""

from __future__ import annotations

from typing import NotRequired, Protocol, TypedDict

from infra.chassis.clients import Neighbour
from infra.chassis.json_types import Json, Money
from infra.fees.shapes import Priced
from infra.working_time.records import CalendarReply


class ProcedureDefinition(Priced):
    """A version of a procedure as *catalog* publishes it; what this service reads of it."""

    version: int
    title: dict[str, str]
    level: int
    authority: Json
    agency_levels: NotRequired[dict[str, int] | None]
    carried_on_by: NotRequired[dict[str, str] | None]
    requirements: NotRequired[list[Json]]
    form: NotRequired[Json | None]
    limits: NotRequired[Json | None]
    may_pause: NotRequired[bool]
    may_extend: NotRequired[bool]


class QuoteItem(TypedDict):
    """One fee of a quote and when it is collected."""

    fee_id: str
    amount: Money
    collected_at: str


class Quote(TypedDict):
    """What a procedure costs for certain choices."""

    items: list[QuoteItem]
    total: Money


class DelegationReply(TypedDict):
    """A delegation in force, as *identity* answers it."""

    principal_account_id: str
    principal_name: str


class Post(TypedDict):
    """The roles an account holds at one agency."""

    agency_code: str
    roles: list[str]


class PostsReply(TypedDict):
    """The posts an account holds now."""

    items: list[Post]


class DelegationInForce(TypedDict):
    """One principal of a delegate, and in which procedures."""

    principal_account_id: str
    scope: list[str]


class DelegationsReply(TypedDict):
    """The delegations somebody holds now."""

    items: list[DelegationInForce]


class CatalogClient(Protocol):
    """The doors of *catalog* that this service calls."""

    def procedure(self, *, code: str, version: int = ...) -> ProcedureDefinition: ...

    def quote(self, *, code: str, channel: str, version: int, choices: Json, quantity: int) -> Quote: ...

    def calendar(self, *, year: int) -> CalendarReply: ...

    def agency(self, *, code: str, at: str | None = None) -> Json: ...


class IdentityClient(Protocol):
    """The doors of *identity* that this service calls; ``DelegationNotFound`` passes on as ``Forwarded``."""

    def delegation_for(
        self,
        *,
        delegate_account_id: str,
        scope: str,
        principal_account_id: str = ...,
        principal_citizen_number: str = ...,
    ) -> DelegationReply: ...

    def delegations_in_force(self, *, delegate_account_id: str) -> DelegationsReply: ...

    def posts(self, *, account_id: str) -> PostsReply: ...


class Neighbours(TypedDict):
    """Both, as keywords of a use case."""

    catalog: CatalogClient
    identity: IdentityClient


class DossierMirror(Protocol):
    """Interchange: a dossier of another system by its number and its person. Refuses ``DossierNotFound``."""

    def dossier_by_person(self, *, number: str, identity_number: str) -> Json: ...


def catalog() -> CatalogClient:
    neighbour: CatalogClient = Neighbour("catalog")
    return neighbour


def identity() -> IdentityClient:
    neighbour: IdentityClient = Neighbour("identity")
    return neighbour


def mirror() -> DossierMirror:
    neighbour: DossierMirror = Neighbour("interchange", as_service=True)
    return neighbour
