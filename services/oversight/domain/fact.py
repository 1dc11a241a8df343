"""The fact of one application: everything an official figure needs of it, folded from its events.

Instants are whole microseconds since 1970 (UTC), so that comparing, sorting and storing them is exact and cheap.
``None`` means "the events do not say", which is not the same as no.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypedDict

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND
OFFICE_OFFSET = 7 * 3_600 * SECOND  # Asia/Ho_Chi_Minh, without change since 1975
OWN = "portal"  # the source of applications handled on this platform
ONLINE = "online"
WAITING = frozenset({"supplement_requested", "payment_requested", "withdrawal_requested"})


def micros(at: datetime | str) -> int:
    """An aware instant, or its ISO 8601 text, as microseconds."""
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (instant - EPOCH) // MICROSECOND


def iso(at: int) -> str:
    """Microseconds as ISO 8601 text in UTC."""
    return (EPOCH + at * MICROSECOND).isoformat()


def day_number(at: int) -> int:
    """The day an instant falls on in office time, as a number that only serves comparison."""
    return (at + OFFICE_OFFSET) // DAY


class MoveFacts(TypedDict, total=False):
    """What figures keep of an event; times ISO 8601, amounts in minor units, ``received_at`` in microseconds."""

    channel: str | None
    level: int | None
    attachment_id: str
    digitised: bool
    reused: bool
    from_store: bool
    replaced: bool
    registers: bool
    verified_sign_in: bool
    fee_owed: int | None
    fee_currency: str
    due_at: str | None
    previous_due_at: str | None
    how: str
    method: str | None
    amount: int
    result_code: str
    electronic_result: bool
    result_repeats_paper: bool
    stars: int
    received_at: int


class RecordedMove(NamedTuple):
    """One event as figures know it. ``facts``: the few members of its data that a figure may need."""

    version: int
    kind: str
    at: int
    position: int
    event_id: str
    status: str
    role: str
    facts: MoveFacts


@dataclass(slots=True)
class Fact:
    """``promised_at``: the date last promised by an act; ``due_at``: the same as moved by pauses since.

    ``ending``: approved, rejected, stopped, withdrawn or intake_refused, with ``ended_at``. ``supplements``: pairs of
    request and answer, the last answer ``None`` while it is waited for. ``fee_currency``: where the fee is not in đồng,
    which alone are added up. ``event_ids``: evidence, in stream order.
    """

    application_id: str
    source: str = OWN
    reference: str = ""
    agency_code: str = ""
    procedure_code: str = ""
    applicant_id: str | None = None
    channel: str | None = None
    level: int | None = None
    status: str = "draft"
    submitted_at: int | None = None
    accepted_at: int | None = None
    promised_at: int | None = None
    due_at: int | None = None
    ended_at: int | None = None
    ending: str | None = None
    returned_at: int | None = None
    supplements: list[list[int | None]] = field(default_factory=list)
    fee_owed: int | None = None
    fee_currency: str | None = None
    paid_online: bool = False
    paid_at_counter: bool = False
    paid_amount: int = 0
    papers: int = 0
    digitised: bool | None = None
    reused: bool | None = None
    from_store: bool | None = None
    replaced: bool | None = None
    registers: bool | None = None
    verified_sign_in: bool | None = None
    result_due: bool | None = None
    electronic_result: bool | None = None
    stars: int | None = None
    appealed: bool = False
    last_at: int = 0
    last_version: int = 0
    event_ids: list[str] = field(default_factory=list)

    def folded(self) -> dict[str, Any]:
        """What the fold made of the events, without what still is as it was at first; the constructor takes it back."""
        return {name: getattr(self, name) for name, first in FIRST.items() if getattr(self, name) != first}

    @property
    def online(self) -> bool:
        return self.channel == ONLINE

    @property
    def paused(self) -> bool:
        return self.status in WAITING


STATED = frozenset({"application_id", "source", "reference", "agency_code", "procedure_code", "applicant_id"})
FIRST: dict[str, object] = {
    member.name: getattr(Fact(""), member.name) for member in fields(Fact) if member.name not in STATED
}
