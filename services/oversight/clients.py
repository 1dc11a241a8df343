"""The neighbours as oversight sees them: catalog, asked for the offices' calendar that limits are counted by."""

from __future__ import annotations

from typing import Protocol

from infra.chassis.clients import Neighbour
from infra.chassis.json_types import Json


class CalendarClient(Protocol):
    """Catalog, as far as oversight asks it."""

    def calendar(self, *, year: int) -> Json: ...


def catalog() -> CalendarClient:
    neighbour: CalendarClient = Neighbour("catalog", timeout=4.0)
    return neighbour
