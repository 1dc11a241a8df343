"""The neighbours as notifications sees them; the only file that names them.

Identity is asked as the service itself, because an event has no caller.
"""

from __future__ import annotations

from typing import NotRequired, Protocol, TypedDict

from infra.chassis.clients import Neighbour
from infra.chassis.json_types import Json


class Contact(TypedDict):
    """How to reach an account."""

    account_id: str
    full_name: str
    email: str | None
    phone: str | None
    language: str


class CodeMessage(TypedDict):
    """A message with a code: to whom, and what for; a text where there is a ``phone``.

    ``code`` is none where somebody is only told of something.
    """

    purpose: str
    account_id: str
    email: str
    phone: NotRequired[str]
    full_name: str
    language: str
    code: str | None
    expires_at: str


class ContactDirectory(Protocol):
    """Identity: how to reach an account. Refuses ``AccountNotFound``."""

    def contact(self, *, account_id: str) -> Contact: ...


class CodeSource(Protocol):
    """Identity: what a message with a code says. Refuses ``ContactCodeNotFound``."""

    def code_message(self, *, request_id: str) -> CodeMessage: ...


class ProcedureCatalog(Protocol):
    """Catalog: the definition of a procedure, with its title, papers and form. Refuses ``ProcedureNotFound``."""

    def procedure(self, *, code: str, version: int) -> Json: ...


def identity() -> ContactDirectory:
    neighbour: ContactDirectory = Neighbour("identity", as_service=True)
    return neighbour


def code_source() -> CodeSource:
    neighbour: CodeSource = Neighbour("identity", as_service=True)
    return neighbour


def catalog() -> ProcedureCatalog:
    neighbour: ProcedureCatalog = Neighbour("catalog")
    return neighbour
