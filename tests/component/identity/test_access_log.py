"""Who read whose data."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from infra.chassis.migrations import upgrade
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from services.identity.access_log import AccessRecorder, purpose_commitment
from services.identity.models import AccessEntry, AccessPurpose

AUDITOR = Actor("auditor-of-the-test", agencies={"H01": frozenset({"auditor"})})


def reading(number, subject_id, reader_id, **other):
    data = {
        "application_id": "3e0a4c52-9a1d-4d6e-b7a1-6c1f5b2d8f06",
        "reference": "H01-260302-0001",
        "procedure_code": "1.001193",
        "applicant_id": subject_id,
        "purpose": "thụ lý hồ sơ",
        "at": "2026-03-02T09:20:00+07:00",
        "by": {"account_id": reader_id, "role": "case_officer", "agency_code": "H01"},
        **other,
    }
    return {
        "id": f"applications:{number}",
        "source": "/applications",
        "type": "application_read.v1",
        "time": "2026-03-02T09:30:00+07:00",
        "data": data,
    }


def test_a_citizen_sees_who_read_their_data_and_why(identity, operator, fits):
    citizen, officer = identity.actor(0), identity.actor(1)
    identity.offices.create_agency("H01", "Phường Mẫu", by=operator)
    identity.access.note_reading(reading(7, citizen.account_id, officer.account_id))
    log = identity.access.access_log(by=citizen)
    fits("access_log", log)
    (entry,) = log["items"]
    assert (entry["reader_name"], entry["agency_name"], entry["purpose"], entry["at"]) == (
        "Trần Văn Mẫu",
        "Phường Mẫu",
        "thụ lý hồ sơ",
        "2026-03-02T02:20:00+00:00",
    )


def test_the_same_event_twice_is_one_entry(identity):
    for _ in range(2):
        identity.access.note_reading(reading(7, "subject", "reader"))
    assert len(identity.access.access_log(by=Actor("subject"))["items"]) == 1


def test_an_event_needs_no_more_than_its_contract_says(identity, fits):
    event = reading(7, "subject", "service:payments")
    event["data"]["by"] = {"account_id": "service:payments"}
    del event["data"]["reference"], event["data"]["procedure_code"], event["data"]["at"]
    assert contract_of("identity").consumed("applications", "application_read.v1").accepts(event["data"])
    identity.access.note_reading(event)
    log = identity.access.access_log(by=Actor("subject"))
    fits("access_log", log)
    assert log["items"][0]["reader_name"] is None
    assert log["items"][0]["at"] == "2026-03-02T02:30:00+00:00"


def test_nobody_sees_somebody_elses_log(identity):
    identity.access.note_reading(reading(7, "subject", "reader"))
    assert identity.access.access_log(by=Actor("other"))["items"] == []
    with pytest.raises(Forbidden):
        identity.access.access_log("subject", by=Actor("other", roles=frozenset({"citizen", "operator"})))


def test_an_auditor_sees_everybodys_and_is_seen_doing_so(identity):
    identity.access.note_reading(reading(7, "subject", "reader"))
    assert len(identity.access.access_log("subject", by=AUDITOR)["items"]) == 2
    newest, _ = identity.access.access_log(by=Actor("subject"))["items"]
    assert (newest["reader_id"], newest["role"], newest["service"]) == (AUDITOR.account_id, "auditor", "identity")
    assert identity.access.access_log(by=AUDITOR)["items"] == []


def test_the_newest_come_first_page_by_page(identity):
    for number in range(1, 6):
        identity.access.note_reading(reading(number, "subject", "reader", purpose=str(number)))
    collected, cursor = [], None
    while True:
        page = identity.access.access_log(limit=2, cursor=cursor, by=Actor("subject"))
        collected += [entry["purpose"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert collected == ["5", "4", "3", "2", "1"]


def test_a_page_of_a_list_is_an_entry_for_everybody_on_it(identity, fits):
    people = [{"subject_id": name, "application_id": None} for name in ("first", "second")]
    event = reading(7, "nobody", "officer", door="queue", legal_basis="Nghị định", accessed=people)
    for _ in range(2):
        identity.access.note_accesses("note_applications_listed", event)
    for subject in ("first", "second"):
        log = identity.access.access_log(by=Actor(subject))
        fits("access_log", log)
        (entry,) = log["items"]
        facts = {"service": "applications", "door": "queue", "purpose": "thụ lý hồ sơ", "legal_basis": "Nghị định"}
        assert facts.items() <= entry.items()


def test_a_list_of_an_earlier_release_which_names_nobody_is_no_entry(identity):
    event = reading(7, "nobody", "officer")
    assert contract_of("identity").consumed("applications", "applications_listed.v1").accepts(event["data"])
    identity.access.note_accesses("note_applications_listed", event)
    assert identity.access.access_log(by=Actor("nobody"))["items"] == []


@pytest.mark.parametrize("change", ["UPDATE access_entry SET role = 'auditor'", "DELETE FROM access_entry"])
def test_an_entry_is_neither_changed_nor_removed(tmp_path, change):
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    upgrade(settings, "identity")
    log = AccessRecorder.from_settings(settings)
    log.note_reading(reading(7, "subject", "reader"))
    with pytest.raises(IntegrityError, match="never changed"), log.database.session() as session:
        session.execute(text(change))
    assert len(log.access_log(by=Actor("subject"))["items"]) == 1


def test_what_was_logged_before_the_log_was_append_only_is_there_and_bound(tmp_path):
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    upgrade(settings, "identity", "0007")
    log = AccessRecorder.from_settings(settings)
    columns, row = (
        "event_id, subject_id, reader_id, purpose, at",
        "'{0}', 's', 'r', '{1}', '2026-03-02 02:20:00.000000'",
    )
    old = f"INSERT INTO access_entry ({columns}) VALUES ({row})"
    with log.database.session() as session:
        for number, purpose in ((1, "kiểm tra"), (2, "–")):
            session.execute(text(old.format(number, purpose)))
    upgrade(settings, "identity")
    assert [entry["purpose"] for entry in log.access_log(by=Actor("s"))["items"]] == ["–", "kiểm tra"]
    with log.database.session() as session:
        words = session.get(AccessPurpose, 1)
        assert session.get(AccessEntry, 1).commitment == purpose_commitment(words.salt, words.purpose)
