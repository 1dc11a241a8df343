"""Who read whose data."""

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from infra.chassis.refusals import Forbidden

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


def test_an_auditor_sees_everybodys(identity):
    identity.access.note_reading(reading(7, "subject", "reader"))
    assert len(identity.access.access_log("subject", by=AUDITOR)["items"]) == 1


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
