"""Which service may call which door, and on whose behalf: the table in ``service_calls.json``, as both sides read it.

A caller finds here whether the person's token goes along, a door whom it lets in. What is not in it is not sent, not
let through by the broker and not admitted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.chassis.json_types import Json

TABLE = Path(__file__).with_name("service_calls.json")
ANYONE, ITSELF = "anyone", "itself"


@dataclass(frozen=True)
class ServiceCall:
    """One row. ``roles``: of the person on whose behalf; ``person``: the argument that must name them."""

    public: bool
    itself: bool
    roles: frozenset[str]
    person: str | None = None
    purpose: str | None = None

    @classmethod
    def of(cls, row: Json) -> ServiceCall:
        behalf = frozenset(row["for"])
        roles = behalf - {ANYONE, ITSELF}
        return cls(ANYONE in behalf, ITSELF in behalf, roles, row.get("person"), row.get("purpose"))


@cache
def table() -> dict[str, dict[str, ServiceCall]]:
    """Caller to ``service.method`` to row."""
    calls: dict[str, Json] = json.loads(TABLE.read_text(encoding="utf-8"))["calls"]
    return {caller: {key: ServiceCall.of(row) for key, row in rows.items()} for caller, rows in calls.items()}


def service_call(caller: str, service: str, method: str) -> ServiceCall | None:
    """The row of a call; ``None``: ``caller`` may not make it."""
    return table().get(caller, {}).get(f"{service}.{method}")
