"""Fees that *payments* has let go back after handling had ended: an appeal upheld has them owed again.

What is refunded while handling goes on is given back for good, as something waived is.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.domain.facts import FeeOwedAgain
from services.applications.models import RefundedFee


class RefundedFees:
    """Keeps what was refunded of each application until an appeal is upheld."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> RefundedFees:
        return cls(Database.at(settings.database_url("applications")))

    def fee_refunded(self, event: CloudEvent) -> None:
        """``refund_approved.v1``: its ``fees`` are those of handling that had ended."""
        data = event["data"]
        with self.database.handle_once("fee_refunded", event) as session:
            if session is not None and data.get("fees"):
                row = RefundedFee(refund_id=data["refund_id"], application_id=data["application_id"])
                row.fees, row.heard_at = list(data["fees"]), clock.now()
                session.add(row)

    def refund_declined(self, event: CloudEvent) -> None:
        """``refund_declined.v1``: the money is kept after all, though a refund had been approved."""
        with self.database.handle_once("refund_declined", event) as session:
            if session is not None:
                session.execute(delete(RefundedFee).where(RefundedFee.refund_id == event["data"]["refund_id"]))


def taken_over(session: Session, application_id: str) -> list[FeeOwedAgain]:
    """What has been refunded of an application, in the transaction that has it owed again."""
    query = select(RefundedFee).where(RefundedFee.application_id == application_id)
    rows = list(session.scalars(query.order_by(RefundedFee.refund_id).with_for_update()))
    for row in rows:
        session.delete(row)
    return [FeeOwedAgain(collected_at=fee["collected_at"], amount=fee["amount"]) for row in rows for fee in row.fees]
