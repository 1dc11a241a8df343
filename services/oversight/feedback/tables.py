"""Tickets as streams of acts, with the words beside them, which can be erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from services.oversight.rows import Table


class FeedbackAct(Table):
    """One act on a ticket; never changed. ``facts``: limits, agency, stars, the call it came by; no words."""

    __tablename__ = "feedback_act"

    feedback_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(80))
    facts: Mapped[Json]


class FeedbackTicket(Table):
    """A ticket as lists and the public see it: what its acts come to."""

    __tablename__ = "feedback_ticket"
    __table_args__ = (Index("feedback_ticket_queue", "agency_code", "status", "given_at"),)

    feedback_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    tracking_digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    agency_code: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(30))
    giver_id: Mapped[str | None] = mapped_column(String(80), index=True)
    duplicate_of: Mapped[str | None] = mapped_column(String(36), index=True)
    text_digest: Mapped[str] = mapped_column(String(64), index=True)
    given_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)


class FeedbackWords(Table):
    """What was said: subject, text and contact of the giver, and the words of later acts. Erased with the person."""

    __tablename__ = "feedback_words"

    feedback_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class FeedbackNumber(Table):
    """The last number of a day's references."""

    __tablename__ = "feedback_number"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
