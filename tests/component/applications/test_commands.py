"""Commands through the use cases: once, by whom, on which version, with which papers."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import time_machine
from eventsourcing.persistence import IntegrityError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from infra.chassis.access.actors import Actor
from infra.chassis.refusals import AgencyUnknown, CommandIdReused, ServiceUnavailable, VersionConflict
from services.applications.errors import (
    ApplicationNotFound,
    AttachmentNotFound,
    Forbidden,
    InvalidRequest,
    TransitionNotAllowed,
)
from services.applications.models import AgencySeat
from tests.component.applications.use_cases import ENCODED
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading
from tests.unit.applications.fakes import NO_AGENCY, PDF, Identity

HERE, OTHER, THIRD = actors.AGENCY, actors.OTHER_AGENCY, "H01.03"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_the_same_command_twice_has_one_effect_and_one_answer(portal):
    once = call(actors.CITIZEN)
    first = portal.registry.start("9.000001", "online", **once, **portal.neighbours)
    again = portal.registry.start("9.000001", "online", **once, **portal.neighbours)
    assert first == again
    assert len(portal.store.notifications(0)) == 1


def test_the_same_command_id_with_other_arguments_is_refused(portal):
    key = portal.submitted()
    first = call(actors.INTAKE, name="accept", application_id=key)
    portal.office.accept(key, catalog=portal.catalog, **first)
    other = call(actors.INTAKE, first["command"].id, name="accept", application_id="another")
    with pytest.raises(CommandIdReused):
        portal.office.accept(key, catalog=portal.catalog, **other)


def test_a_version_that_is_no_longer_current_is_refused(portal):
    key = portal.filled()
    with pytest.raises(VersionConflict) as refused:
        portal.registry.save_answers(key, {}, **call(actors.CITIZEN, expected_version=1), **portal.neighbours)
    assert {name: refused.value.facts[name] for name in ("expected", "current")} == {"expected": 1, "current": 3}


def test_who_comes_second_is_refused_and_sees_what_the_first_has_done(portal):
    key = portal.submitted()
    version = portal.store.get(key).version
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE, expected_version=version))
    with pytest.raises(VersionConflict) as refused:
        portal.office.refuse_intake(key, "Sai.", **call(actors.EVERYTHING, expected_version=version))
    assert refused.value.facts["status"] == "accepted" and refused.value.facts["current"] == version + 1
    (change,) = refused.value.facts["changes"]
    assert (change["version"], change["kind"], change["role"]) == (version + 1, "Accepted", "intake_officer")
    assert set(change) == {"version", "kind", "status", "role", "at"}, "no words and no names"
    with pytest.raises(Forbidden):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.STRANGER, expected_version=version))


def test_a_refused_command_leaves_nothing_behind(portal):
    key = portal.submitted()
    with pytest.raises(TransitionNotAllowed):
        portal.attached(key)
    with portal.database.session() as session:
        counted = {
            name: session.scalar(text(f"SELECT COUNT(*) FROM {name}"))
            for name in ("paper", "answer_set", "stored_events")
        }
    assert counted == {"paper": 1, "answer_set": 1, "stored_events": 4}


def test_an_application_nobody_started_is_not_found(portal):
    with pytest.raises(ApplicationNotFound):
        portal.registry.submit(UNKNOWN, **call(actors.CITIZEN), **portal.neighbours)


@pytest.mark.parametrize("requested", [None, HERE, OTHER])
def test_an_application_goes_to_the_agency_that_has_taken_over_the_work(portal, requested):
    portal.catalog.definition |= {"carried_on_by": {HERE: OTHER}, "agency_levels": {HERE: 3}}
    started = portal.registry.start(
        "9.000001", "online", agency_code=requested, **call(actors.CITIZEN), **portal.neighbours
    )
    application = portal.store.get(started["application_id"])
    assert (application.agency_code, application.level) == (OTHER, 3)
    assert started["reference"].startswith(OTHER)


def test_an_agency_that_is_not_competent_is_refused_with_those_that_are(portal):
    portal.catalog.definition |= {"carried_on_by": {HERE: OTHER}}
    with pytest.raises(InvalidRequest) as refused:
        portal.registry.start("9.000001", "online", agency_code=THIRD, **call(actors.CITIZEN), **portal.neighbours)
    assert OTHER in str(refused.value) and HERE not in str(refused.value)


@pytest.mark.parametrize("who", [actors.NEIGHBOUR, actors.STRANGER, actors.CASE])
def test_who_has_no_relation_to_an_application_cannot_submit_it(portal, who):
    key = portal.filled()
    with pytest.raises(Forbidden):
        portal.registry.submit(key, **call(who), **portal.neighbours)


def test_a_role_held_elsewhere_does_not_hide_the_one_held_here(portal):
    key = portal.submitted()
    both = Actor("both-1", "both-1", frozenset(), {OTHER: frozenset({"intake_officer"}), HERE: frozenset({"approver"})})
    portal.office.request_supplement(key, [], "Thiếu.", catalog=portal.catalog, **call(both))
    last = portal.audit.history(key, **reading(actors.AUDITOR))["items"][-1]
    assert (last["by"]["role"], last["by"]["agency_code"]) == ("approver", HERE)


def test_who_serves_two_asked_agencies_answers_for_each(portal):
    key = portal.in_processing()
    both = Actor("both-1", "both-1", frozenset(), {code: frozenset({"case_officer"}) for code in (OTHER, THIRD)})
    consultation = [
        portal.office.consult(key, code, "?", "2099-01-01", catalog=portal.catalog, **call(actors.CASE))
        for code in (OTHER, THIRD)
    ]
    for entry in reversed(consultation):
        portal.office.answer_consultation(key, entry["consultation_id"], "Đồng ý.", **call(both))
    by = [item["by"]["agency_code"] for item in portal.audit.history(key, **reading(actors.AUDITOR))["items"][-2:]]
    assert by == [THIRD, OTHER]


def test_an_agency_that_nobody_has_recorded_is_not_consulted(portal):
    key = portal.in_processing()
    before = portal.store.get(key).version
    with pytest.raises(AgencyUnknown):
        portal.office.consult(key, NO_AGENCY, "?", "2099-01-01", catalog=portal.catalog, **call(actors.CASE))
    assert portal.store.get(key).version == before
    with portal.store.database.session() as session:
        session.add(AgencySeat(agency_code=NO_AGENCY, province_code=None))
    portal.catalog.silent = True
    reply = portal.office.consult(key, NO_AGENCY, "?", "2099-01-01", catalog=portal.catalog, **call(actors.CASE))
    assert reply["agency_code"] == NO_AGENCY


def test_the_successor_of_a_merged_agency_is_consulted(portal):
    key = portal.in_processing()
    portal.catalog.merged = {THIRD: OTHER}
    reply = portal.office.consult(key, THIRD, "?", "2099-01-01", catalog=portal.catalog, **call(actors.CASE))
    consultation = portal.store.get(key).consultations[reply["consultation_id"]]
    assert reply["agency_code"] == consultation["agency_code"] == OTHER


def test_officers_of_another_agency_neither_touch_nor_see(portal):
    key = portal.submitted()
    with pytest.raises(Forbidden):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.STRANGER))
    with pytest.raises(Forbidden):
        portal.queries.application(key, identity=portal.identity, **reading(actors.STRANGER))
    with pytest.raises(Forbidden):
        portal.lists.queue("H01.01", **reading(actors.STRANGER))


def test_a_delegate_acts_within_the_scope_granted(open_portal):
    granted = Identity(("citizen-2", "citizen-1", "9.000001"))
    portal = open_portal(identity=granted)
    key = portal.filled(actors.NEIGHBOUR, on_behalf_of="citizen-1")
    portal.registry.submit(key, **call(actors.NEIGHBOUR), **portal.neighbours)
    application = portal.store.get(key)
    assert application.applicant_id == "citizen-1"
    events = list(portal.store.events(key))
    assert {event.by["on_behalf_of"] for event in events} == {"citizen-1"}
    assert {event.by["account_id"] for event in events} == {"citizen-2"}
    portal.follow()
    assert [
        item["application_id"] for item in portal.lists.mine(by=actors.NEIGHBOUR, identity=portal.identity)["items"]
    ] == [key]
    assert [
        item["application_id"] for item in portal.lists.mine(by=actors.CITIZEN, identity=portal.identity)["items"]
    ] == [key]


def test_a_delegation_taken_back_ends_the_delegates_hand(open_portal):
    granted = Identity(("citizen-2", "citizen-1", "9.000001"))
    portal = open_portal(identity=granted)
    key = portal.filled(actors.NEIGHBOUR, on_behalf_of="citizen-1")
    granted.delegations.clear()
    with pytest.raises(Forbidden):
        portal.registry.submit(key, **call(actors.NEIGHBOUR), **portal.neighbours)
    with pytest.raises(Forbidden):
        portal.queries.application(key, identity=portal.identity, **reading(actors.NEIGHBOUR))


def test_without_a_delegation_nothing_is_started_for_somebody_else(portal):
    with pytest.raises(Forbidden):
        portal.started(actors.NEIGHBOUR, on_behalf_of="citizen-1")


def test_a_lost_race_is_judged_again_on_the_new_state(portal, monkeypatch):
    key = portal.submitted()
    record = portal.store.record
    raced: list[Any] = []

    def slower(application, session):
        if not raced:
            raced.append(True)
            raise IntegrityError("somebody was faster")
        return record(application, session)

    monkeypatch.setattr(portal.store, "record", slower)
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    assert portal.status(key) == "accepted" and raced


def test_a_commit_whose_answer_was_lost_counts_once(portal, monkeypatch):
    """The connection dies after COMMIT: the second try finds the answer stored next to the events."""
    key, database = portal.submitted(), portal.database
    lost: list[Any] = []
    command = database.command

    def cut_after_commit(value, work):
        reply = command(value, work)
        if not lost:
            lost.append(reply)
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))
        return reply

    monkeypatch.setattr(database, "command", cut_after_commit)
    reply = portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    assert reply == lost[0]
    assert portal.store.get(key).version == 5


def test_a_paper_is_taken_for_what_it_is_not_for_what_it_says(portal):
    key = portal.started()
    with pytest.raises(InvalidRequest):
        portal.attachments.attach(
            key,
            "to-khai",
            file_name="a.png",
            media_type="image/png",
            content_base64=ENCODED,
            **call(actors.CITIZEN),
            **portal.neighbours,
        )


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 a program", b"%PDF-" + b"x" * (5 * 1024 * 1024)])
def test_papers_that_are_empty_foreign_or_too_large_are_refused(portal, content):
    key = portal.started()
    with pytest.raises(InvalidRequest):
        portal.attachments.attach(
            key,
            "to-khai",
            file_name="a.pdf",
            media_type="application/pdf",
            content_base64=base64.b64encode(content).decode(),
            **call(actors.CITIZEN),
            **portal.neighbours,
        )


def test_a_paper_nobody_asks_for_needs_the_name_other(portal):
    key = portal.started()
    with pytest.raises(InvalidRequest):
        portal.attached(key, requirement="giay-khac")
    assert portal.attached(key, requirement="other")["sha256"]


def test_a_paper_handed_in_before_is_attached_again_without_its_bytes(portal):
    first = portal.attached(portal.started())
    key = portal.started()
    again = portal.attachments.attach(
        key, "to-khai", from_attachment_id=first["attachment_id"], **call(actors.CITIZEN), **portal.neighbours
    )
    assert again["sha256"] == first["sha256"] and again["attachment_id"] != first["attachment_id"]
    content = portal.queries.attachment(
        key, again["attachment_id"], identity=portal.identity, **reading(actors.CITIZEN)
    )
    assert base64.b64decode(content["content_base64"]) == PDF


def test_somebody_elses_paper_is_not_attached(portal):
    foreign = portal.attached(portal.started(actors.NEIGHBOUR), actors.NEIGHBOUR)
    key = portal.started()
    with pytest.raises(AttachmentNotFound):
        portal.attachments.attach(
            key, "to-khai", from_attachment_id=foreign["attachment_id"], **call(actors.CITIZEN), **portal.neighbours
        )


def test_a_detached_required_paper_is_missed_at_submission(portal):
    key = portal.filled()
    attachment_id = next(iter(portal.store.get(key).attachments))
    portal.attachments.detach(key, attachment_id, identity=portal.identity, **call(actors.CITIZEN))
    with pytest.raises(InvalidRequest):
        portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)


def test_a_running_application_needs_no_catalogue_to_be_answered(portal):
    key = portal.in_processing()
    portal.office.request_supplement(key, ["Thiếu chữ ký"], "Bổ sung.", catalog=portal.catalog, **call(actors.CASE))
    portal.catalog.silent = True
    portal.registry.supplement(key, answers={"ho_ten": "Mẫu"}, **call(actors.CITIZEN), **portal.neighbours)
    assert portal.status(key) == "in_processing"


def test_without_a_catalogue_nothing_new_is_promised(portal):
    key = portal.submitted()
    portal.catalog.silent = True
    with pytest.raises(ServiceUnavailable):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    assert portal.status(key) == "submitted"


def test_an_answer_to_a_question_the_form_does_not_ask_is_refused(portal):
    key = portal.started()
    with pytest.raises(InvalidRequest):
        portal.registry.save_answers(key, {"la": "gì"}, **call(actors.CITIZEN), **portal.neighbours)


def test_a_payment_told_twice_is_recorded_once(open_portal):
    portal = open_portal("intake")
    key = portal.submitted()
    portal.paid(key, "intake", event_id="payments:7")
    version = portal.store.get(key).version
    event = event_of("payments:7", {"payment_id": "p", "application_id": key, "collected_at": ["intake"]})
    portal.settling.fee_paid(event, portal.catalog)
    assert portal.store.get(key).version == version


def test_a_running_application_keeps_the_rules_of_its_submission(portal):
    with time_machine.travel("2030-03-01T02:00:00Z", tick=False):
        key = portal.submitted()
    quicker = {"online": {"processing_time": {"amount": 1, "unit": "working_hours"}}}
    portal.catalog.definition |= {"version": 2, "channels": quicker, "may_extend": False}
    with time_machine.travel("2030-03-04T02:00:00Z", tick=False):
        reply = portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
        assert reply["due_at"] == "2030-03-07T10:00:00+00:00"  # three working days, as promised by version 1
        portal.office.extend(key, "2030-03-20", "Xác minh", catalog=portal.catalog, **call(actors.CASE))
    assert portal.store.get(key).procedure_version == 1


def test_a_draft_submitted_under_a_newer_version_is_pinned_to_it(portal):
    key = portal.filled()
    portal.catalog.definition |= {"version": 2}
    portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    assert portal.store.get(key).procedure_version == 2


@pytest.mark.parametrize("currency", ["XYZ", "DEM"])
def test_a_further_amount_is_in_money_of_today(portal, currency):
    key, amount = portal.in_processing(), {"amount": 5_000, "currency": currency}
    with pytest.raises(InvalidRequest) as refused:
        portal.office.request_payment(key, "Nộp phí.", amount=amount, catalog=portal.catalog, **call(actors.CASE))
    assert [problem["pointer"] for problem in refused.value.facts["problems"]] == ["/amount/currency"]
