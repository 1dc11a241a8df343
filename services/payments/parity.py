"""Asks applications whether it knows of the same money: every fee paid here must be settled there, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.database import Database
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from services.payments.domain.demands import Standing
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

    def parity(self, limit: int, cursor: str | None, *, applications: ApplicationReader) -> dict[str, Any]:
        """Compare up to ``limit`` bills with the neighbour ``applications``.

        Returns ``{"checked", "counts": {"match", "missing", "mismatch"}, "items": [what differs], "next_cursor"}``.
        """
        bills = self._bills(limit, cursor)
        verdicts = [_verdict(application_id, here, applications) for application_id, here in bills[:limit]]
        counts = {kind: sum(one["verdict"] == kind for one in verdicts) for kind in (MATCH, MISSING, MISMATCH)}
        return {
            "checked": len(verdicts),
            "counts": counts,
            "items": [one for one in verdicts if one["verdict"] != MATCH],
            "next_cursor": cursor_of(bills[limit - 1][0]) if len(bills) > limit else None,
        }

    def _bills(self, limit: int, cursor: str | None) -> list[tuple[str, dict[str, bool]]]:
        """Application ids in order, each with its collection moments and whether all of a moment is closed here."""
        query = select(Bill.application_id).order_by(Bill.application_id).limit(limit + 1)
        after = key_of(cursor, str)
        if after is not None:
            query = query.where(Bill.application_id > after[0])
        with self.database.session() as session:
            ids = list(session.scalars(query))
            demands = list(session.scalars(select(Demand).where(Demand.application_id.in_(ids))))
        return [(key, _moments(demand for demand in demands if demand.application_id == key)) for key in ids]


def _moments(demands: Iterable[Demand]) -> dict[str, bool]:
    moments: dict[str, bool] = {}
    for demand in demands:
        if demand.standing != Standing.DROPPED:
            moments[demand.collected_at] = moments.get(demand.collected_at, True) and demand.standing in CLOSED
    return moments


def _verdict(application_id: str, here: dict[str, bool], applications: ApplicationReader) -> dict[str, Any]:
    try:
        fees = applications.application(application_id=application_id).get("fees") or {}
    except Refusal as refusal:
        if refusal.name != "ApplicationNotFound":
            raise
        return {
            "application_id": application_id,
            "verdict": MISSING,
            "here": here,
            "there": None,
            "reason": refusal.name,
        }
    there = {moment: bool(fee.get("settled")) for moment, fee in fees.items() if fee.get("settled") or fee.get("owed")}
    differing = sorted(moment for moment, closed in here.items() if there.get(moment, False) != closed)
    differing += sorted(moment for moment, closed in there.items() if closed and moment not in here)
    verdict = MISMATCH if differing else MATCH
    return {
        "application_id": application_id,
        "verdict": verdict,
        "here": here,
        "there": there,
        "reason": ", ".join(differing) or None,
    }
