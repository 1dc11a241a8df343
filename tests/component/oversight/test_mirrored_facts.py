"""What other systems state counts in official figures, flagged, in any order of arrival, and as it was known then."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from services.oversight.domain.fact import micros
from services.oversight.domain.forms import columns_of
from services.oversight.domain.periods import CutOff, FigurePeriod, FigureWindow
from services.oversight.mirrored_facts import MirroredFacts
from tests.component.oversight.use_cases import OversightOffice
from tests.support.cloud_events import event_of

AGENCY = "000.00.20.G09"
STATED = {
    "filed_at": None, "accepted_at": "2026-03-02T01:00:00+00:00", "due_at": "2026-03-16T10:00:00+00:00",
    "refused_at": None, "finished_at": None, "returned_at": None, "channel": "online", "fees": 0, "paid_online": False,
    "results": 0,
}  # fmt: skip
RECEIVED = "2026-03-05T00:00:00+00:00"
Statement = dict[str, Any]


def content(version: int, received_at: str = RECEIVED, **other: Any) -> Statement:
    at = {"at": "2026-03-02T01:00:00+00:00", "received_at": received_at, "official_status": 2}
    return {"version": version, "kind": "dossier", **at, **STATED, **other}


def step(version: int, official_status: int, at: str, received_at: str = RECEIVED) -> Statement:
    return {
        "version": version, "kind": "progress", "at": at, "received_at": received_at,
        "official_status": official_status,
    }  # fmt: skip


def event(position: int, *statements: Statement, reference: str = "G09-1", agency_code: str = AGENCY) -> CloudEvent:
    dossier = {
        "dossier_id": str(uuid5(NAMESPACE_URL, reference)), "reference": reference, "agency_code": agency_code,
        "procedure_code": "1.001193", "statements": list(statements),
    }  # fmt: skip
    data = {"source": "G09", "dossiers": [dossier]}
    assert contract_of("interchange").event("dossiers_mirrored.v1").accepts(data)
    return event_of(f"interchange:{position}@a", data, "dossiers_mirrored.v1")


def window(until: str = "2026-11-01T00:00:00+00:00", name: str = "2026-03") -> FigureWindow:
    period = FigurePeriod.named(name)
    assert period is not None
    return FigureWindow(period, CutOff(micros(until)))


def columns(office: OversightOffice, at: FigureWindow) -> list[set[str]]:
    return [set(columns_of(fact, at)) for fact in office.facts.facts(at)]


COURSE = [
    event(1, content(1)),
    event(2, step(2, 5, "2026-03-03T01:00:00+00:00"), step(3, 4, "2026-03-04T01:00:00+00:00")),
    event(3, step(4, 9, "2026-03-20T01:00:00+00:00"), step(5, 10, "2026-03-21T01:00:00+00:00")),
]


def test_a_dossier_counts_in_the_forms_of_its_agency_and_is_flagged(office: OversightOffice) -> None:
    for each in COURSE:
        MirroredFacts(office.database).dossiers_mirrored(each)
    (counted,) = columns(office, window())
    assert counted == {"(3)", "(4)", "(7)", "(10)", "synchronised"}
    report = office.form_desk.report("II.06", "VN", "2026-03-01", "2026-03-31", None, 34)
    total = report["rows"][-1]
    assert (total["(3)"], total["(10)"], total["synchronised"]) == (1, 1, 1)
    assert {row["unit"]: row["(3)"] for row in report["units"]}[AGENCY] == 1


def test_order_of_arrival_and_repeats_make_no_difference(office: OversightOffice) -> None:
    for each in COURSE:
        MirroredFacts(office.database).dossiers_mirrored(each)
    (ordered,) = office.facts.facts(window())
    for order in itertools.permutations(COURSE):
        with office.database.session() as session:
            for table in ("application_fact", "received_event", "inbox"):
                session.connection().exec_driver_sql(f"DELETE FROM {table}")
        for each in (*order, *order):
            MirroredFacts(office.database).dossiers_mirrored(each)
        (fact,) = office.facts.facts(window())
        assert {**fact.folded(), "last_version": 0} == {**ordered.folded(), "last_version": 0}
        assert fact.agency_code == AGENCY
    assert office.facts.rebuild() == office.facts.counts()["events"]
    (again,) = office.facts.facts(window())
    assert again.folded()["ended_at"] == micros("2026-03-20T01:00:00+00:00")


def test_a_cut_off_does_not_know_what_was_told_later(office: OversightOffice) -> None:
    mirrored = MirroredFacts(office.database)
    mirrored.dossiers_mirrored(event(1, content(1)))
    mirrored.dossiers_mirrored(event(2, step(2, 9, "2026-03-10T01:00:00+00:00", "2026-04-05T00:00:00+00:00")))
    assert columns(office, window("2026-04-01T00:00:00+00:00")) == [{"(3)", "(4)", "(11)", "(13)", "synchronised"}]
    assert columns(office, window("2026-04-06T00:00:00+00:00")) == [{"(3)", "(4)", "(7)", "(8)", "synchronised"}]


def test_progress_without_its_dossier_counts_nowhere_and_later_its_agency_is_known(office: OversightOffice) -> None:
    mirrored = MirroredFacts(office.database)
    mirrored.dossiers_mirrored(event(1, step(1, 4, "2026-03-03T01:00:00+00:00"), agency_code=""))
    assert columns(office, window()) == []
    mirrored.dossiers_mirrored(event(2, content(2)))
    (fact,) = office.facts.facts(window())
    assert (fact.agency_code, fact.source, fact.applicant_id) == (AGENCY, "G09", None)


def test_an_application_of_this_platform_is_counted_once(office: OversightOffice) -> None:
    own = office.with_histories(5, ["01"])[0][0]["data"]["reference"]
    before = office.facts.counts()
    MirroredFacts(office.database).dossiers_mirrored(event(9, content(1), reference=own))
    assert office.facts.counts() == before
