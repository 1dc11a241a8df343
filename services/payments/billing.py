"""Raises what is owed: the quote pinned at submission, supplementary fees, and what no longer has to be paid.

Bills are made from applications' events. Whoever asks sooner than the event arrives is not turned away: the
application is then asked for, with the caller's own token, and the same bill is pinned from the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments.domain.demands import Owed, Phase, Standing
from services.payments.errors import AlreadyPaid, NothingOwed, NotYetSubmitted
from services.payments.models import Bill

if TYPE_CHECKING:
    from services.payments.clients import ApplicationReader
from services.payments.demands import ASKED_FOR, align, demands_of, fall_due, pin, raise_demand


class BillNotYetKnown(Exception):
    """An event about an application whose submission is not known yet; it is retried until it is."""


class Billing:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Billing:
        return cls(Database.at(settings.database_url("payments")))

    def bill_of_submission(self, event: CloudEvent) -> None:
        """``application_submitted.v1``: pin the quote and raise its demands."""
        with self.database.handle_once("bill_of_submission", event) as session:
            if session is not None:
                pin(session, event["data"])

    def supplementary_demand(self, event: CloudEvent) -> None:
        """``payment_requested.v1``: the office asks for fees of these ``moments``, perhaps a further ``amount``."""
        with self.database.handle_once("supplementary_demand", event) as session:
            if session is None:
                return
            data = event["data"]
            bill, further = _bill(session, data["application_id"]), data.get("amount")
            reason = data.get("reason") if bill.erased_at is None else None
            if further:
                owed = Owed("supplement", further["amount"], further["currency"], (_item(further, reason),))
                raise_demand(
                    session, bill, owed, origin=f"{ASKED_FOR}{event['id']}", standing=Standing.DUE, reason=reason
                )
            fall_due(session, bill, set(data.get("moments") or ("supplement",)))
            align(session, bill, reason=event["type"])

    def result_falls_due(self, event: CloudEvent) -> None:
        """``application_approved.v1``: fees that are collected with the result are due now."""
        self._follow("result_falls_due", event, Phase.APPROVED)

    def result_not_owed(self, event: CloudEvent) -> None:
        """``application_rejected.v1``: there is no result to pay for."""
        self._follow("result_not_owed", event, Phase.REJECTED)

    def nothing_more_owed(self, event: CloudEvent) -> None:
        """Refused at intake, withdrawn or stopped: what has not been paid is no longer owed."""
        self._follow("nothing_more_owed", event, Phase.ENDED)

    def owed_again(self, event: CloudEvent) -> None:
        """``appeal_upheld.v1``: handling starts again, and what its end had made void is owed as before.

        ``owed_again``: fees that were refunded since, which are owed once more.
        """
        self._follow("owed_again", event, Phase.OPEN)

    def _follow(self, consumer: str, event: CloudEvent, phase: Phase) -> None:
        with self.database.handle_once(consumer, event) as session:
            if session is None:
                return
            bill = _bill(session, event["data"]["application_id"])
            fees = event["data"].get("owed_again") or []
            for number, fee in enumerate(fees):
                _raise_again(session, bill, fee, f"{event['id']}:{number}")
            version = int(event["data"].get("version") or bill.phase_version + 1)
            if version > bill.phase_version:  # an event that comes late does not bring its phase back
                bill.phase, bill.phase_version = phase, version
            if fees or version == bill.phase_version:
                align(session, bill, reason=event["type"])

    def make_known(self, application_id: str, *, applications: ApplicationReader) -> None:
        """Pin the bill now if its event has not arrived. ``applications`` is asked with the caller's token.

        Refuses what the neighbour refuses (``ApplicationNotFound``, ``Forbidden``) and ``NotYetSubmitted``.
        """
        with self.database.session() as session:
            if session.get(Bill, application_id) is not None:
                return
        application = applications.application(application_id=application_id)
        if not application.get("quote"):
            raise NotYetSubmitted(application_id=application_id)
        try:
            with self.database.session() as session:
                pin(session, dict(application))
        except IntegrityError:
            # The event arrived in between and pinned the same quote.
            with self.database.session() as session:
                _bill(session, application_id)


def locked_bill(session: Session, application_id: str) -> Bill:
    """The bill with its row locked: whoever starts, settles or waives for one application waits in line."""
    bill = session.get(Bill, application_id, with_for_update=True, populate_existing=True)
    if bill is None:
        raise NotYetSubmitted(application_id=application_id)
    return bill


def nothing_to_pay(session: Session, bill: Bill) -> AlreadyPaid | NothingOwed:
    """The refusal that says why nothing is taken or remitted."""
    paid = any(demand.standing == Standing.SETTLED for demand in demands_of(session, bill.application_id))
    refusal = AlreadyPaid if paid else NothingOwed
    return refusal(application_id=bill.application_id)


def _bill(session: Session, application_id: str) -> Bill:
    bill = session.get(Bill, application_id, with_for_update=True)
    if bill is None:
        raise BillNotYetKnown(application_id)
    return bill


def _raise_again(session: Session, bill: Bill, fee: Json, origin: str) -> None:
    """A fee that was given back is owed once more, when it was owed before."""
    moment, amount = fee["collected_at"], fee["amount"]
    item = {
        **_item(amount, None),
        "fee_id": "nop-lai",
        "name": {"vi": "Phí, lệ phí đã hoàn, phải nộp lại", "en": "Fee refunded, owed again"},
        "collected_at": moment,
    }
    asked_for = moment == "supplement"
    owed = Owed(moment, int(amount["amount"]), str(amount["currency"]), (item,))
    standing = Standing.DUE if asked_for else owed.standing
    raise_demand(session, bill, owed, origin=f"{ASKED_FOR if asked_for else ''}again:{origin}", standing=standing)
    session.flush()


def _item(amount: Mapping[str, object], reason: str | None) -> Json:
    text = reason or ""
    return {
        "fee_id": "bo-sung",
        "kind": "charge",
        "name": {"vi": "Phí bổ sung", "en": "Supplementary fee"},
        "amount": dict(amount),
        "collected_at": "supplement",
        "reason": {"vi": text, "en": text},
        "legal_basis": None,
    }
