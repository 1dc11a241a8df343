"""Histories, instants, differences, due dates: read from events, with every read by staff published."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from infra.chassis.instants import today
from infra.chassis.storage.tables import outbox
from services.applications.agency_seats import AgencySeats
from services.applications.errors import ApplicationNotFound, Forbidden, InvalidRequest, ReadModelBehind
from tests.component.applications.test_procedure_rules import decided
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import call, official, reading

AUDITOR = reading(actors.AUDITOR)


def outbox_data(portal, kind):
    with portal.database.session() as session:
        return [
            row.data for row in session.execute(select(outbox).where(outbox.c.type == kind).order_by(outbox.c.position))
        ]


def in_a_month() -> str:
    return (today() + timedelta(days=30)).isoformat()


def test_a_history_tells_every_event_with_its_words(portal):
    key = portal.rejected()
    items = portal.audit.history(key, **AUDITOR)["items"]
    assert [item["kind"] for item in items] == [
        "Started",
        "AnswersSaved",
        "Attached",
        "Submitted",
        "Accepted",
        "Assigned",
        "OutcomeProposed",
        "Rejected",
    ]
    assert items[-1]["reason"] == "Không đủ điều kiện."
    assert items[-1]["by"] == {
        "account_id": "approver-1",
        "role": "approver",
        "agency_code": "H01.01",
        "on_behalf_of": None,
    }
    assert all(item["command_id"] and item["call_id"] and item["at"] for item in items)


def test_the_state_at_an_instant_is_what_was_recorded_then(portal):
    with time_machine.travel("2026-03-02T01:30:00Z", tick=False) as clock:
        key = portal.submitted()
        clock.move_to("2026-03-03T01:30:00Z")
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    at = {
        when: portal.audit.state_at(key, at=when, **AUDITOR)["status"]
        for when in ("2026-03-02T02:00:00Z", "2026-03-04T00:00:00Z")
    }
    assert list(at.values()) == ["submitted", "accepted"]
    assert portal.audit.state_at(key, version=1, **AUDITOR)["status"] == "draft"
    with pytest.raises(ApplicationNotFound):
        portal.audit.state_at(key, at="2026-03-01T00:00:00Z", **AUDITOR)


def test_every_prefix_of_a_stream_gives_the_state_of_its_version(portal):
    key = portal.approved()
    final = portal.store.get(key).version
    assert [portal.audit.state_at(key, version=n, **AUDITOR)["version"] for n in range(1, final + 1)] == list(
        range(1, final + 1)
    )


def test_a_difference_names_fields_before_and_after(portal):
    key = portal.filled()
    portal.registry.save_answers(key, {"ho_ten": "Nguyễn Văn Mẫu"}, **call(actors.CITIZEN), **portal.neighbours)
    difference = portal.audit.diff(key, 3, 4, **AUDITOR)
    changes = {change["field"]: (change["before"], change["after"]) for change in difference["changes"]}
    assert changes["/answers/ho_ten"] == ("Nguyễn Thị Mẫu", "Nguyễn Văn Mẫu")
    assert difference["events"][0]["facts"]["changed"] == ["/ho_ten"]


def test_the_proof_of_a_due_date_counts_day_by_day(portal):
    with time_machine.travel("2026-04-29T02:00:00Z", tick=False):  # a Wednesday; Thursday and Friday are holidays
        key = portal.accepted()
        proof = portal.due_dates.explain_due_date(
            key, catalog=portal.catalog, identity=portal.identity, **reading(actors.CITIZEN)
        )
    kinds = {day["date"]: day["kind"] for day in proof["days"]}
    assert kinds == {
        "2026-04-29": "start",
        "2026-04-30": "holiday",
        "2026-05-01": "holiday",
        "2026-05-02": "weekend",
        "2026-05-03": "weekend",
        "2026-05-04": "counted",
        "2026-05-05": "counted",
        "2026-05-06": "due",
    }
    assert proof["due_at"] == "2026-05-06T10:00:00+00:00"


def test_a_calendar_corrected_later_shows_beside_the_promise_and_lists_whom_it_affects(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False):
        key = portal.accepted()
        portal.follow()
        portal.catalog.days[2026].append(("2026-03-04", "holiday"))
        portal.due_dates.procedure_rules.calendar_changed(decided("2026-03-04"))
        proof = portal.due_dates.explain_due_date(
            key, catalog=portal.catalog, identity=portal.identity, **reading(actors.CITIZEN)
        )
        affected = portal.due_dates.affected_due_dates(catalog=portal.catalog, **AUDITOR)
        that_day, another = (
            portal.due_dates.affected_due_dates(catalog=portal.catalog, on=on, **AUDITOR)["items"]
            for on in ("2026-03-04", "2026-03-06")
        )
    assert proof["due_at"] == "2026-03-05T10:00:00+00:00"
    assert proof["corrected"]["corrected_due_at"] == "2026-03-06T10:00:00+00:00"
    assert proof["promised_at"] == proof["corrected"]["recorded_due_at"]
    assert [item["application_id"] for item in affected["items"]] == [key]
    assert (that_day, another) == (affected["items"], [])


def test_a_look_by_staff_is_told_and_the_applicants_own_is_not(portal):
    key = portal.submitted()
    portal.queries.application(key, identity=portal.identity, **reading(actors.CITIZEN))
    assert outbox_data(portal, "application_read.v1") == []
    portal.queries.application(
        key, identity=portal.identity, **reading(actors.INTAKE), purpose="Kiểm tra thành phần hồ sơ"
    )
    portal.audit.history(key, **AUDITOR)
    reads = outbox_data(portal, "application_read.v1")
    assert [(read["by"]["account_id"], read["applicant_id"]) for read in reads] == [
        ("intake-1", "citizen-1"),
        ("auditor-1", "citizen-1"),
    ]
    assert reads[0]["purpose"] == "Kiểm tra thành phần hồ sơ"


def test_an_applicant_sees_who_handled_it_and_not_what_offices_say_among_themselves(portal):
    key = portal.proposed()
    portal.office.consult(key, "H01.02", "Xin ý kiến", in_a_month(), catalog=portal.catalog, **call(actors.CASE))
    view = portal.queries.application(key, identity=portal.identity, **reading(actors.CITIZEN))
    assert [hand["did"] for hand in view["hands"]] == [
        "Accepted",
        "Assigned",
        "OutcomeProposed",
        "ConsultationRequested",
    ]
    assert "consultations" not in view and "proposal" not in view
    assert (
        portal.queries.application(key, identity=portal.identity, **reading(actors.CASE))["proposal"]["outcome"]
        == "approve"
    )


def test_the_asked_agency_sees_the_application_it_was_asked_about(portal):
    key = portal.in_processing()
    with pytest.raises(Forbidden):
        portal.queries.application(key, identity=portal.identity, **reading(actors.STRANGER))
    consultation = portal.office.consult(
        key, "H01.02", "Xin ý kiến", in_a_month(), catalog=portal.catalog, **call(actors.CASE)
    )
    assert (
        portal.queries.application(key, identity=portal.identity, **reading(actors.STRANGER))["status"]
        == "in_processing"
    )
    portal.office.answer_consultation(key, consultation["consultation_id"], "Đồng ý", **call(actors.STRANGER))
    view = portal.queries.application(key, identity=portal.identity, **reading(actors.CASE))
    assert view["consultations"][0]["opinion"] == "Đồng ý"


def test_lists_come_in_pages_that_miss_and_repeat_nothing(portal):
    keys = {portal.submitted() for _ in range(5)}
    portal.follow()
    for read in (portal.lists.mine, lambda **arguments: portal.lists.queue("H01.01", **arguments)):
        citizen = {"by": actors.CITIZEN, "identity": portal.identity}
        who = citizen if read == portal.lists.mine else reading(actors.INTAKE)
        collected, cursor = [], None
        while True:
            page = read(**who, limit=2, cursor=cursor)
            collected += [item["application_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(collected) == sorted(keys)
    with pytest.raises(InvalidRequest):
        portal.lists.mine(by=actors.CITIZEN, identity=portal.identity, cursor="bịa đặt")


def test_lists_say_what_a_procedure_was_called_when_it_was_filed(portal):
    portal.submitted()
    portal.follow()
    mine = portal.lists.mine(by=actors.CITIZEN, identity=portal.identity)["items"]
    for _ in range(2):
        queue = portal.lists.queue("H01.01", **reading(actors.INTAKE))["items"]
        assert [item["procedure_title"]["vi"] for item in (*mine, *queue)] == ["Thủ tục thử"] * 2


def test_a_queue_is_asked_by_status_and_lateness(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        late, fresh = portal.accepted(), portal.submitted()
        portal.follow()
        clock.move_to("2026-03-09T02:00:00Z")
        by = reading(actors.INTAKE)
        assert [item["application_id"] for item in portal.lists.queue("H01.01", overdue=True, **by)["items"]] == [late]
        assert [item["application_id"] for item in portal.lists.queue("H01.01", overdue=False, **by)["items"]] == [
            fresh
        ]
        assert [item["application_id"] for item in portal.lists.queue("H01.01", status="submitted", **by)["items"]] == [
            fresh
        ]


def test_a_read_waits_for_the_position_it_asks_for(portal):
    portal.submitted()
    portal.follow()
    assert portal.lists.mine(by=actors.CITIZEN, identity=portal.identity, min_position=4)["items"]
    with pytest.raises(ReadModelBehind):
        portal.lists.mine(by=actors.CITIZEN, identity=portal.identity, min_position=5)


def test_the_log_is_read_from_a_position_on_by_kind_or_application(portal):
    first, second = portal.submitted(), portal.submitted()
    assert len(portal.audit.events(**AUDITOR, limit=100)["items"]) == 8
    assert [item["kind"] for item in portal.audit.events(**AUDITOR, kind="Submitted")["items"]] == ["Submitted"] * 2
    assert {item["application_id"] for item in portal.audit.events(**AUDITOR, application_id=second)["items"]} == {
        second
    }
    page = portal.audit.events(**AUDITOR, limit=3)
    assert page["next_after"] == page["items"][-1]["position"] and page["last"] == 8
    assert first != second


def test_an_export_page_by_page_is_one_file(portal):
    portal.rejected()
    pages, cursor = [], None
    while True:
        page = portal.exports.export("csv", **AUDITOR, limit=3, cursor=cursor)
        pages.append(page["content"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    text = "".join(pages)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert text.startswith("\ufeff") and [row["kind"] for row in rows][-1] == "Rejected" and len(rows) == 8
    lines = portal.exports.export("jsonl", **AUDITOR)["content"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"applications:{n}" for n in range(1, 9)]
    assert len(outbox_data(portal, "history_exported.v1")) == 4


def test_a_citizens_list_shows_who_handled_an_application_last_and_when(portal):
    waiting, accepted = portal.submitted(), portal.accepted()
    portal.follow()
    view = {
        item["application_id"]: item for item in portal.lists.mine(by=actors.CITIZEN, identity=portal.identity)["items"]
    }
    assert view[waiting]["handled_by"] is None and view[waiting]["handled_at"] is None
    last = portal.queries.application(accepted, **reading(actors.CITIZEN), identity=portal.identity)["hands"][-1]
    assert (view[accepted]["handled_by"], view[accepted]["handled_at"]) == (last["account_id"], last["at"])


def test_figures_by_province_count_an_agency_where_identity_says_it_lies(portal):
    portal.submitted()
    portal.follow()
    ask = ("2020-01-01", "2100-01-01", "province")
    assert [row["key"] for row in portal.figures.statistics(*ask, reader=actors.AUDITOR)["rows"]] == [
        "H01"
    ]  # as its code begins
    told_twice = event_of("identity:1", {"code": actors.AGENCY, "province_code": "01"})
    for event in (told_twice, told_twice):
        AgencySeats(portal.store.database).agency_created(event)
    assert [row["key"] for row in portal.figures.statistics(*ask, reader=actors.AUDITOR)["rows"]] == ["01"]


def test_figures_by_province_count_an_agency_of_a_dissolved_province_under_its_heir(portal):
    portal.submitted()
    portal.follow()
    event = event_of("identity:1", {"code": actors.AGENCY, "province_code": "70"})
    AgencySeats(portal.store.database).agency_created(event)
    rows = portal.figures.statistics("2020-01-01", "2100-01-01", "province", reader=actors.AUDITOR)["rows"]
    assert [(row["key"], row["received"]) for row in rows] == [("75", 1)]


def test_figures_of_a_period_add_up(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        early, late, refused, waiting = portal.proposed(), portal.proposed(), portal.submitted(), portal.submitted()
        portal.decisions.approve(early, {"title": "x"}, **call(actors.APPROVER))
        portal.office.refuse_intake(refused, "Không thuộc thẩm quyền.", **call(actors.INTAKE))
        clock.move_to("2026-03-20T02:00:00Z")
        portal.decisions.approve(late, {"title": "x"}, **call(actors.APPROVER))
        clock.move_to("2026-04-02T02:00:00Z")
        portal.follow()
        march = portal.figures.statistics("2026-03-01", "2026-03-31", reader=actors.AUDITOR)["total"]
        april = portal.figures.statistics("2026-03-31", "2026-04-30", "procedure", reader=actors.AUDITOR)
    assert (march["received"], march["finished"], march["early"], march["late"], march["refused"], march["open"]) == (
        4,
        3,
        1,
        1,
        1,
        1,
    )
    assert april["rows"][0]["key"] == "9.000001" and april["total"]["carried_over"] == 1
    assert waiting


def test_a_draft_is_nobodys_business_but_its_applicants(portal):
    key = portal.filled()
    with pytest.raises(Forbidden):
        portal.queries.application(key, identity=portal.identity, **reading(actors.INTAKE))
    portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    assert portal.queries.application(key, identity=portal.identity, **reading(actors.INTAKE))["status"] == "submitted"


def test_a_look_is_told_with_the_role_it_was_taken_in(portal):
    key = portal.submitted()
    accountant = actors.official("accountant-1", "accountant")
    portal.queries.application(key, identity=portal.identity, **reading(accountant))
    assert outbox_data(portal, "application_read.v1")[-1]["by"] == {
        "account_id": "accountant-1",
        "role": "accountant",
        "agency_code": "H01.01",
    }


def test_a_read_of_a_version_not_projected_yet_is_told_from_one_of_nobody(portal):
    key = portal.started()
    reference, code = portal.last_start["reference"], portal.last_start["tracking_code"]
    with pytest.raises(ReadModelBehind):
        portal.tracking.track(reference, code, min_version=1)
    with pytest.raises(ApplicationNotFound):
        portal.tracking.track(reference, "WRONGCODE2", min_version=1)
    with pytest.raises(ApplicationNotFound):
        portal.tracking.track("H01.01-20260302-9999999", code, min_version=1)
    portal.follow()
    assert portal.tracking.track(reference, code, min_version=1)["version"] == portal.store.get(key).version


def test_an_approver_counts_their_own_agencies_applications_and_an_auditor_all(portal):
    portal.submitted()
    portal.follow()
    period, elsewhere = ("2020-01-01", "2100-01-01"), official("elsewhere", "approver", agency="H01.02")
    readers = (actors.AUDITOR, actors.APPROVER, elsewhere)
    counted = [portal.figures.statistics(*period, reader=who)["total"].get("received") for who in readers]
    assert [count or 0 for count in counted] == [1, 1, 0]
