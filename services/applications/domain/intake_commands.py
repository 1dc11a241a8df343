"""The counter's side: accepting or refusing, asking for more, money, extensions, withdrawals, stopping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from infra.working_time import WorkingCalendar
from infra.working_time.records import PromiseRecord
from services.applications.domain import deadline
from services.applications.domain.actors import Act
from services.applications.domain.command_checks import CommandChecks
from services.applications.domain.events import (
    Accepted,
    DeadlineExtended,
    FeeSettled,
    IntakeRefused,
    PaymentRequested,
    Stopped,
    SupplementRequested,
    WithdrawalDeclined,
    WithdrawnByApplicant,
)
from services.applications.domain.facts import Sealed
from services.applications.domain.fees import owed_by_currency
from services.applications.domain.statuses import Status
from services.applications.errors import FeeNotPaid, NotExtendable, NothingOwed


class IntakeCommands(CommandChecks):
    """What the counter does; mixed into :class:`Application`."""

    def accept(self, *, receipt_number: str, promise: PromiseRecord, calendar: WorkingCalendar, by: Act) -> None:
        """Take the application in; the clock starts. Fees collected at intake come first."""
        move = self._check("accept", by)
        self._check_paid("intake")
        clock = deadline.start(promise, by.at, calendar)
        due = clock.due_at.isoformat() if clock.due_at else None
        self._record(Accepted, move, by, receipt_number=receipt_number, due_at=due, started_clock=clock.to_json())

    def refuse_intake(self, *, reason: Sealed, by: Act) -> None:
        move = self._check("refuse_intake", by)
        self._record(IntakeRefused, move, by, reason=reason)

    def request_supplement(
        self, *, marks: Sequence[Mapping[str, object]], reason: Sealed, answer_by: datetime | None, by: Act
    ) -> None:
        """Ask for papers or corrections; the clock pauses until they come."""
        move = self._check("request_supplement", by)
        moved = self._paused("SupplementRequested", by)
        self._record(
            SupplementRequested,
            move,
            by,
            marks=marks,
            reason=reason,
            came_from=self.status.value,
            answer_by=iso_or_none(answer_by),
            clock=moved,
        )

    def request_payment(
        self, *, reason: Sealed, amount: Mapping[str, object] | None, answer_by: datetime | None, by: Act
    ) -> None:
        """Ask for fees not paid yet, or for a further ``amount`` that has arisen; the clock pauses."""
        move = self._check("request_payment", by)
        moments = list(self.owed("intake", "supplement"))
        if amount and "supplement" not in moments:
            moments.append("supplement")
        if not moments:
            raise NothingOwed()
        moved = self._paused("PaymentRequested", by)
        self._record(
            PaymentRequested,
            move,
            by,
            moments=moments,
            amount=amount,
            reason=reason,
            came_from=self.status.value,
            answer_by=iso_or_none(answer_by),
            clock=moved,
        )

    def settle_fee(
        self,
        *,
        moments: list[str],
        how: str,
        payment_id: str | None,
        amount: Mapping[str, object] | None,
        method: str | None,
        calendar: WorkingCalendar | None,
        by: Act,
        legal_basis: str | None = None,
        reason: Sealed | None = None,
        still_owed: Mapping[str, int] | None = None,
    ) -> None:
        """Fees of these moments came in (``how`` = ``paid``) or were waived; ends the wait for them.

        ``still_owed``: what remains of moments of which only a part came in.
        """
        move = self._check("settle_fee", by)
        status, closes, moved = self.status, 0, None
        left = set(self.owed()) - (set(moments) - set(still_owed or {}))
        if self.status is Status.PAYMENT_REQUESTED and not left & set(self.waits[-1]["moments"]):
            status, closes = Status(self.waits[-1]["came_from"]), 1
            moved = deadline.resumed(self.clock, by.at, "FeeSettled", self._ref(), calendar)
        self._record(
            FeeSettled,
            move,
            by,
            moments=moments,
            how=how,
            payment_id=payment_id,
            amount=amount,
            method=method,
            status=status,
            closes=closes,
            clock=moved,
            legal_basis=legal_basis,
            reason=reason,
            still_owed=dict(still_owed) if still_owed else None,
        )

    def extend(
        self, *, due_at: datetime, reason: Sealed, may_extend: bool, calendar: WorkingCalendar | None = None, by: Act
    ) -> None:
        """Promise a later date, with a reason; the earlier one stays readable. ``calendar``: for the days between."""
        move = self._check("extend", by)
        clock = self.clock
        if not may_extend:
            raise NotExtendable(why_vi="thủ tục không cho phép gia hạn", why_en="the procedure does not allow it")
        if clock is None or clock.due_at is None:
            raise NotExtendable(why_vi="hồ sơ không có ngày hẹn trả", why_en="no date was promised")
        if due_at <= max(clock.due_at, by.at):
            raise NotExtendable(
                why_vi="ngày mới phải sau ngày hẹn hiện tại", why_en="the new date must be later than the present one"
            )
        moved = deadline.extended(clock, by.at, due_at, "DeadlineExtended", self._ref(), calendar)
        self._record(
            DeadlineExtended,
            move,
            by,
            due_at=due_at.isoformat(),
            previous_due_at=clock.due_at.isoformat(),
            reason=reason,
            clock=moved,
        )

    def confirm_withdrawal(self, *, reason: Sealed | None, by: Act) -> None:
        move = self._check("confirm_withdrawal", by)
        moved = deadline.ended(self.clock, by.at, "WithdrawnByApplicant", self._ref())
        self._record(WithdrawnByApplicant, move, by, reason=reason, clock=moved, closes=len(self.waits))

    def decline_withdrawal(self, *, reason: Sealed | None, calendar: WorkingCalendar | None, by: Act) -> None:
        """Handling goes on where it was."""
        move = self._check("decline_withdrawal", by)
        closes, status = self._after_waiting("decline_withdrawal")
        moved = deadline.resumed(self.clock, by.at, "WithdrawalDeclined", self._ref(), calendar, closes)
        self._record(WithdrawalDeclined, move, by, reason=reason, status=status, closes=closes, clock=moved)

    def stop(self, *, cause: str, reason: Sealed | None, legal_basis: str | None, by: Act) -> None:
        """End handling without a decision: an approver's act, or the system's when a limit has passed."""
        move = self._check("stop", by)
        moved = deadline.ended(self.clock, by.at, "Stopped", self._ref())
        self._record(Stopped, move, by, cause=cause, reason=reason, legal_basis=legal_basis, clock=moved)

    def _check_paid(self, moment: str) -> None:
        owed = self.owed(moment)
        if owed:
            parts = owed_by_currency(self.quote or {}, moment, sum(owed.values()))
            money = [{"amount": amount, "currency": currency} for currency, amount in parts.items()]
            listed = " + ".join(f"{amount} {currency}" for currency, amount in parts.items())
            raise FeeNotPaid(owed=listed, moment=moment, amount=money[0])


def iso_or_none(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
