"""What a citizen does: starting, filling in, handing in, withdrawing, choosing, rating."""

from __future__ import annotations

from dataclasses import KW_ONLY
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import CanInitAggregate

from services.applications.domain import fees
from services.applications.domain.events.base import Answered, ApplicationEvent, Waiting
from services.applications.domain.facts import (
    AppealedDecision,
    HandedInPaper,
    PinnedQuote,
    RatingRecord,
    RecordedSignIn,
    Sealed,
    StoredAnswers,
)
from services.applications.domain.state import State


class Started(CanInitAggregate[UUID], ApplicationEvent):
    """A draft was begun. The tracking code itself is the citizen's; the stream has only its digest."""

    TOPIC: ClassVar[str] = "applications.Started"

    originator_topic: str
    reference: str
    tracking_digest: str
    procedure_code: str
    procedure_version: int
    channel: str
    level: int
    agency_code: str
    applicant_id: str

    def happen(self, application: State) -> None:
        application.begin()
        application.reference, application.tracking_digest = self.reference, self.tracking_digest
        application.procedure_code, application.procedure_version = self.procedure_code, self.procedure_version
        application.channel, application.level = self.channel, self.level
        application.agency_code, application.applicant_id = self.agency_code, self.applicant_id
        application.started_by, application.started_at = self.by, self.timestamp

    def apply(self, aggregate: State) -> None:
        aggregate.clock = None
        super().apply(aggregate)


class AnswersSaved(ApplicationEvent):
    """A new revision of the form's answers. ``changed``: JSON pointers of the fields that differ from the last one."""

    TOPIC: ClassVar[str] = "applications.AnswersSaved"

    answers_id: str
    commitment: str
    changed: list[str]

    def happen(self, application: State) -> None:
        application.answers = {"answers_id": self.answers_id, "commitment": self.commitment}


class Attached(ApplicationEvent):
    """A paper was added; its name and content stay outside the stream."""

    TOPIC: ClassVar[str] = "applications.Attached"

    attachment_id: str
    requirement: str
    media_type: str
    size: int
    commitment: str

    def happen(self, application: State) -> None:
        paper: HandedInPaper = {
            "requirement": self.requirement,
            "media_type": self.media_type,
            "size": self.size,
            "commitment": self.commitment,
            "attached_at": self.timestamp.isoformat(),
        }
        application.attachments = {**application.attachments, self.attachment_id: paper}


class Detached(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.Detached"

    attachment_id: str

    def happen(self, application: State) -> None:
        application.attachments = {
            key: paper for key, paper in application.attachments.items() if key != self.attachment_id
        }


class Submitted(ApplicationEvent):
    """Handed in. Everything judged later is pinned here: procedure version, channel, level, quote, commitments."""

    TOPIC: ClassVar[str] = "applications.Submitted"

    procedure_version: int
    procedure_digest: str
    channel: str
    level: int
    quote: PinnedQuote
    answers: StoredAnswers | None
    attachments: dict[str, str]
    _: KW_ONLY
    may_pause: bool = True
    sign_in: RecordedSignIn | None = None  # of whoever submitted; none: a password of the platform

    def happen(self, application: State) -> None:
        application.may_pause = self.may_pause
        application.procedure_version, application.procedure_digest = self.procedure_version, self.procedure_digest
        application.channel, application.level = self.channel, self.level
        application.quote, application.fees = self.quote, fees.by_moment(self.quote)
        application.submitted_at = self.timestamp


class Supplemented(Answered):
    TOPIC: ClassVar[str] = "applications.Supplemented"

    answers: StoredAnswers | None
    attachments: dict[str, str]


class WithdrawalRequested(Waiting):
    TOPIC: ClassVar[str] = "applications.WithdrawalRequested"
    KIND: ClassVar[str] = "withdrawal"


class DeliveryChosen(ApplicationEvent):
    """How the result should come back; the address stays outside the stream."""

    TOPIC: ClassVar[str] = "applications.DeliveryChosen"

    method: str
    _: KW_ONLY
    address: Sealed | None = None

    def happen(self, application: State) -> None:
        application.delivery = {"method": self.method, "address": self.address}


class Rated(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.Rated"

    stars: int

    def happen(self, application: State) -> None:
        rating: RatingRecord = {"stars": self.stars, "comment": self.reason, "at": self.timestamp.isoformat()}
        application.ratings = (*application.ratings, rating)


class Appealed(ApplicationEvent):
    """Against the decision that stood then; the grounds are the event's ``reason``."""

    TOPIC: ClassVar[str] = "applications.Appealed"

    appeal_id: str
    against: AppealedDecision

    def happen(self, application: State) -> None:
        application.pending_appeal = {
            "appeal_id": self.appeal_id,
            "against": self.against,
            "grounds": self.reason,
            "at": self.timestamp.isoformat(),
        }


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
