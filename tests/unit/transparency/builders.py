"""Histories, as reports are made of."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from pypdf import PdfReader

from infra.working_time import OFFICE_ZONE, Clock, Promise, WorkingCalendar


def at(day: int, hour: int) -> str:
    return datetime(2026, 3, day, hour, tzinfo=OFFICE_ZONE).isoformat()


def history() -> list[dict[str, Any]]:
    accepted = datetime.fromisoformat(at(3, 8))
    clock = Clock.start(Promise(3, "working_days"), accepted, WorkingCalendar())
    paused = clock.pause(datetime.fromisoformat(at(4, 8)), "SupplementRequested")
    resumed = paused.resume(datetime.fromisoformat(at(6, 8)), "Supplemented")
    moved = [{"happenings": [c.changes[-1].to_json()], "calendar": None} for c in (paused, resumed)]
    return [
        step(1, "Started", at(2, 8), "draft", reference="H01.01-260302-0001", procedure_code="1.001193"),
        step(2, "Submitted", at(2, 10), "submitted"),
        step(3, "Accepted", at(3, 8), "accepted", "intake_officer", started_clock=clock.to_json()),
        step(4, "SupplementRequested", at(4, 8), "supplement_requested", "intake_officer", clock=moved[0])
        | {"reason": "Thiếu chữ ký <của> người nộp & “giấy chứng sinh”"},
        step(5, "Supplemented", at(6, 8), "accepted", clock=moved[1]),
        step(6, "Assigned", at(6, 9), "in_processing", "approver", officer_id="k-7"),
        step(7, "Approved", at(9, 9), "approved", "approver"),
    ]


def step(version: int, kind: str, when: str, status: str, role: str = "citizen", **facts: Any) -> dict[str, Any]:
    by = {"account_id": "a-1", "role": role, "agency_code": "H01.01"}
    row = {"application_id": "0a0b0c0d-0000-4000-8000-000000000001", "version": version, "position": version}
    return row | {"kind": kind, "at": when, "by": by, "status": status, "reason": None, "facts": facts}


def text_of(made: bytes) -> str:
    """What a search would find."""
    return PdfReader(io.BytesIO(made)).pages[0].extract_text()
