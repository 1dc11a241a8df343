"""Feedback lives through its states: limits in working days, tracking without an account, masks, the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis.access.actors import ANONYMOUS, Actor
from infra.chassis.official_calendar import published
from infra.chassis.refusals import AgencyUnknown, Forbidden, Forwarded, InvalidRequest
from infra.chassis.storage.commands import Command
from infra.working_time.records import CalendarReply
from services.oversight.country import keep_agency
from services.oversight.domain.feedback import without_contacts
from services.oversight.errors import FeedbackNotFound, TransitionNotAllowed
from services.oversight.feedback.desk import FeedbackDesk, NewFeedback
from services.oversight.feedback.enquiries import FeedbackEnquiries
from services.oversight.personal_data import PersonalData
from tests.component.oversight.use_cases import APPROVER, AUDITOR, TIME, OversightOffice

MONDAY = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
OPERATOR = Actor("operator", roles=frozenset({"operator"}))
CITIZEN = Actor("citizen", roles=frozenset({"citizen"}))
ELSEWHERE = Actor("elsewhere", agencies={"H01.02": frozenset({"approver"})})


class Catalog:
    """A year without a single day that differs from Monday to Friday."""

    def calendar(self, *, year: int) -> CalendarReply:
        return {"year": year, "version": "mẫu", "days": []}

    def agency(self, *, code: str, at: str | None = None) -> dict[str, Any]:
        if code == "H99.99":
            raise Forwarded("AgencyUnknown", "")
        return {"code": code, "carried_on_by": {"H01.09": "H01.01"}.get(code, code)}


class OfficialCatalog(Catalog):
    def calendar(self, *, year: int) -> CalendarReply:
        return {"year": year, "version": "mẫu", "days": published(year)}


class Desk:
    """Acts as people do, each with a command of its own."""

    def __init__(self, office: OversightOffice) -> None:
        self.catalog = Catalog()
        self.desk, self.enquiries = FeedbackDesk(office.database), FeedbackEnquiries(office.database)

    def give(self, by: Actor = ANONYMOUS, channel: str = "web", text: str = "Gọi 0912345678", **more: Any) -> Any:
        new = NewFeedback(
            "regulation", "Thành phần hồ sơ", text, more.get("agency_code", "H01.01"), None, channel, more.get("call")
        )
        return self.desk.give(new, catalog=self.catalog, **acting(by))

    def act(self, kind: str, ticket: Any, *arguments: Any, by: Actor = APPROVER, counted: bool = False) -> Any:
        more = {"catalog": self.catalog} if counted else {}
        return getattr(self.desk, kind)(ticket["feedback_id"], *arguments, **more, **acting(by))


def acting(by: Actor) -> Any:
    return {"by": by, "command": Command.of(str(uuid4()), "act", by.account_id, {})}


@pytest.fixture
def desk(office: OversightOffice) -> Desk:
    return Desk(office)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def test_a_ticket_is_answered_published_rated_and_brought_again(desk: Desk) -> None:
    ticket = desk.give()
    code = ticket["tracking_code"]
    assert desk.act("answer", ticket, "Đã sửa.", counted=True)["status"] == "awaiting_publication"
    assert "answer.2" not in desk.enquiries.track(ticket["reference"], code)["words"]
    assert desk.act("publish", ticket)["status"] == "published"
    assert desk.enquiries.track(ticket["reference"], code)["words"]["answer.2"] == "Đã sửa."
    assert desk.act("rate", ticket, 1, code, by=ANONYMOUS)["status"] == "published"
    assert desk.act("reopen", ticket, "Chưa sửa", code, by=ANONYMOUS, counted=True)["status"] == "reopened"
    tracked = desk.enquiries.track(ticket["reference"], code)
    assert [act["kind"] for act in tracked["acts"]] == ["give", "answer", "publish", "rate", "reopen"]


def test_limits_are_working_days_and_what_comes_after_them_is_late(desk: Desk) -> None:
    with at(MONDAY):
        ticket = desk.give()
    assert ticket["limits"]["refuse_by"] == "2026-03-04T16:59:59.999999+00:00"
    assert ticket["limits"]["ask_by"] == "2026-03-09T16:59:59.999999+00:00"
    assert ticket["limits"]["handle_by"] == "2026-03-23T16:59:59.999999+00:00"
    with at(MONDAY + timedelta(days=3)):
        desk.act("refuse", ticket, "Là khiếu nại.")
    assert desk.enquiries.track(ticket["reference"], ticket["tracking_code"])["late"] == ["refuse"]


def test_the_time_a_supplement_is_waited_for_does_not_count(desk: Desk) -> None:
    with at(MONDAY):
        ticket = desk.give()
        desk.act("ask", ticket, "Thủ tục nào?")
    with at(MONDAY + timedelta(days=14)):
        answer = desk.act("supplement", ticket, "1.001193", ticket["tracking_code"], by=ANONYMOUS, counted=True)
    assert answer["limits"]["handle_by"].startswith("2026-04-06T16:59:59")


def test_what_is_done_on_the_evening_of_the_last_day_is_in_time(desk: Desk) -> None:
    with at(MONDAY):
        ticket = desk.give()
    with at(datetime(2026, 3, 23, 16, 30, tzinfo=UTC)):
        desk.act("answer", ticket, "Đã sửa.", counted=True)
    with at(datetime(2026, 3, 25, 16, 30, tzinfo=UTC)):
        desk.act("publish", ticket)
    assert desk.enquiries.track(ticket["reference"], ticket["tracking_code"])["late"] == []


def test_a_wait_over_the_end_of_a_year_keeps_the_holidays_of_the_year_it_began_in(desk: Desk) -> None:
    """31 August to 2 September 2026 are off: nine working days are left when more is asked for on 24 August."""
    desk.catalog = OfficialCatalog()
    with at(datetime(2026, 8, 14, 2, 30, tzinfo=UTC)):
        ticket = desk.give()
    assert ticket["limits"]["handle_by"].startswith("2026-09-08")
    with at(datetime(2026, 8, 24, 0, 30, tzinfo=UTC)):
        desk.act("ask", ticket, "Thủ tục nào?")
    with at(datetime(2027, 3, 1, 0, 30, tzinfo=UTC)):
        answer = desk.act("supplement", ticket, "1.001193", ticket["tracking_code"], by=ANONYMOUS, counted=True)
    assert answer["limits"]["handle_by"].startswith("2027-03-11")


def test_routing_begins_the_limits_anew_and_hands_the_ticket_over(desk: Desk) -> None:
    with at(MONDAY):
        ticket = desk.give()
    with at(MONDAY + timedelta(days=7)):
        answer = desk.act("route", ticket, "H01.02", counted=True)
    assert answer["limits"]["refuse_by"] == "2026-03-11T16:59:59.999999+00:00"
    with pytest.raises(Forbidden):
        desk.act("ask", ticket, "?")
    assert desk.act("ask", ticket, "?", by=ELSEWHERE)["status"] == "awaiting_supplement"


def test_only_its_agency_and_operators_handle_it_and_never_whoever_gave_it(desk: Desk) -> None:
    own = Actor("citizen", agencies={"H01.01": frozenset({"approver"})})
    ticket = desk.give(by=CITIZEN)
    for by in (ELSEWHERE, AUDITOR, CITIZEN, own):
        with pytest.raises(Forbidden):
            desk.act("refuse", ticket, "Không", by=by)
    assert desk.act("refuse", ticket, "Không", by=OPERATOR)["status"] == "refused"


def test_nobody_but_the_giver_rates_or_reopens(desk: Desk) -> None:
    ticket = desk.give(by=CITIZEN)
    desk.act("refuse", ticket, "Không")
    with pytest.raises(FeedbackNotFound):
        desk.act("reopen", ticket, "Vì sao?", None, by=ANONYMOUS, counted=True)
    with pytest.raises(FeedbackNotFound):
        desk.act("reopen", ticket, "Vì sao?", "0" * 20, by=ANONYMOUS, counted=True)
    assert desk.act("reopen", ticket, "Vì sao?", None, by=CITIZEN, counted=True)["status"] == "reopened"


def test_what_a_status_does_not_allow_is_refused_and_says_what_it_allows(desk: Desk) -> None:
    ticket = desk.give()
    with pytest.raises(TransitionNotAllowed, match="route, ask, answer, refuse"):
        desk.act("publish", ticket)


def test_a_telephone_call_is_typed_in_by_an_official_with_its_length(desk: Desk) -> None:
    call = {"call_id": "1", "seconds": 65}
    with pytest.raises(Forbidden):
        desk.give(channel="phone", call=call)
    with pytest.raises(InvalidRequest):
        desk.give(call=call)
    assert desk.give(by=APPROVER, channel="phone", call=call)["reference"].startswith("PAKN.")


def test_the_same_words_to_the_same_agency_are_linked(desk: Desk) -> None:
    first, second, other = desk.give(), desk.give(text="GỌI  0912345678"), desk.give(text="Khác")
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, first["feedback_id"])
    assert other["duplicate_of"] is None


def test_what_is_published_shows_no_numbers_or_addresses(desk: Desk) -> None:
    ticket = desk.give()
    desk.act("answer", ticket, "Liên hệ mau@example.vn, số 0912 345 678.", counted=True)
    assert desk.enquiries.published(10, None)["items"] == []
    desk.act("publish", ticket)
    [item] = desk.enquiries.published(10, None)["items"]
    assert item["words"] == {
        "subject": "Thành phần hồ sơ",
        "text": "Gọi •••",
        "answer": "Liên hệ •••, số •••.",
    }
    assert without_contacts("Điều 12, 15 ngày") == "Điều 12, 15 ngày"


def test_a_queue_shows_an_agency_its_own_tickets(desk: Desk, office: OversightOffice) -> None:
    office.opened(["01"])
    desk.give()
    assert len(desk.enquiries.queue("H01.01", None, 10, None, by=APPROVER)["items"]) == 1
    assert desk.enquiries.queue("H01.01", "refused", 10, None, by=AUDITOR)["items"] == []
    with pytest.raises(Forbidden):
        desk.enquiries.queue("H01.01", None, 10, None, by=ELSEWHERE)


def test_feedback_counts_in_the_index_of_its_agency(office: OversightOffice, desk: Desk) -> None:
    office.opened(["01"])
    with at(MONDAY):
        desk.give()
        late = desk.give(text="Muộn")
    with at(MONDAY + timedelta(days=4)):
        desk.act("refuse", late, "Không")
    with at(MONDAY + timedelta(days=20)):
        index = office.ranker.index("H01.01", "2026-03", None, None, 34)
    rows = {row["code"]: (row["numerator"], row["denominator"]) for row in index["rows"]}
    assert rows["PETITION_PROCESSING_ON_TIME"] == (1, 2)
    assert rows["PETITION_HANDLING_SATISFACTION"] == (0, 1)


def test_an_erased_giver_leaves_a_ticket_without_words(office: OversightOffice, desk: Desk) -> None:
    ticket = desk.give(by=CITIZEN)
    with office.database.session() as session:
        assert PersonalData(office.database).forget(session, "citizen", set()) == {"feedback_words": 2}
    [item] = desk.enquiries.queue("H01.01", None, 10, None, by=APPROVER)["items"]
    assert (item["feedback_id"], item["words"]) == (ticket["feedback_id"], {})


def test_feedback_about_an_agency_nobody_has_recorded_is_refused(desk: Desk) -> None:
    with pytest.raises(AgencyUnknown):
        desk.give(agency_code="H99.99")
    ticket = desk.give()
    with pytest.raises(AgencyUnknown):
        desk.act("route", ticket, "H99.99", by=OPERATOR, counted=True)
    assert desk.enquiries.track(ticket["reference"], ticket["tracking_code"])["version"] == 1


def test_feedback_about_a_merged_agency_goes_to_its_successor(desk: Desk) -> None:
    assert desk.give(agency_code="H01.09")["agency_code"] == "H01.01"
    routed = desk.act("route", desk.give(agency_code=None), "H01.09", by=OPERATOR, counted=True)
    assert routed["agency_code"] == "H01.01"


def test_an_agency_that_identity_has_announced_is_good_before_the_catalogue_knows_it(
    desk: Desk, office: OversightOffice
) -> None:
    row = {"code": "H99.99", "name": "Cơ quan mẫu", "parent_code": None, "province_code": None, "created_at": TIME}
    with office.database.session() as session:
        keep_agency(session, row)
    assert desk.give(agency_code="H99.99")["agency_code"] == "H99.99"


def test_the_queue_of_an_agency_nobody_knows_is_no_empty_queue(desk: Desk) -> None:
    with pytest.raises(AgencyUnknown):
        desk.enquiries.queue("H99.99", None, 50, None, by=AUDITOR)
