"""The neighbours as applications sees them; the only file that names them.

- *catalog*: ``procedure(code, version)``, ``quote(code, channel, version, choices, quantity)``,
  ``calendar(year)``: public, what is in force does not depend on who asks.
- *identity*: ``delegation_for(delegate_account_id, scope, principal_…)``, asked as the service itself.
"""

from __future__ import annotations

from infra.chassis.clients import Neighbour


def catalog() -> Neighbour:
    return Neighbour("catalog")


def identity() -> Neighbour:
    return Neighbour("identity", as_service=True)
