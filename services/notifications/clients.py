"""The neighbours as notifications sees them; the only file that names them.

- ``identity.contact(account_id)`` → ``{account_id, full_name, email, phone, language}``: whom to write to. Asked as
  the service itself, because an event has no caller.
- ``catalog.procedure(code, version)`` → the definition: what the procedure, its papers and form fields are called.
"""

from __future__ import annotations

from infra.chassis.clients import Neighbour


def identity() -> Neighbour:
    return Neighbour("identity", as_service=True)


def catalog() -> Neighbour:
    return Neighbour("catalog")
