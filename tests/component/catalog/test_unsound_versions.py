"""Versions that were published before a check existed: the doctor lists them, and they can be counted all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from infra.chassis.refusals import InvalidRequest
from services.catalog import soundness
from services.catalog.models import ProcedureVersion
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import offer

FRACTION = {"counter": {"processing_time": {"amount": 1.5, "unit": "months"}}}


@pytest.fixture
def offered() -> Catalogue:
    return catalogue()


def test_no_entrance_takes_a_time_that_cannot_be_counted(offered):
    definition = offer("1.1", channels=FRACTION)
    with pytest.raises(InvalidRequest):
        offered.offerings.publish(definition, "2026-01-01", by=BY, command=command())
    draft = offered.drafts.save(definition, by=BY, command=command())
    assert [problem["pointer"] for problem in draft["problems"]] == ["/channels/counter/processing_time/amount"]
    with pytest.raises(InvalidRequest):
        offered.drafts.publish("1.1", "2026-01-01", by=BY, command=command())


def test_what_is_there_already_is_listed_and_counted(offered):
    for code in ("1.1", "1.2"):
        offered.offerings.publish(offer(code), "2026-01-01", by=BY, command=command())
    assert soundness.found_in(offered.database) == []
    with offered.database.session() as session:
        row = session.get_one(ProcedureVersion, ("1.2", 1))
        changed = {**row.definition, "channels": FRACTION}
        session.execute(update(ProcedureVersion).where(ProcedureVersion.code == "1.2").values(definition=changed))
    (traces,) = soundness.found_in(offered.database)
    assert traces.startswith("1.2/1: /channels/counter/processing_time/amount")
    due = offered.calendars.due_date("1.2", "counter", "2026-03-02T09:00:00+07:00", by=NOBODY)
    assert due["due_at"] == "2026-05-04T10:00:00+00:00"  # two months, moved on from Saturday 2 May
