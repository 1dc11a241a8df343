"""Carries e-mails, texts and webhook calls outside: intent row, then the act, then the result row.

Run as a follower duty, one leader per database. A crash between intent and result leaves an open
attempt. Where the other side can be asked (texts), it is asked, and what it has is not sent again.
Where nobody can be asked, the attempt is closed as unknown and the thing is sent again under the
same id (``Message-ID``, ``webhook-id``), by which the receiver can tell a repeat. At least once,
never silently not at all.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs
from infra.chassis.crash_points import crash_at
from infra.chassis.encryption import Encryption
from infra.chassis.storage.database import Database, UtcDateTime
from infra.chassis.storage.reads import Read
from services.notifications import code_mail, preferences
from services.notifications.deliveries import Carrier, DeliveryOutcome, OutgoingMessage, Send
from services.notifications.domain import delivery as states
from services.notifications.models import Attempt, Delivery

BATCH = 20
STEP_S = 10.0  # after so long a step ends, that slow receivers do not keep the follower's other duties waiting
PAUSE = timedelta(seconds=15)  # how long a server or subscriber that does not answer is left alone
LEASE = timedelta(minutes=5)  # an attempt open for longer has lost its process; carriers give up far sooner
LOST_LOOK = timedelta(seconds=2)  # how often lost attempts are looked for
RESULT_LOST = "no result was recorded"

AT_ONCE = and_(Delivery.attempts == 0, Delivery.next_attempt_at == Delivery.created_at)
ANY_DUE = Read(
    select(Delivery.position)
    .where(Delivery.channel == bindparam("channel"), or_(*(Delivery.status == status for status in states.WAITING)))
    .where(or_(Delivery.next_attempt_at <= bindparam("now", type_=UtcDateTime), AT_ONCE))
    .limit(1)
)

attempts_made = Counter(
    "portal_delivery_attempts_total", "Attempts to deliver, by how they went.", ["channel", "outcome"]
)
abandoned_deliveries = Counter(
    "portal_deliveries_given_up_total", "Deliveries that will not be tried again.", ["channel"]
)


@dataclass(frozen=True)
class Pause:
    """How long a route pauses. A clock that is put back does not lengthen it: then the monotonic one ends it."""

    until: datetime
    deadline: float

    @classmethod
    def of(cls, length: timedelta) -> Pause:
        return cls(clock.now() + length, time.monotonic() + length.total_seconds())

    @property
    def over(self) -> bool:
        return self.until <= clock.now() or self.deadline <= time.monotonic()


class DeliveryWorker:
    """The duty: sends what is due on one channel, a bounded batch per step."""

    def __init__(self, database: Database, carrier: Carrier, codes: Encryption | None = None) -> None:
        """``codes``: under which messages with a code rest until they have gone out."""
        self.database = database
        self.codes = codes
        self.carrier = carrier
        self.name = f"delivery-{carrier.channel}"
        self._paused: dict[str, Pause] = {}  # by route
        self._looked_for_lost: datetime | None = None

    def step(self) -> int:
        """Recover lost attempts, send what is due; how much was done."""
        self._paused = {route: pause for route, pause in self._paused.items() if not pause.over}
        recovered, due = self._close_lost(), self._due_deliveries()
        if not due:
            return recovered
        with self.carrier.open() as send:
            return recovered + self._send_all(due, send)

    def _send_all(self, due: Sequence[tuple[str, str]], send: Send) -> int:
        """The result of one and the intent of the next are one transaction."""
        waiting, stop_at = deque(due), time.monotonic() + STEP_S
        begun, done = self._begin_next(waiting)
        while begun is not None:
            delivery_id, message = begun
            outcome = self._earlier_result(message) or send(message)
            crash_at("after_call", "notifications")
            if outcome.down:
                self._paused[self.carrier.route(message.recipient)] = Pause.of(PAUSE)
            if time.monotonic() > stop_at:
                waiting.clear()
            with self.database.session() as session:
                self._record_result(session, _locked(session, delivery_id), message.attempt, outcome)
                begun, more = self._begin_next(waiting, session)
            done += more
        return done

    def _begin_next(
        self, waiting: deque[tuple[str, str]], session: Session | None = None
    ) -> tuple[tuple[str, OutgoingMessage] | None, int]:
        """The next attempt, written down before it is made, if there is one; and how many deliveries were seen to."""
        done = 0
        while waiting:
            delivery_id, recipient = waiting.popleft()
            if self.carrier.route(recipient) in self._paused:
                continue
            done += 1
            if (message := self._begin_attempt(delivery_id, session)) is not None:
                return (delivery_id, message), done
        return None, done

    def _earlier_result(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        """Before a repeat: what the other side has of the attempts before. None: it has nothing, or cannot be asked."""
        earlier = self.carrier.ask(message) if message.attempt > 1 else None
        never_arrived = earlier is not None and earlier.status == states.TEMPORARY_FAILURE and not earlier.down
        return None if never_arrived else earlier

    def _due_deliveries(self) -> list[tuple[str, str]]:
        """Ids and recipients of what is to be sent now, on routes that are not paused.

        What was to go the moment it was written goes, though the clock there was ahead of this one.
        """
        waiting = select(Delivery.id, Delivery.recipient).where(
            Delivery.channel == self.carrier.channel,
            Delivery.status.in_(states.WAITING),
            or_(Delivery.next_attempt_at <= clock.now(), AT_ONCE),
            Delivery.recipient.not_in(list(self._paused)),
        )
        if not self._paused and not self.database.rows(ANY_DUE, channel=self.carrier.channel, now=clock.now()):
            return []
        with self.database.session() as session:
            rows = session.execute(waiting.order_by(Delivery.next_attempt_at, Delivery.position).limit(BATCH))
            return [(row.id, row.recipient) for row in rows if self.carrier.route(row.recipient) not in self._paused]

    def _begin_attempt(self, delivery_id: str, session: Session | None = None) -> OutgoingMessage | None:
        """Write down that it is about to be sent; ``None`` if it need not be any more."""
        with nullcontext(session) if session else self.database.session() as own:
            delivery = _locked(own, delivery_id)
            if not states.may(delivery.status, states.SENDING):
                return None
            delivery.status, delivery.updated_at = states.SENDING, clock.now()
            delivery.attempts += 1
            own.add(Attempt(delivery_id=delivery.id, number=delivery.attempts, started_at=clock.now()))
            return self._outgoing(own, delivery)

    def _outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage:
        outgoing = replace(self.carrier.outgoing(session, delivery), attempt=delivery.attempts)
        return replace(outgoing, body=self.codes.decrypt(outgoing.body)) if self.codes else outgoing

    def _record_result(self, session: Session, delivery: Delivery, number: int, outcome: DeliveryOutcome) -> None:
        now = clock.now()
        attempt = session.scalar(select(Attempt).where(Attempt.delivery_id == delivery.id, Attempt.number == number))
        assert attempt is not None, "an attempt is written before it is made"
        if attempt.finished_at is not None:  # a successor thought this process dead and has settled it
            return
        if not delivery.body:  # erased while it was under way
            outcome = _without_text(outcome)
        attempt.finished_at, attempt.outcome, attempt.detail = now, outcome.status, outcome.detail
        attempts_made.labels(self.carrier.channel, outcome.status).inc()
        if states.may(delivery.status, outcome.status):  # a delivery report may have been faster than our own result
            self._move(session, delivery, outcome, now)
            code_mail.empty_if_done(delivery)

    def _move(self, session: Session, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
        delivery.status, delivery.updated_at, delivery.next_attempt_at = outcome.status, now, None
        delivery.problem = None if outcome.status in {states.SENT, states.DELIVERED} else outcome.detail
        if outcome.status == states.TEMPORARY_FAILURE:
            self._schedule(session, delivery, now)
        if delivery.status == states.PERMANENT_FAILURE:
            abandoned_deliveries.labels(self.carrier.channel).inc()
            # The other side's answer may name an address: it stays in the database.
            logs.get(service="notifications").warning(
                "delivery_given_up", delivery_id=delivery.id, attempts=delivery.attempts
            )

    def _schedule(self, session: Session, delivery: Delivery, now: datetime) -> None:
        delay = states.retry_delay(delivery.attempts, self.carrier.delays)
        if delay is None:
            delivery.status = states.PERMANENT_FAILURE
            delivery.problem = f"given up after {delivery.attempts} attempts: {delivery.problem}"
        else:
            delivery.next_attempt_at = preferences.when_allowed(session, delivery.account_id, now + delay)

    def _close_lost(self) -> int:
        """Close attempts whose process died before their result, as the other side says where it can be asked."""
        if self._looked_for_lost is not None and abs(clock.now() - self._looked_for_lost) < LOST_LOOK:
            return 0
        self._looked_for_lost = clock.now()
        done, stop_at = 0, time.monotonic() + STEP_S
        for delivery_id, message in self._lost_attempts():
            route = self.carrier.route(message.recipient)
            if route in self._paused:
                continue
            outcome = self.carrier.ask(message)
            if outcome is not None and outcome.down:
                self._paused[route] = Pause.of(PAUSE)  # it stays open and is asked about later
                continue
            with self.database.session() as session:
                self._record_result(
                    session, _locked(session, delivery_id), message.attempt, _recovered_outcome(outcome)
                )
            done += 1
            if time.monotonic() > stop_at:
                break
        return done

    def _lost_attempts(self) -> list[tuple[str, OutgoingMessage]]:
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
            deliveries = session.scalars(lost.order_by(Attempt.position).limit(BATCH))
            return [(delivery.id, self._outgoing(session, delivery)) for delivery in deliveries]


def _recovered_outcome(outcome: DeliveryOutcome | None) -> DeliveryOutcome:
    """The result of an attempt whose process died; what never arrived, or cannot be asked about, is sent again."""
    if outcome is None or outcome.status == states.TEMPORARY_FAILURE:
        why = f": {outcome.detail}" if outcome else ""
        return DeliveryOutcome(states.TEMPORARY_FAILURE, f"{RESULT_LOST}{why}; sent again")
    return replace(outcome, detail=f"{RESULT_LOST}; asked: {outcome.detail}")


def _without_text(outcome: DeliveryOutcome) -> DeliveryOutcome:
    """The other side's answer may repeat the address; and there is nothing left to send again."""
    again = outcome.status == states.TEMPORARY_FAILURE
    return DeliveryOutcome(states.PERMANENT_FAILURE if again else outcome.status, "subject erased", outcome.down)


def _locked(session: Session, delivery_id: str) -> Delivery:
    delivery = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    assert delivery is not None, "none is deleted before it has ended"
    return delivery
