"""Findings with their evidence, replays under other rules, and datasets for everybody."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any
from uuid import uuid4

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forbidden
from infra.chassis.storage.commands import Command
from services.oversight.errors import DatasetNotFound, FindingNotFound
from services.oversight.hypotheses import Hypotheses
from services.oversight.integrity_line import IntegrityLine
from services.oversight.open_data import SUPPRESSED, OpenData
from tests.component.oversight.use_cases import APPROVER, AUDITOR, OversightOffice
from tests.support.cloud_events import event_of

ELSEWHERE = Actor("elsewhere", agencies={"H01.02": frozenset({"approver"})})


def history(
    *steps: tuple[str, str, str, dict[str, Any]], applicant: str = "a", number: int = 1
) -> list[dict[str, Any]]:
    """``(kind, at, role, facts)`` as events of one application."""
    common = {
        "application_id": f"application-{number}", "reference": f"H01.01-{number}", "procedure_code": "1.001193",
        "agency_code": "H01.01", "applicant_id": applicant, "status": "in_processing",
    }  # fmt: skip
    return [
        {
            "id": f"applications:{100 * number + version}", "type": f"{kind}.v1", "source": "/applications",
            "subject": common["application_id"], "time": at,
            "data": {**common, "version": version, "at": at, "by": {"role": role}, **facts},
        }
        for version, (kind, at, role, facts) in enumerate(steps, 1)
    ]  # fmt: skip


SUBMITTED = ("application_submitted", "2026-03-02T02:00:00+00:00", "citizen", {"channel": "online", "level": 4})
ACCEPTED = (
    "application_accepted",
    "2026-03-02T02:10:00+00:00",
    "intake_officer",
    {"due_at": "2026-03-05T10:00:00+00:00"},
)
SUSPICIOUS = history(
    SUBMITTED,
    ACCEPTED,
    ("deadline_extended", "2026-03-06T02:00:00+00:00", "case_officer",
     {"previous_due_at": "2026-03-05T10:00:00+00:00", "due_at": "2026-03-20T10:00:00+00:00"}),
    ("application_approved", "2026-03-06T01:00:00+00:00", "approver", {"result_repeats_paper": True}),
)  # fmt: skip
AT_ONCE = history(SUBMITTED, ACCEPTED, ("application_approved", "2026-03-02T02:10:30+00:00", "system", {}), number=2)


def line_of(office: OversightOffice, *histories: list[dict[str, Any]]) -> IntegrityLine:
    for event in (event for events in histories for event in events):
        office.facts.receive(event_of(event["id"], event["data"], event["type"]))
    return IntegrityLine(office.database)


def kinds(line: IntegrityLine, by: Actor = AUDITOR, **asked_for: Any) -> set[str]:
    arguments = {"agency_code": None, "kind": None, "limit": 50, "cursor": None} | asked_for
    return {item["kind"] for item in line.integrity(**arguments, by=by)["items"]}


def test_findings_cite_the_events_they_are_seen_by(office: OversightOffice) -> None:
    line = line_of(office, SUSPICIOUS, AT_ONCE)
    items = {item["kind"]: item for item in line.integrity(None, None, 50, None, by=AUDITOR)["items"]}
    assert items.keys() == {
        "due_moved_after_it_passed", "result_repeats_paper", "reported_out_of_order", "finished_at_acceptance",
        "no_officer_step",
    }  # fmt: skip
    assert items["reported_out_of_order"]["event_ids"] == ["applications:103", "applications:104"]
    assert items["finished_at_acceptance"]["event_ids"] == ["applications:202", "applications:203"]


def test_folding_again_finds_the_same_and_changes_no_score(office: OversightOffice) -> None:
    line = line_of(office, SUSPICIOUS)
    before = line.integrity(None, None, 50, None, by=AUDITOR)
    office.facts.rebuild()
    assert line.integrity(None, None, 50, None, by=AUDITOR) == before


def test_an_honest_course_shows_nothing(office: OversightOffice) -> None:
    honest = history(
        SUBMITTED, ACCEPTED, ("application_assigned", "2026-03-03T02:00:00+00:00", "approver", {}),
        ("outcome_proposed", "2026-03-03T03:00:00+00:00", "case_officer", {}),
        ("application_approved", "2026-03-04T02:00:00+00:00", "approver", {"result_repeats_paper": False}),
    )  # fmt: skip
    assert kinds(line_of(office, honest)) == set()


def test_one_account_on_very_many_applications_and_a_re_use_of_nothing_are_seen(office: OversightOffice) -> None:
    many = [history(SUBMITTED, applicant="b", number=number) for number in range(10, 30)]
    first = history((*SUBMITTED[:3], {**SUBMITTED[3], "reused": True}), applicant="c", number=40)
    assert kinds(line_of(office, *many, first)) == {"same_identity_on_many", "reuse_without_earlier_paper"}


def test_the_agency_answers_its_own_findings_alone(office: OversightOffice) -> None:
    line = line_of(office, AT_ONCE)
    finding = line.integrity("H01.01", "no_officer_step", 50, None, by=APPROVER)["items"][0]

    def answer(finding_id: str, by: Actor) -> Any:
        command = Command.of(str(uuid4()), "answer_finding", by.account_id, {})
        return line.answer_finding(finding_id, "Giải quyết ngay.", by=by, command=command)

    assert kinds(line, ELSEWHERE) == set()
    with pytest.raises(Forbidden):
        answer(finding["finding_id"], ELSEWHERE)
    with pytest.raises(FindingNotFound):
        answer("0" * 32, APPROVER)
    assert answer(finding["finding_id"], APPROVER)["explanation"] == "Giải quyết ngay."
    assert "no_officer_step" in kinds(line)


def test_a_replay_says_that_it_is_hypothetical_and_how_many_would_have_been_late(office: OversightOffice) -> None:
    office.with_histories(200, ["01", "02"])
    hypotheses = Hypotheses(office.ranker)
    sooner = hypotheses.what_if({"due_days": -5}, "2025-Q3", None)
    assert sooner["hypothetical"] is True and "seal" not in sooner
    assert sooner["hypothetical_outcome"]["late"] > sooner["actual"]["late"]
    assert sooner["hypothetical_outcome"]["received"] == sooner["actual"]["received"]
    free = hypotheses.what_if({"fee": 0}, "2025-Q3", "01")
    assert free["hypothetical_outcome"]["collected"] == 0 < free["actual"]["collected"]
    other = hypotheses.what_if({"rules": "766/2026"}, "2025-Q3", None)
    assert (other["actual"]["rules"], other["hypothetical_outcome"]["rules"]) == ("766/2022", "766/2026")
    assert {row["unit"] for row in other["ranks"]} == {"01", "08"}


def test_every_dataset_has_the_checksum_of_its_file_and_no_small_cell(office: OversightOffice) -> None:
    office.with_histories(150, ["01"])
    open_data = OpenData(office.ranker)
    for about in open_data.datasets()["items"]:
        dataset = open_data.dataset(about["name"], "2025-Q3" if about["periodic"] else None)
        assert dataset["csv_sha256"] == hashlib.sha256(dataset["csv"].encode()).hexdigest()
        assert len(list(csv.DictReader(io.StringIO(dataset["csv"].lstrip("\ufeff"))))) == len(dataset["rows"]) > 0
    cells = [row[f"({n})"] for row in open_data.dataset("statistics", "2025-Q3")["rows"] for n in range(3, 14)]
    assert SUPPRESSED in cells
    assert not {1, 2, 3, 4} & {cell for cell in cells if isinstance(cell, int)}


def test_a_dataset_takes_a_period_where_it_is_periodic_and_none_elsewhere(office: OversightOffice) -> None:
    open_data = OpenData(office.ranker)
    for name, period in (("nothing", None), ("statistics", None), ("agencies", "2025")):
        with pytest.raises(DatasetNotFound):
            open_data.dataset(name, period)


def test_service_levels_count_what_is_offered_on_a_day(office: OversightOffice) -> None:
    office.opened(["01"])
    levels = OpenData(office.ranker).service_levels("2026-03-02")
    assert sum(row["procedures"] for row in levels["levels"]) == levels["procedures"] == 24
