"""Feedback on regulations and conduct (Decree 20/2008): one ticket is a stream of acts; here are its rules.

What may happen next is a row of one table. Limits are counted when an act is judged and recorded with it (working days,
the same clock as for due dates), so that the fold never asks a calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, TypedDict

from infra.working_time import (
    WorkingCalendar,
    after_working_minutes,
    due_at,
    end_of_day,
    office_minute,
    working_minutes_between,
)
from services.oversight.domain.fact import micros

REGULATION, CONDUCT = "regulation", "conduct"
RECEIVED, SUPPLEMENTED, REOPENED = "received", "supplemented", "reopened"
AWAITING_SUPPLEMENT, AWAITING_PUBLICATION = "awaiting_supplement", "awaiting_publication"
PUBLISHED, REFUSED = "published", "refused"
WITH_AGENCY = frozenset({RECEIVED, SUPPLEMENTED, REOPENED})
STATUSES = (RECEIVED, SUPPLEMENTED, REOPENED, AWAITING_SUPPLEMENT, AWAITING_PUBLICATION, PUBLISHED, REFUSED)

# Act -> from which statuses, and to which (None: it stays as it is).
MOVES: dict[str, tuple[frozenset[str], str | None]] = {
    "route": (WITH_AGENCY, RECEIVED),
    "ask": (WITH_AGENCY, AWAITING_SUPPLEMENT),
    "supplement": (frozenset({AWAITING_SUPPLEMENT}), SUPPLEMENTED),
    "answer": (WITH_AGENCY, AWAITING_PUBLICATION),
    "refuse": (WITH_AGENCY, REFUSED),
    "publish": (frozenset({AWAITING_PUBLICATION}), PUBLISHED),
    "rate": (frozenset({PUBLISHED}), None),
    "reopen": (frozenset({PUBLISHED, REFUSED}), REOPENED),
}
# Working days from sending, or from the latest transfer; publication: from the answer.
LIMITS = {"refuse_by": 2, "ask_by": 5, "handle_by": 15}
PUBLISH_WITHIN = 2
LIMIT_OF = {"refuse": "refuse_by", "ask": "ask_by", "answer": "handle_by", "publish": "publish_by"}
DONE = frozenset({"ask", "answer", "refuse", "publish", "route"})
DISLIKED = 2  # stars up to here

E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
NUMBER = re.compile(r"\+?\d(?:[\s.-]?\d){5,}")
MASK = "•••"


class FeedbackFacts(TypedDict, total=False):
    """What an act brings: limits (ISO 8601, by name), the agency it goes to, stars."""

    limits: dict[str, str]
    agency_code: str | None
    stars: int


class FeedbackStep(NamedTuple):
    """One recorded act. ``facts``: limits that hold from it on, the agency it is with, stars."""

    version: int
    kind: str
    at: int
    event_id: str
    facts: FeedbackFacts


@dataclass(frozen=True)
class Ticket:
    """``late``: the acts that came after their limit; ``reopened``: how often somebody was not satisfied."""

    status: str = ""
    agency_code: str | None = None
    sent_at: int = 0
    limits: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[tuple[str, int], ...] = ()
    late: tuple[str, ...] = ()
    reopened: int = 0
    stars: int | None = None
    version: int = 0
    event_ids: tuple[str, ...] = ()

    def after(self, act: FeedbackStep) -> Ticket:
        """The ticket after one more act."""
        status = RECEIVED if act.kind == "give" else MOVES[act.kind][1] or self.status
        moved = replace(
            self,
            status=status,
            version=act.version,
            acts=(*self.acts, (act.kind, act.at)),
            late=(*self.late, act.kind) if self._is_late(act) else self.late,
            limits={**self.limits, **act.facts.get("limits", {})},
            agency_code=act.facts.get("agency_code", self.agency_code),
            event_ids=(*self.event_ids, act.event_id),
        )
        if act.kind in {"give", "route", "reopen"}:
            moved = replace(moved, sent_at=act.at)
        if act.kind == "reopen":
            return replace(moved, reopened=self.reopened + 1)
        return replace(moved, stars=act.facts["stars"]) if act.kind == "rate" else moved

    def _is_late(self, act: FeedbackStep) -> bool:
        limit = self.limits.get(LIMIT_OF.get(act.kind, ""))
        first_ask = act.kind != "ask" or "ask" not in {kind for kind, _at in self.acts}
        return limit is not None and first_ask and micros(limit) < act.at

    def allowed(self) -> list[str]:
        """What may happen next."""
        return [act for act, (origins, _to) in MOVES.items() if self.status in origins]

    def in_time(self, since: int, until: int) -> bool | None:
        """Row 5.2 of the index: done in time in the period, or running within time at its end; None: not of it."""
        done = [(kind, at) for kind, at in self.acts if kind in DONE and since <= at < until]
        if done:
            return not any(kind in self.late for kind, _at in done)
        if self.status not in WITH_AGENCY or self.sent_at >= until:
            return None
        return until - 1 <= micros(self.limits["handle_by"])

    @property
    def last_asked_at(self) -> int:
        """When its giver was last asked to say more, in microseconds; 0: never."""
        return max((at for kind, at in self.acts if kind == "ask"), default=0)

    @property
    def satisfied(self) -> bool:
        """Row 5.3: neither disliked, nor brought again, nor late."""
        disliked = self.stars is not None and self.stars <= DISLIKED
        return not (disliked or self.reopened or self.late)


def feedback_parts(kind: str, given_at: int, ticket: Ticket, since: int, until: int) -> list[tuple[str, int]]:
    """What one ticket adds to the rows of the index about feedback."""
    in_time = ticket.in_time(since, until)
    parts = [] if in_time is None else [
        ("feedback_in_time", int(in_time)),
        ("feedback_on_regulation", int(kind == REGULATION)),
        ("feedback_on_conduct", int(kind != REGULATION)),
    ]  # fmt: skip
    if since <= given_at < until:
        parts.append(("feedback_satisfied", int(ticket.satisfied)))
    if any(act in DONE and since <= at < until for act, at in ticket.acts):
        parts.append(("feedback_satisfied_handled", int(ticket.satisfied)))
    return parts


def ticket_of(acts: Iterable[FeedbackStep]) -> Ticket:
    ticket = Ticket()
    for act in acts:
        ticket = ticket.after(act)
    return ticket


def limits_from(at: datetime, calendar: WorkingCalendar) -> dict[str, str]:
    """The limits of a ticket sent, or transferred, at an instant; each ends with its last day."""
    return {name: _last_instant(due_at(at, days, "working_days", calendar)) for name, days in LIMITS.items()}


def publication_limit(at: datetime, calendar: WorkingCalendar) -> dict[str, str]:
    return {"publish_by": _last_instant(due_at(at, PUBLISH_WITHIN, "working_days", calendar))}


def limits_after_wait(ticket: Ticket, asked_at: datetime, at: datetime, calendar: WorkingCalendar) -> dict[str, str]:
    """What was left of the time for handling when more was asked for goes on now."""
    until = datetime.fromisoformat(ticket.limits["handle_by"])
    left = max(0, working_minutes_between(asked_at, until, calendar))
    return {"handle_by": _last_instant(after_working_minutes(at, left, calendar))}


def without_contacts(text: str) -> str:
    """A text as it may be shown to everybody: without e-mail addresses and without long numbers."""
    return NUMBER.sub(MASK, E_MAIL.sub(MASK, text))


def _last_instant(at: datetime | None) -> str:
    assert at is not None  # working days always fall somewhere
    return end_of_day(office_minute(at).date()).isoformat()
