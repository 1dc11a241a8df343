"""The neighbours as interchange sees them; the only file that names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, Protocol, TypedDict

from infra.chassis.clients import Neighbour
from infra.chassis.json_types import Json


class NamedProcedure(TypedDict):
    """A version of a procedure; what this service reads of it."""

    title: dict[str, str]
    field: NotRequired[dict[str, str] | None]


class FieldFacets(TypedDict):
    """How many procedures there are, by field."""

    field: list[Json]


class ProcedureList(TypedDict):
    """A page of procedures in short; ``facets`` where they were asked for."""

    items: list[Json]
    next_cursor: str | None
    facets: NotRequired[FieldFacets]


class AgencyList(TypedDict):
    """A page of agencies."""

    items: list[Json]
    next_cursor: str | None


class CitizenNumber(TypedDict):
    """The identity number of an account."""

    citizen_number: str | None


class ProcedureCatalogue(Protocol):
    """Catalog: titles and fields of procedures, the lists that other systems look up. Refuses ``ProcedureNotFound``."""

    def procedure(self, *, code: str, version: int | None = None) -> NamedProcedure: ...

    def search(
        self, *, text: str = "", limit: int = 50, cursor: str | None = None, facets: bool = False
    ) -> ProcedureList: ...

    def agencies(self, *, limit: int = 50, cursor: str | None = None) -> AgencyList: ...


class NationalCatalogue(Protocol):
    """Catalog: all of what is asked of it, for :class:`ProcedureCatalogue` and for looking agencies up."""

    def procedure(self, *, code: str, version: int | None = None) -> NamedProcedure: ...

    def search(
        self, *, text: str = "", limit: int = 50, cursor: str | None = None, facets: bool = False
    ) -> ProcedureList: ...

    def agencies(self, *, limit: int = 50, cursor: str | None = None) -> AgencyList: ...

    def agency(self, *, code: str, at: str | None = None) -> Mapping[str, object]: ...


class AccountDirectory(Protocol):
    """Identity: the identity number of an account. Refuses ``AccountNotFound``."""

    def citizen_number(self, *, account_id: str) -> CitizenNumber: ...


def identity() -> AccountDirectory:
    """Asked as the service itself, because an event has no caller."""
    neighbour: AccountDirectory = Neighbour("identity", as_service=True)
    return neighbour


def catalog() -> NationalCatalogue:
    neighbour: NationalCatalogue = Neighbour("catalog")
    return neighbour
