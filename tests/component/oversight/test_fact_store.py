"""Facts are folded from events in any order, once, and read as of any cut-off."""

from __future__ import annotations

import random

from infra.chassis.storage.database import Database
from services.oversight.domain.folding import first_fact, move_of
from services.oversight.domain.periods import CutOff, FigurePeriod, FigureWindow
from services.oversight.models import Table
from tests.component.oversight.use_cases import OversightOffice
from tests.support.cloud_events import event_of
from tests.support.generated_histories import histories
from tests.support.tables_in_memory import with_tables


def window(name: str = "2025-Q3", position: int | None = None) -> FigureWindow:
    period = FigurePeriod.named(name)
    assert period is not None
    positions = () if position is None else (("portal", position),)
    return FigureWindow(period, CutOff(period.until + 10**13, positions))


def test_events_may_come_one_by_one_doubled_and_in_any_order(office: OversightOffice, database: Database) -> None:
    told_events = office.with_histories(12, ["01", "02"])
    elsewhere = OversightOffice(with_tables(Table.metadata, "oversight")).opened(["01", "02"])
    shuffled = [event for events in told_events for event in events] * 2
    random.Random(1).shuffle(shuffled)
    for event in shuffled:
        elsewhere.facts.receive(event_of(event["id"], event["data"], event["type"]))
    assert list(elsewhere.facts.facts(window())) == list(office.facts.facts(window()))
    assert elsewhere.facts.counts() == office.facts.counts()
    elsewhere.database.engine.dispose()


def test_a_fact_read_from_the_store_is_the_fold_of_its_events_known_by_then(office: OversightOffice) -> None:
    told_events = {events[0]["data"]["application_id"]: events for events in office.with_histories(120, ["01"])}
    for name in ("2025-02", "2025-Q3", "2026"):
        for fact in office.facts.facts(window(name)):
            events = told_events[fact.application_id]
            moves = [move_of(event, 0) for event in events]
            assert fact == window(name).as_of_end(first_fact(events[0]["data"]), moves, "portal")


def test_a_position_of_the_log_bounds_what_is_known(office: OversightOffice) -> None:
    told_events = office.with_histories(50, ["01"])
    limit = 100
    known_ids = {
        event["id"]
        for events in told_events
        for event in events
        if int(event["id"].split(":")[1].split("@")[0]) <= limit
    }
    for fact in office.facts.facts(window("2025", limit)):
        assert {*fact.event_ids} <= known_ids


def test_folding_everything_again_changes_nothing(office: OversightOffice) -> None:
    office.with_histories(200, ["01"])
    before = list(office.facts.facts(window("2025")))
    assert office.facts.rebuild() == office.facts.counts()["events"]
    assert list(office.facts.facts(window("2025"))) == before


def test_only_the_agencies_asked_for_are_read(office: OversightOffice) -> None:
    office.with_histories(200, ["01", "02"])
    everywhere = list(office.facts.facts(window("2025")))
    of_agency = list(office.facts.facts(window("2025"), {"H01.01"}))
    assert of_agency == [fact for fact in everywhere if fact.agency_code == "H01.01"] != []


def test_generated_histories_are_the_same_for_the_same_seed() -> None:
    assert list(histories(20, ["01"], 9)) == list(histories(20, ["01"], 9)) != list(histories(20, ["01"], 8))
