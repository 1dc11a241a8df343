"""Who carries on whose work on a day, and in which province: mergers followed inside the database.

A chain of mergers is followed as far as it goes; an agency that exists again under its old code is its own successor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from infra.chassis.text.provinces import ONE_DAY, REFORM, recoded
from services.catalog.models import Agency


def existing_on(day: date) -> Select[Agency]:
    """The agencies there are on a day."""
    return select(Agency).where(_exists_on(Agency, day))


def successor_of(session: Session, code: str, day: date) -> str:
    """The agency that does this one's work on a day: itself while it exists, or is not known to have been merged."""
    codes = {code}
    while session.scalar(existing_on(day).where(Agency.code == code)) is None:
        ended = select(Agency.merged_into).where(Agency.code == code, Agency.valid_until < day)
        following = session.scalar(ended.order_by(Agency.valid_from.desc()).limit(1))
        if following is None or following in codes:
            break
        codes.add(following)
        code = following
    return code


def successors_of(session: Session, codes: Sequence[str], day: date) -> dict[str, str]:
    """Those of these agencies that have been merged by a day, each with the agency that does its work."""
    merged = select(Agency.code).where(
        Agency.code.in_(codes), Agency.merged_into.is_not(None), _ended_before(Agency, day)
    )
    return {code: successor_of(session, code, day) for code in sorted(set(session.scalars(merged)))} if codes else {}


def responsibilities_of(code: str, day: date) -> CTE:
    """The codes whose work an agency does on a day: its own (``code``), and those merged into it."""
    carried = select(cast(literal(code), String(40)).label("code")).cte(recursive=True)
    older = aliased(Agency)
    merged = select(older.code).join(carried, older.merged_into == carried.c.code)
    return carried.union(merged.where(_ended_before(older, day)))


def successor_table(day: date) -> CTE:
    """``(code, successor)`` of every agency that exists on a day, for itself and for those merged into it."""
    own = select(Agency.code.label("code"), Agency.code.label("successor")).where(_exists_on(Agency, day))
    carried = own.cte(recursive=True)
    older = aliased(Agency)
    joined = select(older.code, carried.c.successor).join(carried, older.merged_into == carried.c.code)
    return carried.union(joined.where(_ended_before(older, day)))


def province_on(
    day: date,
    code: SQLColumnExpression[str | None] = Agency.province_code,
    recorded: SQLColumnExpression[date] = Agency.valid_from,
) -> ColumnElement[str]:
    """The province, on a day, of a code recorded on a day: the successor where its own has been merged by then."""
    since = _recoded(code, recoded(day, day))
    if day < REFORM:
        return since
    return case((recorded < REFORM, _recoded(code, recoded(REFORM - ONE_DAY, day))), else_=since)


def _recoded(code: SQLColumnExpression[str | None], codes: dict[str, str]) -> ColumnElement[str]:
    return case(codes, value=code, else_=code) if codes else case((code.is_not(None), code))


def _exists_on(agency: type[Agency], day: date) -> ColumnElement[bool]:
    return and_(agency.valid_from <= day, or_(agency.valid_until.is_(None), agency.valid_until >= day))


def _ended_before(agency: type[Agency], day: date) -> ColumnElement[bool]:
    again = aliased(Agency)
    return and_(agency.valid_until < day, ~exists().where(again.code == agency.code, _exists_on(again, day)))
