"""What holds for every life, however it goes: Hypothesis walks the table at random and checks after each step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from eventsourcing.application import project_aggregate
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.domain.moves import find
from services.applications.domain.statuses import FINAL, WAITING
from services.applications.errors import Refusal
from services.applications.read_model.projection import applied
from services.applications.representation.application import application_as_json
from tests.unit.applications.builders import PERFORM, Life
from tests.unit.applications.test_recorded_streams import mapper

COMMANDS = st.lists(st.tuples(st.sampled_from(sorted(PERFORM)), st.integers(0, 5 * 24 * 60)), max_size=40)
MOMENTS = st.sets(st.sampled_from(["intake", "supplement", "result"]))
LIKELY = ("attach", "submit", "settle_fee", "accept", "assign")


def life_of(moments, steps) -> Life:
    """A life in which refused commands record nothing."""
    life = Life(*sorted(moments))
    for command in LIKELY:
        attempt(life, command)
    for command, minutes in steps:
        life.at += timedelta(minutes=minutes)
        attempt(life, command)
    return life


def attempt(life: Life, command: str) -> None:
    before, status = life.app.version, life.app.status
    door = "decide_appeal" if command in {"dismiss_appeal", "uphold_appeal"} else command
    try:
        life.do(command)
    except Refusal:
        assert (life.app.version, life.app.status) == (before, status)
    else:
        event: Any = life.app.pending_events[-1]
        assert life.app.version == before + 1
        assert find(door, status, type(event).__name__) is not None
        assert event.status == life.app.status


@settings(deadline=None)
@given(MOMENTS, COMMANDS)
def test_replay_gives_the_same_application_at_every_version(moments, steps):
    life = life_of(moments, steps)
    events = [mapper().to_domain_event(mapper().to_stored_event(event)) for event in life.app.pending_events]
    assert application_as_json(project_aggregate(None, events)) == application_as_json(life.app)


@settings(deadline=None)
@given(MOMENTS, COMMANDS)
def test_the_read_model_says_what_the_application_says(moments, steps):
    app, row = life_of(moments, steps).app, None
    events: list[Any] = app.pending_events
    for event in events:
        row = applied(row, event, event.originator_version)
    assert row["status"] == app.status and row["version"] == app.version
    assert row["due_at"] == app.due_at
    assert row["ended_at"] == app.ended_at
    assert row["pauses"] == (len(app.clock.open_pauses) if app.clock else 0)
    assert row["officer_id"] == app.officer_id and row["receipt_number"] == app.receipt_number
    assert row["supplements"] == app.supplements and row["appealed"] == bool(app.pending_appeal)


@settings(deadline=None)
@given(MOMENTS, COMMANDS)
def test_waiting_final_and_owed_agree_with_the_status(moments, steps):
    app = life_of(moments, steps).app
    assert bool(app.waits) == (app.status in WAITING)
    if app.clock and app.clock.ended_at is None:
        assert app.clock.is_paused == bool(app.waits)
    if app.status in FINAL:
        assert app.ended_at is not None
    if app.status == "accepted":
        assert not app.owed("intake")
    if app.status == "result_returned" and not app.appeals:
        assert not app.owed("result")


@settings(deadline=None)
@given(MOMENTS, COMMANDS)
def test_no_pause_brings_a_due_date_nearer(moments, steps):
    app = life_of(moments, steps).app
    latest = None
    events: list[Any] = app.pending_events
    for event in events:
        for happening in (event.clock or {}).get("happenings", ()):
            if happening["kind"] in {"resumed", "extended"} and happening["due_at"]:
                assert latest is None or happening["due_at"] >= latest
                latest = happening["due_at"]
        if type(event).__name__ in {"Accepted", "AppealUpheld"}:
            latest = event.due_at
