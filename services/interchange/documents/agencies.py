"""Which agencies there are to send to: asked of the catalogue, remembered for a while."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forbidden, InvalidRequest, Refusal

if TYPE_CHECKING:
    from services.interchange.clients import AgencyLookup

OFFICERS = ("intake_officer", "case_officer", "approver")
REMEMBERED = 600.0  # seconds


class AgencyBook:
    """Agencies by code, each with the agency that carries on its work today."""

    def __init__(self) -> None:
        self._carried_on_by: dict[str, tuple[str, float]] = {}

    def receivers(self, codes: Sequence[str], catalog: AgencyLookup, pointer: str = "/to_agencies") -> list[str]:
        """The agencies that get what is sent to ``codes``, once each; ``InvalidRequest`` for one that nobody knows."""
        agencies: dict[str, None] = {}
        for place, code in enumerate(codes):
            agencies[self._carrying_on(code, catalog, f"{pointer}/{place}")] = None
        return list(agencies)

    def _carrying_on(self, code: str, catalog: AgencyLookup, pointer: str) -> str:
        remembered = self._carried_on_by.get(code)
        if remembered is None or remembered[1] < time.monotonic():
            try:
                agency = catalog.agency(code=code)["carried_on_by"]
            except Refusal as refusal:
                if refusal.name not in {"AgencyUnknown", "InvalidRequest"}:
                    raise
                raise InvalidRequest.at(pointer, f"không có cơ quan {code}", f"there is no agency {code}") from None
            remembered = self._carried_on_by[code] = (str(agency), time.monotonic() + REMEMBERED)
        return remembered[0]


def check_post(by: Actor, agency_code: str) -> None:
    """An officer of this very agency, or ``Forbidden``."""
    if not by.at(agency_code, *OFFICERS):
        raise Forbidden(
            reason=f"không phải cán bộ của cơ quan {agency_code}", reason_en=f"no officer of the agency {agency_code}"
        )
