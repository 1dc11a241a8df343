"""The table of addresses that are not confirmed yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.table import Table


class ContactChange(Table):
    """A telephone number or e-mail address of an account that a code was sent to; a code is about its ``id``.

    ``channel``: email, phone. Rows stay for a day, confirmed or not: they are what is counted against a flood.
    """

    __tablename__ = "contact_change"
    __table_args__ = (
        Index("contact_change_account", "account_id", "channel"),
        Index("contact_change_address", "address", "made_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
