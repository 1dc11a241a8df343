"""Carries e-mails, texts and webhook calls outside: intent row, then the act, then the result row.

Run as a follower duty, one leader per database. A crash between intent and result leaves an open
attempt. Where the other side can be asked (texts), it is asked, and what it has is not sent again.
Where nobody can be asked, the attempt is closed as unknown and the thing is sent again under the
same id (``Message-ID``, ``webhook-id``), by which the receiver can tell a repeat. At least once,
never silently not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from prometheus_client import Counter
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs
from infra.chassis.crash_points import crash_at
from infra.chassis.database import Database
from services.notifications import preferences
from services.notifications.domain import delivery as states
from services.notifications.models import Attempt, Delivery

BATCH = 20
STEP_S = 10.0  # after so long a step ends, that slow receivers do not keep the follower's other duties waiting
REST = timedelta(seconds=15)  # how long a server or subscriber that does not answer is left alone
LEASE = timedelta(minutes=5)  # an attempt open for longer has lost its process; carriers give up far sooner
LOST = "no result was recorded"

attempts_made = Counter(
    "portal_delivery_attempts_total", "Attempts to deliver, by how they went.", ["channel", "outcome"]
)
given_up = Counter("portal_deliveries_given_up_total", "Deliveries that will not be tried again.", ["channel"])


@dataclass(frozen=True)
class Parcel:
    """What a carrier needs of a delivery. ``effect_id`` is the same for every attempt and every repeat."""

    effect_id: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    language: str
    secret: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class Outcome:
    """How it went: the state to move to and what the other side said; ``down``: the way itself is closed."""

    status: str
    detail: str
    down: bool = False


Carry = Callable[[Parcel], Outcome]


class Carrier(Protocol):
    """A way outside. ``open`` gives the function that carries one parcel; it answers and never raises for a bad day."""

    @property
    def channel(self) -> str: ...

    @property
    def delays(self) -> Sequence[timedelta]: ...

    @property
    def lease(self) -> timedelta | None:
        """After how long an open attempt has lost its process; None: ``LEASE``."""
        ...

    def way(self, recipient: str) -> str:
        """What rests when it is down: parcels of the same way wait together, others go on."""
        ...

    def open(self) -> AbstractContextManager[Carry]: ...

    def ask(self, parcel: Parcel) -> Outcome | None:
        """What became of a parcel sent earlier, for all we know. None: on this way nobody can be asked.

        ``temporary_failure`` means that it never arrived there, or with ``down`` that nobody answers.
        """
        ...

    def parcel(self, session: Session, delivery: Delivery) -> Parcel: ...


class Courier:
    """The duty: sends what is due on one channel, a bounded batch per step."""

    def __init__(self, database: Database, carrier: Carrier) -> None:
        self.database = database
        self.carrier = carrier
        self.name = f"courier-{carrier.channel}"
        self._resting: dict[str, datetime] = {}  # way -> until when

    def step(self) -> int:
        """Recover lost attempts, send what is due; how much was done."""
        self._resting = {way: until for way, until in self._resting.items() if until > clock.now()}
        recovered, due = self._recover(), self._due()
        if not due:
            return recovered
        with self.carrier.open() as carry:
            return recovered + self._carry_all(due, carry)

    def _carry_all(self, due: Sequence[tuple[str, str]], carry: Carry) -> int:
        done, give_way_at = 0, time.monotonic() + STEP_S
        for delivery_id, recipient in due:
            way = self.carrier.way(recipient)
            if way in self._resting:
                continue
            outcome, done = self._carry(delivery_id, carry), done + 1
            if outcome is not None and outcome.down:
                self._resting[way] = clock.now() + REST
            if time.monotonic() > give_way_at:
                break
        return done

    def _carry(self, delivery_id: str, carry: Carry) -> Outcome | None:
        parcel = self._intend(delivery_id)
        if parcel is None:
            return None
        outcome = self._known(parcel) or carry(parcel)
        crash_at("after_call", "notifications")
        with self.database.session() as session:
            self._conclude(session, _locked(session, delivery_id), parcel.attempt, outcome)
        return outcome

    def _known(self, parcel: Parcel) -> Outcome | None:
        """Before a repeat: what the other side has of the attempts before. None: it has nothing, or cannot be asked."""
        told = self.carrier.ask(parcel) if parcel.attempt > 1 else None
        never_arrived = told is not None and told.status == states.TEMPORARY_FAILURE and not told.down
        return None if never_arrived else told

    def _due(self) -> list[tuple[str, str]]:
        """Ids and recipients of what is to be sent now, on ways that do not rest.

        What was to go the moment it was written goes, though the clock there was ahead of this one.
        """
        at_once = and_(Delivery.attempts == 0, Delivery.next_attempt_at == Delivery.created_at)
        waiting = select(Delivery.id, Delivery.recipient).where(
            Delivery.channel == self.carrier.channel,
            Delivery.status.in_(states.WAITING),
            or_(Delivery.next_attempt_at <= clock.now(), at_once),
            Delivery.recipient.not_in(list(self._resting)),
        )
        with self.database.session() as session:
            rows = session.execute(waiting.order_by(Delivery.next_attempt_at, Delivery.position).limit(BATCH))
            return [(row.id, row.recipient) for row in rows if self.carrier.way(row.recipient) not in self._resting]

    def _intend(self, delivery_id: str) -> Parcel | None:
        """Write down that it is about to be sent; ``None`` if it need not be any more."""
        with self.database.session() as session:
            delivery = _locked(session, delivery_id)
            if not states.may(delivery.status, states.SENDING):
                return None
            delivery.status, delivery.updated_at = states.SENDING, clock.now()
            delivery.attempts += 1
            session.add(Attempt(delivery_id=delivery.id, number=delivery.attempts, started_at=clock.now()))
            return self._parcel(session, delivery)

    def _parcel(self, session: Session, delivery: Delivery) -> Parcel:
        return replace(self.carrier.parcel(session, delivery), attempt=delivery.attempts)

    def _conclude(self, session: Session, delivery: Delivery, number: int, outcome: Outcome) -> None:
        now = clock.now()
        attempt = session.scalar(select(Attempt).where(Attempt.delivery_id == delivery.id, Attempt.number == number))
        assert attempt is not None, "an attempt is written before it is made"
        if attempt.finished_at is not None:  # a successor thought this process dead and has settled it
            return
        if not delivery.body:  # erased while it was under way
            outcome = _erased(outcome)
        attempt.finished_at, attempt.outcome, attempt.detail = now, outcome.status, outcome.detail
        attempts_made.labels(self.carrier.channel, outcome.status).inc()
        if states.may(delivery.status, outcome.status):  # a delivery report may have been faster than our own result
            self._move(session, delivery, outcome, now)

    def _move(self, session: Session, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        delivery.status, delivery.updated_at, delivery.next_attempt_at = outcome.status, now, None
        delivery.problem = None if outcome.status in {states.SENT, states.DELIVERED} else outcome.detail
        if outcome.status == states.TEMPORARY_FAILURE:
            self._plan(session, delivery, now)
        if delivery.status == states.PERMANENT_FAILURE:
            given_up.labels(self.carrier.channel).inc()
            # What the other side said may name an address: it stays in the database.
            logs.get(service="notifications").warning(
                "delivery_given_up", delivery_id=delivery.id, attempts=delivery.attempts
            )

    def _plan(self, session: Session, delivery: Delivery, now: datetime) -> None:
        delay = states.delay_after(delivery.attempts, self.carrier.delays)
        if delay is None:
            delivery.status = states.PERMANENT_FAILURE
            delivery.problem = f"given up after {delivery.attempts} attempts: {delivery.problem}"
        else:
            delivery.next_attempt_at = preferences.when_allowed(session, delivery.account_id, now + delay)

    def _recover(self) -> int:
        """Close attempts whose process died before their result, as the other side says where it can be asked."""
        done, give_way_at = 0, time.monotonic() + STEP_S
        for delivery_id, parcel in self._lost():
            way = self.carrier.way(parcel.recipient)
            if way in self._resting:
                continue
            outcome = self.carrier.ask(parcel)
            if outcome is not None and outcome.down:
                self._resting[way] = clock.now() + REST  # it stays open and is asked about later
                continue
            with self.database.session() as session:
                self._conclude(session, _locked(session, delivery_id), parcel.attempt, _recovered(outcome))
            done += 1
            if time.monotonic() > give_way_at:
                break
        return done

    def _lost(self) -> list[tuple[str, Parcel]]:
        """Attempts that have been open for too long."""
        since = clock.now() - (LEASE if self.carrier.lease is None else self.carrier.lease)
        lost = (
            select(Delivery)
            .join(Attempt, and_(Attempt.delivery_id == Delivery.id, Attempt.number == Delivery.attempts))
            .where(
                Delivery.channel == self.carrier.channel,
                Attempt.finished_at.is_(None),
                Attempt.started_at < since,
            )
        )
        with self.database.session() as session:
            found = session.scalars(lost.order_by(Attempt.position).limit(BATCH))
            return [(delivery.id, self._parcel(session, delivery)) for delivery in found]


def _recovered(outcome: Outcome | None) -> Outcome:
    """The result of an attempt whose process died; what never arrived, or cannot be asked about, is sent again."""
    if outcome is None or outcome.status == states.TEMPORARY_FAILURE:
        why = f": {outcome.detail}" if outcome else ""
        return Outcome(states.TEMPORARY_FAILURE, f"{LOST}{why}; sent again")
    return replace(outcome, detail=f"{LOST}; asked: {outcome.detail}")


def _erased(outcome: Outcome) -> Outcome:
    """What the other side said may repeat the address; and there is nothing left to send again."""
    again = outcome.status == states.TEMPORARY_FAILURE
    return Outcome(states.PERMANENT_FAILURE if again else outcome.status, "subject erased", outcome.down)


def _locked(session: Session, delivery_id: str) -> Delivery:
    delivery = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    assert delivery is not None, "deliveries are never deleted"
    return delivery
