"""What would have been: facts as they would read under another promise or another fee. None is ever a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from infra.working_time import OFFICE_ZONE, WorkingCalendar
from services.oversight.domain.fact import EPOCH, MICROSECOND, Fact, micros


class HypotheticalChange(TypedDict, total=False):
    """What if: every promise moved by days, another fee (minor units); of one procedure or all."""

    procedure_code: str | None
    due_days: int
    fee: int | None


def changed_fact(fact: Fact, change: HypotheticalChange, calendar: WorkingCalendar) -> Fact:
    """The fact under ``change``: ``due_days`` moves every promise, ``fee`` asks another amount of a procedure."""
    if (only := change.get("procedure_code")) and fact.procedure_code != only:
        return fact
    days = int(change.get("due_days", 0))
    other = replace(
        fact, promised_at=_moved(fact.promised_at, days, calendar), due_at=_moved(fact.due_at, days, calendar)
    )
    fee = change.get("fee")
    if fee is None or fact.fee_owed is None:
        return other
    paid = fee if fact.paid_online or fact.paid_at_counter else 0
    return replace(other, fee_owed=fee, fee_currency=None, paid_amount=paid)


def _moved(at: int | None, days: int, calendar: WorkingCalendar) -> int | None:
    """So many days later (or earlier), and where no office works then, on the next working day."""
    if at is None or not days:
        return at
    local = (EPOCH + at * MICROSECOND).astimezone(OFFICE_ZONE)
    on = calendar.first_working_day(local.date() + timedelta(days=days))
    return micros(datetime.combine(on, local.timetz()))
