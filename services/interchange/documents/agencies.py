"""Which agencies there are to send to, and who may send for one."""

from __future__ import annotations

from collections.abc import Sequence

from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, AgencyLookup
from infra.chassis.refusals import Forbidden, InvalidRequest

OFFICERS = ("intake_officer", "case_officer", "approver")


def receiving(
    book: AgencyBook, codes: Sequence[str], catalog: AgencyLookup, pointer: str = "/to_agencies"
) -> list[str]:
    """The agencies that get what is sent to ``codes``, once each; ``InvalidRequest`` for one that nobody knows."""
    agencies: dict[str, None] = {}
    for place, code in enumerate(codes):
        if (agency := book.carrying_on(code, catalog)) is None:
            raise InvalidRequest.at(f"{pointer}/{place}", f"không có cơ quan {code}", f"there is no agency {code}")
        agencies[agency] = None
    return list(agencies)


def check_post(by: Actor, agency_code: str) -> None:
    """An officer of this very agency, or ``Forbidden``."""
    if not by.at(agency_code, *OFFICERS):
        raise Forbidden(
            reason=f"không phải cán bộ của cơ quan {agency_code}", reason_en=f"no officer of the agency {agency_code}"
        )
