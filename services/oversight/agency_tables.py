"""The agencies that identity has announced."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.chassis.storage.database import Database
from services.oversight.rows import Table


class KnownAgency(Table):
    """An agency as identity announced it. ``recorded_on``: the day its province's code was written down."""

    __tablename__ = "known_agency"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    parent_code: Mapped[str | None] = mapped_column(String(64))
    province_code: Mapped[str | None] = mapped_column(String(8))
    recorded_on: Mapped[date]
    at: Mapped[int] = mapped_column(BigInteger)


def is_known(session: Session, code: str) -> bool:
    """Whether identity has announced an agency of this code."""
    return session.get(KnownAgency, code) is not None


def knows_agency(database: Database, code: str) -> bool:
    """:func:`is_known` in a transaction of its own."""
    with database.session() as session:
        return is_known(session, code)
