"""Exports other tools read: object-centric and case-centric event logs."""

import io
import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from services.applications.exchange.ocel import OBJECT_TYPES, ocel2
from services.applications.exchange.xes_reader import NotXes, read_xes
from services.applications.exchange.xes_writer import xes
from services.applications.representation.enclosed import enclosed_rows

A, B = "0a0b0c0d-0000-4000-8000-000000000001", "0a0b0c0d-0000-4000-8000-000000000002"
CITIZEN = {"account_id": "c-1", "role": "citizen", "agency_code": None}
OFFICER = {"account_id": "o-1", "role": "intake_officer", "agency_code": "H01.01"}


def row(position: int, application: str, version: int, kind: str, by: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "position": position,
        "application_id": application,
        "version": version,
        "kind": kind,
        "by": by,
        "at": f"2026-03-02T0{position}:00:00+00:00",
        "status": "submitted",
        "legal_basis": None,
        "facts": facts,
    }


ROWS = [
    row(1, A, 1, "Started", CITIZEN, reference="H01.01-260302-0001", procedure_code="1.001193"),
    row(2, B, 1, "Started", CITIZEN, reference="H01.01-260302-0002", note='<"&\x00\x1f’ Nguyễn Thị Mẫu'),
    row(3, A, 2, "Attached", CITIZEN, attachment_id="p-1", requirement="to-khai", media_type="application/pdf"),
    row(4, A, 3, "FeeSettled", OFFICER, payment_id="pay-1", amount={"amount": 8000, "currency": "VND"}, method="vnpay"),
    row(5, A, 4, "Assigned", OFFICER, officer_id="o-2"),
]
BY_CASE = sorted(ROWS, key=lambda row: row["application_id"])


def test_an_object_centric_log_names_every_object_once_and_only_known_ones() -> None:
    log = json.loads("".join(ocel2(iter(ROWS))))
    ids = [result["id"] for result in log["objects"]]
    assert len(ids) == len(set(ids)) and {result["type"] for result in log["objects"]} == {*OBJECT_TYPES} - {"resource"}
    related = {r["objectId"] for event in log["events"] for r in event["relationships"]}
    assert related <= set(ids)
    assert {event["type"] for event in log["events"]} <= {kind["name"] for kind in log["eventTypes"]}
    declared = {kind["name"]: {a["name"] for a in kind["attributes"]} for kind in log["objectTypes"]}
    assert all({a["name"] for a in o["attributes"]} <= declared[o["type"]] for o in log["objects"])
    settled = next(event for event in log["events"] if event["type"] == "FeeSettled")
    assert {r["objectId"] for r in settled["relationships"]} == {f"application:{A}", "officer:o-1", "payment:pay-1"}


def test_an_empty_log_is_still_a_document() -> None:
    assert json.loads("".join(ocel2([])))["events"] == []
    assert ET.fromstring("".join(xes([]))).tag.endswith("log")


def test_a_case_log_has_one_trace_per_application_with_its_events_in_order() -> None:
    root = ET.fromstring("".join(xes(BY_CASE)))
    space = {"x": "http://www.xes-standard.org/"}
    traces = root.findall("x:trace", space)
    names = [trace.findall("x:event/x:string[@key='concept:name']", space) for trace in traces]
    kinds = [[name.get("value") for name in result] for result in names]
    assert kinds == [["Started", "Attached", "FeeSettled", "Assigned"], ["Started"]]


def test_a_written_log_can_be_read_back() -> None:
    rows = list(read_xes(io.BytesIO("".join(xes(BY_CASE)).encode())))
    assert [number for number, _, _ in rows] == [1, 2, 3, 4, 5]
    assert (
        "org:resource" not in rows[0][1]
        and rows[0][1]["concept:name"] == "H01.01-260302-0001"
        and rows[3][2]["org:resource"] == "o-1"
    )
    assert "Nguyễn Thị Mẫu" in rows[4][2]["portal:note"] and rows[4][1]["portal:application_id"] == B


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "<log><trace>",
        '<!DOCTYPE log [<!ENTITY a "b">]><log>&a;</log>',
        " " * 70000 + "<!DOCTYPE x><log/>",
    ],
)
def test_what_is_no_log_is_refused(text: str) -> None:
    with pytest.raises(NotXes):
        list(read_xes(io.BytesIO(text.encode())))


def test_rows_are_read_from_an_evidence_file() -> None:
    import base64

    def b64(value: Any) -> str:
        return base64.b64encode(json.dumps(value).encode()).decode()

    sealed = {"statement_id": "s-1", "commitment": "ab"}
    state = {
        "timestamp": {"_type_": "datetime_iso", "_data_": "2026-03-02T01:00:00+00:00"},
        "by": OFFICER,
        "status": "supplement_requested",
        "reason": sealed,
        "marks": [{"problem": sealed}],
        "came_from": "accepted",
    }
    event = {"notification_id": 9, "application_id": A, "version": 4, "topic": "applications.SupplementRequested"}
    bundle = {
        "events": [event | {"state": b64(state)}],
        "openings": [{"commitment": "ab", "content": b64("Thiếu chữ ký")}],
    }
    result = enclosed_rows(bundle)[0]
    assert result["kind"] == "SupplementRequested" and result["at"] == "2026-03-02T01:00:00+00:00"
    assert result["reason"] == "Thiếu chữ ký" and result["facts"]["marks"] == [{"problem": "Thiếu chữ ký"}]
    bundle["openings"] = [{"commitment": "ab", "erased": True}]
    assert enclosed_rows(bundle)[0]["reason"] is None
