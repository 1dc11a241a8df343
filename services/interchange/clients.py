"""The neighbours as interchange sees them; the only file that names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from infra.chassis.clients import Neighbour


class ProcedureCatalogue(Protocol):
    """Catalog: titles and fields of procedures, the lists that other systems look up. Refuses ``ProcedureNotFound``."""

    def procedure(self, *, code: str, version: int | None = None) -> Mapping[str, Any]: ...

    def search(
        self, *, text: str = "", limit: int = 50, cursor: str | None = None, facets: bool = False
    ) -> Mapping[str, Any]: ...

    def agencies(self, *, limit: int = 50, cursor: str | None = None) -> Mapping[str, object]: ...


class NationalCatalogue(Protocol):
    """Catalog: all of what is asked of it, for :class:`ProcedureCatalogue` and for looking agencies up."""

    def procedure(self, *, code: str, version: int | None = None) -> Mapping[str, object]: ...

    def search(
        self, *, text: str = "", limit: int = 50, cursor: str | None = None, facets: bool = False
    ) -> Mapping[str, object]: ...

    def agencies(self, *, limit: int = 50, cursor: str | None = None) -> Mapping[str, object]: ...

    def agency(self, *, code: str, at: str | None = None) -> Mapping[str, object]: ...


class AccountDirectory(Protocol):
    """Identity: the identity number of an account. Refuses ``AccountNotFound``."""

    def citizen_number(self, *, account_id: str) -> Mapping[str, Any]: ...


def identity() -> AccountDirectory:
    """Asked as the service itself, because an event has no caller."""
    neighbour: AccountDirectory = Neighbour("identity", as_service=True)
    return neighbour


def catalog() -> NationalCatalogue:
    neighbour: NationalCatalogue = Neighbour("catalog")
    return neighbour
