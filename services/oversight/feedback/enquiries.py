"""Looking at tickets: whoever gave one by its tracking code, officers by their queue, everybody what is published."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import agency_unknown
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.oversight.agency_tables import is_known
from services.oversight.domain.fact import iso
from services.oversight.domain.feedback import (
    AWAITING_PUBLICATION,
    PUBLISHED,
    WITH_AGENCY,
    Ticket,
    ticket_of,
    without_contacts,
)
from services.oversight.errors import FeedbackNotFound
from services.oversight.feedback.desk import OFFICERS, is_tracking_code
from services.oversight.feedback.streams import FeedbackStreams
from services.oversight.feedback.tables import FeedbackTicket

PUBLIC_WORDS = ("subject", "text", "answer")


class FeedbackEnquiries:
    """Reads tickets."""

    def __init__(self, database: Database) -> None:
        self.database, self.streams = database, FeedbackStreams(database)

    @classmethod
    def from_settings(cls, settings: Settings) -> FeedbackEnquiries:
        return cls(Database.at(settings.database_url("oversight")))

    def track(self, reference: str, tracking_code: str) -> Json:
        """A ticket for who has its code; ``FeedbackNotFound`` alike for an unknown reference and a wrong code."""
        with self.database.session() as session:
            row = session.scalars(select(FeedbackTicket).where(FeedbackTicket.reference == reference)).first()
            if row is None or not is_tracking_code(row, tracking_code):
                raise FeedbackNotFound(feedback=reference)
            ticket = ticket_of(self.streams.acts(session, row.feedback_id))
            words = self.streams.words(session, row.feedback_id)
        return _view(row, ticket) | {"words": _own_words(words, ticket)}

    def queue(self, agency_code: str, status: str | None, limit: int, cursor: str | None, *, by: Actor) -> Page[Json]:
        """The tickets of an agency, oldest first, with all that was said. Refuses ``AgencyUnknown``."""
        if not (by.at(agency_code, *OFFICERS) or by.has("operator", "auditor")):
            raise Forbidden(reason="không thuộc cơ quan này", reason_en="no post at this agency")
        rows = select(FeedbackTicket).where(FeedbackTicket.agency_code == agency_code)
        rows = rows.where(FeedbackTicket.giver_id.is_(None) | (FeedbackTicket.giver_id != by.account_id))
        if status is not None:
            rows = rows.where(FeedbackTicket.status == status)
        keys = (FeedbackTicket.given_at, FeedbackTicket.feedback_id)
        with self.database.session() as session:
            tickets: Page[Json] = page(session, rows, keys, self._for_officers(session), limit=limit, cursor=cursor)
            if not (tickets["items"] or by.at(agency_code, *OFFICERS) or is_known(session, agency_code)):
                raise agency_unknown(agency_code)
        return tickets

    def published(self, limit: int, cursor: str | None) -> Page[Json]:
        """What everybody may read: published tickets, masked, newest first."""
        rows = select(FeedbackTicket).where(FeedbackTicket.status == PUBLISHED)
        keys = (FeedbackTicket.updated_at, FeedbackTicket.feedback_id)

        with self.database.session() as session:

            def view(row: FeedbackTicket) -> Json:
                ticket = ticket_of(self.streams.acts(session, row.feedback_id))
                return _view(row, ticket) | {"words": public_words(self.streams.words(session, row.feedback_id))}

            return page(session, rows, keys, view, limit=limit, cursor=cursor, newest_first=True)

    def _for_officers(self, session: Session) -> Callable[[FeedbackTicket], Json]:
        def view(row: FeedbackTicket) -> Json:
            ticket = ticket_of(self.streams.acts(session, row.feedback_id))
            words = self.streams.words(session, row.feedback_id)
            return _view(row, ticket) | {"words": words, "allowed": ticket.allowed()}

        return view


def public_words(words: dict[str, str]) -> dict[str, str]:
    """Subject, text and the last answer, without numbers and addresses of people."""
    latest = {name.partition(".")[0]: text for name, text in sorted(words.items(), key=_version)}
    return {name: without_contacts(latest[name]) for name in PUBLIC_WORDS if name in latest}


def _own_words(words: dict[str, str], ticket: Ticket) -> dict[str, str]:
    """What the giver sees: everything but how they can be reached; an answer once it is published."""
    hidden = ("contact.",) if ticket.status != AWAITING_PUBLICATION else ("contact.", "answer.")
    return {name: text for name, text in sorted(words.items()) if not name.startswith(hidden)}


def _version(item: tuple[str, str]) -> int:
    number = item[0].rpartition(".")[2]
    return int(number) if number.isdecimal() else 0


def _view(row: FeedbackTicket, ticket: Ticket) -> Json:
    return {
        "feedback_id": row.feedback_id,
        "reference": row.reference,
        "kind": row.kind,
        "channel": row.channel,
        "agency_code": ticket.agency_code,
        "status": ticket.status,
        "open": ticket.status in WITH_AGENCY,
        "given_at": iso(row.given_at),
        "updated_at": iso(row.updated_at),
        "handle_by": ticket.limits.get("handle_by"),
        "late": list(ticket.late),
        "stars": ticket.stars,
        "duplicate_of": row.duplicate_of,
        "version": ticket.version,
        "acts": [{"kind": kind, "at": iso(at)} for kind, at in ticket.acts],
    }
