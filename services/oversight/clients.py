"""The neighbours as oversight sees them: catalog, asked for the offices' calendar that limits are counted by, and
which agencies there are."""

from __future__ import annotations

from typing import Protocol

from infra.chassis.clients import Neighbour
from infra.chassis.json_types import Json
from infra.working_time.records import CalendarReply


class CatalogQuestions(Protocol):
    """Catalog, as far as oversight asks it."""

    def calendar(self, *, year: int) -> CalendarReply: ...

    def agency(self, *, code: str, at: str | None = None) -> Json: ...


def catalog() -> CatalogQuestions:
    neighbour: CatalogQuestions = Neighbour("catalog", timeout=4.0)
    return neighbour
