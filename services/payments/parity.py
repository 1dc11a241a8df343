"""Asks applications whether it knows of the same money: what is paid here is settled there, what is owed the same.

*applications* says what is owed; this service follows it by events and collects it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select

from infra.chassis.access.actors import Actor
from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments import access
from services.payments.domain.demands import UNPAID, Standing
from services.payments.models import Bill, Demand

if TYPE_CHECKING:
    from services.payments.clients import ApplicationReader

CLOSED = frozenset({Standing.SETTLED, Standing.WAIVED})
MATCH, MISSING, MISMATCH = "match", "missing", "mismatch"


class ParityCheck:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> ParityCheck:
        return cls(Database.at(settings.database_url("payments")))

    def parity(self, limit: int, cursor: str | None, *, applications: ApplicationReader, by: Actor) -> Json:
        """Compare up to ``limit`` bills (an accountant: of their agencies) with the neighbour ``applications``.

        Returns ``{"checked", "counts": {"match", "missing", "mismatch"}, "items": [what differs], "next_cursor"}``.
        """
        bills = self._bills(limit, cursor, by)
        verdicts = [_verdict(application_id, demands, applications) for application_id, demands in bills[:limit]]
        counts = {kind: sum(verdict["verdict"] == kind for verdict in verdicts) for kind in (MATCH, MISSING, MISMATCH)}
        return {
            "checked": len(verdicts),
            "counts": counts,
            "items": [verdict for verdict in verdicts if verdict["verdict"] != MATCH],
            "next_cursor": cursor_of(bills[limit - 1][0]) if len(bills) > limit else None,
        }

    def _bills(self, limit: int, cursor: str | None, by: Actor) -> list[tuple[str, list[Demand]]]:
        """Application ids in order, each with its demands."""
        query = (
            select(Bill.application_id).where(*access.bills_seen_by(by)).order_by(Bill.application_id).limit(limit + 1)
        )
        after = key_of(cursor, str)
        if after is not None:
            query = query.where(Bill.application_id > after[0])
        with self.database.session() as session:
            ids = list(session.scalars(query))
            access.record_listed(session, by, ids[:limit])
            demands = list(session.scalars(select(Demand).where(Demand.application_id.in_(ids))))
        return [(key, [demand for demand in demands if demand.application_id == key]) for key in ids]


def closed_moments(demands: Iterable[Demand]) -> dict[str, bool]:
    """Collection moments, each with whether everything of it is paid or waived."""
    moments: dict[str, bool] = {}
    for demand in demands:
        if demand.standing != Standing.DROPPED:
            moments[demand.collected_at] = moments.get(demand.collected_at, True) and demand.standing in CLOSED
    return moments


def owed_amounts(demands: Iterable[Demand]) -> dict[str, int]:
    """Minor units not paid yet, per collection moment, whether due already or later."""
    amounts: dict[str, int] = {}
    for demand in demands:
        if demand.standing in UNPAID:
            amounts[demand.collected_at] = amounts.get(demand.collected_at, 0) + demand.amount
    return amounts


def _verdict(application_id: str, demands: list[Demand], applications: ApplicationReader) -> Json:
    here, owed_here = closed_moments(demands), owed_amounts(demands)
    ours = {"application_id": application_id, "here": here, "owed_here": owed_here}
    try:
        application = applications.application(application_id=application_id)
    except Refusal as refusal:
        if refusal.name != "ApplicationNotFound":
            raise
        return {**ours, "verdict": MISSING, "there": None, "owed_there": None, "reason": refusal.name}
    fees, owed_there = application.get("fees") or {}, application.get("owed")
    there = {moment: bool(fee.get("settled")) for moment, fee in fees.items() if fee.get("settled") or fee.get("owed")}
    differing = {moment for moment, closed in here.items() if there.get(moment, False) != closed}
    differing |= {moment for moment, closed in there.items() if closed and moment not in here}
    if owed_there is not None:  # None: an applications service that does not say it yet
        moments = {*owed_here, *owed_there}
        differing |= {moment for moment in moments if owed_here.get(moment, 0) != owed_there.get(moment, 0)}
    return {
        **ours,
        "verdict": MISMATCH if differing else MATCH,
        "there": there,
        "owed_there": owed_there,
        "reason": ", ".join(sorted(differing)) or None,
    }
