"""The feedback desk: tickets given, routed, asked about, answered, refused, published, rated and opened again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, agency_unknown
from infra.chassis.instants import office_day
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden, InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.text.vietnamese_text import comparison_key
from infra.working_time import WorkingCalendar
from services.oversight.agency_tables import knows_agency
from services.oversight.domain.fact import EPOCH, MICROSECOND, micros
from services.oversight.domain.feedback import (
    MOVES,
    Ticket,
    limits_after_wait,
    limits_from,
    publication_limit,
    ticket_of,
)
from services.oversight.errors import FeedbackNotFound, TransitionNotAllowed
from services.oversight.feedback.streams import FeedbackStreams
from services.oversight.feedback.tables import FeedbackNumber, FeedbackTicket

if TYPE_CHECKING:
    from services.oversight.clients import CatalogQuestions

OFFICERS = ("intake_officer", "case_officer", "approver")
CODE_BYTES = 10


class NewFeedback(NamedTuple):
    """What is new. ``call``: of a telephone call its id and length in seconds."""

    kind: str
    subject: str
    text: str
    agency_code: str | None
    contact: Json | None
    channel: str
    call: Json | None


ActFacts = Mapping[str, object] | Callable[[Ticket], Mapping[str, object]]  # stated, or made of the ticket


class FeedbackDesk:
    """Takes tickets in and leads them through their states."""

    def __init__(self, database: Database) -> None:
        self.database, self.streams = database, FeedbackStreams(database)
        self.agencies = AgencyBook(lambda code: knows_agency(database, code))

    @classmethod
    def from_settings(cls, settings: Settings) -> FeedbackDesk:
        return cls(Database.at(settings.database_url("oversight")))

    def give(self, new: NewFeedback, *, catalog: CatalogQuestions, by: Actor, command: Command) -> Json:
        """``{feedback_id, reference, tracking_code, agency_code, …}``: the agency named, or its successor.

        What comes by telephone or post an official types in.
        """
        _check_channel(new, by)
        now = clock.now()
        named = new.agency_code
        new = new._replace(agency_code=self.agencies.carrying_on(named, catalog) if named else None)
        limits = limits_from(now, office_calendar(catalog, now))

        def work(session: Session) -> Json:
            if named and new.agency_code is None:
                raise agency_unknown(named)
            feedback_id, code = str(uuid4()), secrets.token_hex(CODE_BYTES)
            reference = _reference(session, now)
            digest = _digest_of(new)
            same = self.streams.same_text(session, digest)
            session.add(
                FeedbackTicket(
                    feedback_id=feedback_id, reference=reference, tracking_digest=digest_of_code(reference, code),
                    kind=new.kind, channel=new.channel, agency_code=new.agency_code, status="received",
                    giver_id=None if by.anonymous or new.channel != "web" else by.account_id,
                    duplicate_of=same, text_digest=digest, given_at=micros(now), updated_at=micros(now), version=0,
                )
            )  # fmt: skip
            session.flush()
            words = {"subject": new.subject, "text": new.text}
            words |= {f"contact.{name}": value for name, value in (new.contact or {}).items() if value}
            facts = {"limits": limits, "agency_code": new.agency_code, "call": new.call, "duplicate_of": same}
            ticket = self.streams.record(session, feedback_id, "give", now, by, facts, words)
            return {**_answer(feedback_id, reference, ticket), "tracking_code": code, "duplicate_of": same}

        return self.database.command(command, work)

    def route(
        self, feedback_id: str, agency_code: str, *, catalog: CatalogQuestions, by: Actor, command: Command
    ) -> Json:
        """Send a ticket to the agency it concerns, or that carries on its work; its limits begin anew."""
        now = clock.now()
        limits = limits_from(now, office_calendar(catalog, now))
        agency = self.agencies.carrying_on(agency_code, catalog)

        def facts(_ticket: Ticket) -> Json:
            if agency is None:
                raise agency_unknown(agency_code)
            return {"limits": limits, "agency_code": agency}

        return self._act(feedback_id, "route", facts, {}, now, by, command)

    def ask(self, feedback_id: str, question: str, *, by: Actor, command: Command) -> Json:
        return self._act(feedback_id, "ask", {}, {"question": question}, clock.now(), by, command)

    def answer(self, feedback_id: str, text: str, *, catalog: CatalogQuestions, by: Actor, command: Command) -> Json:
        """The agency's answer; it waits to be published."""
        now = clock.now()
        facts = {"limits": publication_limit(now, office_calendar(catalog, now))}
        return self._act(feedback_id, "answer", facts, {"answer": text}, now, by, command)

    def refuse(self, feedback_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        return self._act(feedback_id, "refuse", {}, {"refusal": reason}, clock.now(), by, command)

    def publish(self, feedback_id: str, *, by: Actor, command: Command) -> Json:
        return self._act(feedback_id, "publish", {}, {}, clock.now(), by, command)

    def supplement(
        self, feedback_id: str, text: str, code: str | None, *, catalog: CatalogQuestions, by: Actor, command: Command
    ) -> Json:
        """The giver says more; the time that was left for handling goes on."""
        now = clock.now()
        days = office_calendar(catalog, now, since=self._last_asked_at(feedback_id))

        def facts(ticket: Ticket) -> Json:
            return {"limits": limits_after_wait(ticket, _instant(ticket.last_asked_at), now, days)}

        return self._act(feedback_id, "supplement", facts, {"supplement": text}, now, by, command, code)

    def _last_asked_at(self, feedback_id: str) -> datetime | None:
        """Read before the command, so that the catalogue is not asked while the ticket is held."""
        with self.database.session() as session:
            asked_at = ticket_of(self.streams.acts(session, feedback_id)).last_asked_at
        return _instant(asked_at) if asked_at else None

    def rate(self, feedback_id: str, stars: int, code: str | None, *, by: Actor, command: Command) -> Json:
        return self._act(feedback_id, "rate", {"stars": stars}, {}, clock.now(), by, command, code)

    def reopen(
        self, feedback_id: str, reason: str, code: str | None, *, catalog: CatalogQuestions, by: Actor, command: Command
    ) -> Json:
        """Whoever is not satisfied brings it again; its limits begin anew."""
        now = clock.now()
        facts = {"limits": limits_from(now, office_calendar(catalog, now))}
        return self._act(feedback_id, "reopen", facts, {"reopening": reason}, now, by, command, code)

    def _act(
        self, feedback_id: str, kind: str, facts: ActFacts, words: Mapping[str, str], at: datetime, by: Actor,
        command: Command, code: str | None = None,
    ) -> Json:  # fmt: skip
        def work(session: Session) -> Json:
            row, ticket = self.streams.locked(session, feedback_id)
            if kind in GIVERS_ACTS:
                check_giver(row, code, by)
            else:
                check_office(row, by)
            if kind not in ticket.allowed():
                raise TransitionNotAllowed(
                    status=ticket.status, act=kind, allowed=", ".join(ticket.allowed()) or "–", feedback_id=feedback_id
                )
            recorded = facts(ticket) if callable(facts) else facts
            numbered = {f"{name}.{ticket.version + 1}": text for name, text in words.items()}
            after = self.streams.record(session, feedback_id, kind, at, by, recorded, numbered)
            return _answer(feedback_id, row.reference, after)

        return self.database.command(command, work)


GIVERS_ACTS = frozenset({"supplement", "rate", "reopen"})
assert MOVES.keys() > GIVERS_ACTS


def office_calendar(catalog: CatalogQuestions, at: datetime, since: datetime | None = None) -> WorkingCalendar:
    """The catalogue's calendar now, from the year of ``since`` (of ``at``) to the one after ``at``."""
    years = range(office_day(since or at).year, office_day(at).year + 2)
    return WorkingCalendar.of_replies([catalog.calendar(year=year) for year in years])


def _instant(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND


def check_office(row: FeedbackTicket, by: Actor) -> None:
    """An officer of the agency it is with, or an operator; never whoever gave it."""
    own = row.agency_code is not None and by.at(row.agency_code, *OFFICERS)
    if not (own or by.has("operator")) or row.giver_id == by.account_id:
        raise Forbidden(
            reason="phản ánh không thuộc cơ quan mình", reason_en="the feedback is not with one's own agency"
        )


def check_giver(row: FeedbackTicket, code: str | None, by: Actor) -> None:
    """Whoever gave it: signed in, or with the tracking code."""
    signed_in = not by.anonymous and row.giver_id == by.account_id
    if not signed_in and not (code and is_tracking_code(row, code)):
        raise FeedbackNotFound(feedback=row.feedback_id)


def is_tracking_code(row: FeedbackTicket, code: str) -> bool:
    return hmac.compare_digest(row.tracking_digest, digest_of_code(row.reference, code))


def digest_of_code(reference: str, code: str) -> str:
    return hashlib.sha256(f"{reference}\n{code.strip().lower()}".encode()).hexdigest()


def _check_channel(new: NewFeedback, by: Actor) -> None:
    if new.channel == "web":
        if new.call is not None:
            raise InvalidRequest.at("/call", "chỉ dùng với channel = phone", "only with channel = phone")
        return
    if not by.has(*OFFICERS, "operator"):
        raise Forbidden(
            reason="phản ánh qua điện thoại, bưu chính do cán bộ nhập",
            reason_en="feedback by telephone or post is typed in by an official",
        )


def _digest_of(new: NewFeedback) -> str:
    text = "\n".join((new.kind, new.agency_code or "", comparison_key(new.subject), comparison_key(new.text)))
    return hashlib.sha256(text.encode()).hexdigest()


def _reference(session: Session, at: datetime) -> str:
    """``PAKN.yyyymmdd.nnnn``."""
    day = office_day(at).strftime("%Y%m%d")
    insert = insert_into(session, FeedbackNumber).values(day=day, last=1)
    counted = insert.on_conflict_do_update(index_elements=["day"], set_={"last": FeedbackNumber.last + 1})
    number = session.execute(counted.returning(FeedbackNumber.last)).scalar_one()
    return f"PAKN.{day}.{number:04}"


def _answer(feedback_id: str, reference: str, ticket: Ticket) -> Json:
    return {
        "feedback_id": feedback_id,
        "reference": reference,
        "status": ticket.status,
        "version": ticket.version,
        "limits": dict(ticket.limits),
        "agency_code": ticket.agency_code,
    }
