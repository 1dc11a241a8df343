"""The shapes of what events of an application record and the application remembers. Instants are ISO 8601 in UTC."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from infra.working_time.records import ChannelTerms


class Sealed(TypedDict):
    """Words stored next to the stream: their row and the salted SHA-256 (hex) that an event holds of them."""

    statement_id: str
    commitment: str


class RecordedActor(TypedDict):
    """Who did it: the role used, where an official holds it, whom a delegate acts for."""

    account_id: str
    role: str
    agency_code: str | None
    on_behalf_of: NotRequired[str | None]


class RecordedSignIn(TypedDict):
    """Which e-ID provider vouched for somebody at sign-in, and the level it said (``acr``), if it said one."""

    provider: str
    assurance: str | None


class FeeAmount(TypedDict):
    """Money in minor units."""

    amount: int
    currency: str


class FeeOwedAgain(TypedDict):
    """A fee that was refunded, as it is owed once more; ``collected_at``: its moment."""

    collected_at: str
    amount: FeeAmount


class QuotedItem(TypedDict):
    """One fee of a quote: how much, collected at which moment (``intake``, ``supplement``, ``result``)."""

    collected_at: str
    amount: FeeAmount


class JudgedProcedure(TypedDict):
    """What the rules read of a procedure version."""

    code: str
    version: int
    level: int
    channels: dict[str, ChannelTerms]
    may_pause: NotRequired[bool]


class PinnedQuote(TypedDict):
    """What the application costs, as *catalog* quoted it when it was handed in."""

    items: NotRequired[list[QuotedItem]]
    total: NotRequired[FeeAmount]


class SettlementNote(TypedDict):
    """How a fee was settled: ``paid`` or waived."""

    how: str
    payment_id: str | None
    amount: FeeAmount | None
    at: str


class OwedFee(TypedDict):
    """What is owed at one moment, in minor units, and how it was settled."""

    owed: int
    settled: SettlementNote | None


class StoredAnswers(TypedDict):
    """One revision of the answers next to the stream, and the commitment to it."""

    answers_id: str
    commitment: str


class HandedInPaper(TypedDict):
    """A paper of the application; ``size`` in bytes."""

    requirement: str
    media_type: str
    size: int
    commitment: str
    attached_at: str


class ChosenDelivery(TypedDict):
    """How the result should come back."""

    method: str
    address: Sealed | None


class Mark(TypedDict):
    """What is wrong where: at a field of the form (JSON pointer) or with a required paper; ``problem`` in words."""

    pointer: NotRequired[str]
    requirement: NotRequired[str]
    problem: Sealed | None


class WaitFacts(TypedDict, total=False):
    """What exactly is waited for."""

    marks: list[Mark]
    moments: list[str]
    amount: FeeAmount | None
    reason: Sealed | None


class Wait(WaitFacts):
    """The application waits for its applicant: since when, until when, and the status to come back to."""

    kind: str
    came_from: str
    since: str
    answer_by: str | None


class Consultation(TypedDict):
    """A question to another agency, and its opinion."""

    agency_code: str
    question: Sealed | None
    due_at: str
    asked_at: str
    opinion: Sealed | None
    answered_at: str | None
    answered_by: NotRequired[str]


class OutcomeProposal(TypedDict):
    """What a case officer proposes: ``approve`` or ``reject``."""

    outcome: str
    by: str
    at: str
    reason: Sealed | None


class ResultHandover(TypedDict):
    """The result was handed over."""

    method: str
    tracking_number: str | None
    at: str


class IssuedResult(TypedDict):
    """The document that was issued; the commitment is to the rest of it."""

    result_id: str
    commitment: str
    code: NotRequired[str | None]
    valid_until: NotRequired[str | None]


class DecisionRecord(TypedDict):
    """How handling ended, in which version of the stream; one that an appeal has set aside stays readable."""

    outcome: str
    version: int
    at: str
    by: str
    reason: Sealed | None
    result: NotRequired[IssuedResult]
    proposed_by: NotRequired[str]
    set_aside_at: NotRequired[str]
    returned: NotRequired[ResultHandover | None]


class AppealedDecision(TypedDict):
    """The decision that an appeal is against."""

    outcome: str
    version: int


class AppealRecord(TypedDict):
    """An appeal, and what was decided about it: ``dismissed`` or ``upheld``."""

    appeal_id: str
    against: AppealedDecision
    grounds: Sealed | None
    at: str
    outcome: NotRequired[str]
    decided_at: NotRequired[str]
    decided_by: NotRequired[str]
    decision: NotRequired[Sealed | None]


class RatingRecord(TypedDict):
    """What the applicant thought of it."""

    stars: int
    comment: Sealed | None
    at: str


class Handling(TypedDict):
    """One act of somebody of an office; ``did``: the kind of event."""

    account_id: str
    role: str
    agency_code: str | None
    at: str
    did: str


class ErasureRecord(TypedDict):
    """The personal data next to the stream is gone."""

    erasure_id: str
    at: str
    legal_basis: str | None
