"""Which agencies there are, and which carries on the work of one that was merged: asked of the catalogue, remembered
for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from infra.chassis.instants import today
from infra.chassis.refusals import AgencyUnknown, Refusal, ServiceUnavailable

REMEMBERED = 600.0  # seconds
UNKNOWN = frozenset({"AgencyUnknown", "InvalidRequest"})  # no such code; a code longer than any


class AgencyLookup(Protocol):
    """Catalog: an agency, and which one carries on its work today. Refuses ``AgencyUnknown``."""

    def agency(self, *, code: str, at: str | None = None) -> Mapping[str, object]: ...


class AgencyBook:
    """Agencies by code, each with the agency that carries on its work today.

    ``is_announced``: whether identity has announced a code to this service: such an agency is good before the catalogue
    has heard of it, and while the catalogue is silent.
    """

    def __init__(self, is_announced: Callable[[str], bool] = lambda code: False) -> None:
        self._is_announced = is_announced
        self._carried_on_by: dict[str, tuple[str, float]] = {}

    def carrying_on(self, code: str, catalog: AgencyLookup) -> str | None:
        """The agency that does the work of ``code`` today; None: nobody knows such an agency."""
        remembered = self._carried_on_by.get(code)
        if remembered is not None and time.monotonic() < remembered[1]:
            return remembered[0]
        try:
            agency = str(catalog.agency(code=code)["carried_on_by"])
        except Refusal as refusal:
            if (refusal.name in UNKNOWN or isinstance(refusal, ServiceUnavailable)) and self._is_announced(code):
                return code
            if refusal.name in UNKNOWN:
                return None
            raise
        self._carried_on_by[code] = (agency, time.monotonic() + REMEMBERED)
        return agency


def agency_unknown(code: str) -> AgencyUnknown:
    """No agency has this code today."""
    return AgencyUnknown(code=code, day=today().isoformat())
