"""What only a real PostgreSQL shows: rights, turns, lost connections, one winner per version."""

from __future__ import annotations

import eventlet
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from infra.chassis.event_store.environment import UnsafeStore
from infra.chassis.migrations import upgrade
from services.applications.errors import HistoryNotAuthentic, TransitionNotAllowed
from services.applications.event_store.store import Store
from services.applications.read_model.rebuild import rebuild
from services.applications.transparency.sealer import NotAuthentic, Sealer
from services.applications.transparency.sealing import seal_all
from services.applications.verification.authenticity_check import check_authenticity
from tests.component.applications.use_cases import ENCODED
from tests.support.days import years_ahead
from tests.unit.applications import actors
from tests.unit.applications.actors import call


def test_a_draft_becomes_a_returned_result(portal):
    key = portal.approved()
    portal.decisions.return_result(key, "post", tracking_number="EE1VN", **call(actors.INTAKE))
    assert portal.status(key) == "result_returned"
    assert portal.verified()["first_bad"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET topic = 'x'",
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "ALTER TABLE stored_events DISABLE TRIGGER ALL",
        "DROP TABLE stored_events",
    ],
)
def test_the_service_cannot_change_recorded_events(portal, statement):
    portal.started()
    with pytest.raises(DBAPIError), portal.database.session() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE stored_events SET topic = 'x'", "DELETE FROM stored_events", "TRUNCATE stored_events"]
)
def test_the_owner_does_not_change_them_by_mistake_either(portal, statement):
    portal.started()
    owner = create_engine(portal.settings.migration_url("applications"))
    with pytest.raises(DBAPIError), owner.begin() as connection:
        connection.execute(text(statement))
    owner.dispose()


def test_an_owner_of_the_database_adds_nothing_to_a_history(portal):
    key, other = portal.accepted(), portal.submitted()
    owner = create_engine(portal.settings.migration_url("applications"))
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO stored_events (originator_id, originator_version, topic, state) SELECT originator_id, "
                "originator_version + 1, topic, state FROM stored_events WHERE originator_id = CAST(:key AS uuid) "
                "ORDER BY originator_version DESC LIMIT 1"
            ),
            {"key": key},
        )
    owner.dispose()
    with pytest.raises(HistoryNotAuthentic):
        portal.office.assign(key, actors.CASE.account_id, identity=portal.identity, **call(actors.APPROVER))
    sealer = Sealer.from_settings(portal.settings)
    with pytest.raises(NotAuthentic, match="no MAC"):
        sealer.finish()
    bad = check_authenticity(portal.store)["first_bad"]
    assert (bad["application_id"], bad["position"]) == (key, portal.store.last_position())
    assert portal.store.get(other).status == "submitted"


def test_history_of_an_older_release_is_signed_by_migrating(portal):
    key = portal.approved()
    portal.follow()
    seal_all(portal.settings)
    owner = create_engine(portal.settings.migration_url("applications"))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE event_mac DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM event_mac"))
        connection.execute(text("ALTER TABLE event_mac ENABLE TRIGGER ALL"))
    owner.dispose()
    with pytest.raises(HistoryNotAuthentic):
        portal.store.get(key)
    upgrade(portal.settings, "applications")
    assert portal.store.get(key).status == "approved" and check_authenticity(portal.store)["first_bad"] is None


def test_of_two_officers_at_once_one_wins_and_the_other_is_judged_on_the_new_state(portal):
    key = portal.submitted()
    outcomes = []

    def attempt() -> None:
        try:
            outcomes.append(portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))["status"])
        except TransitionNotAllowed:
            outcomes.append("refused")

    for thread in [eventlet.spawn(attempt) for _ in range(6)]:
        thread.wait()
    assert sorted(outcomes) == ["accepted"] + ["refused"] * 5
    assert portal.store.get(key).version == 5


def test_parallel_commands_that_both_fit_are_both_recorded(portal):
    key = portal.started()
    threads = [eventlet.spawn(portal.attached, key) for _ in range(8)]
    assert len({thread.wait()["attachment_id"] for thread in threads}) == 8
    assert len(portal.store.get(key).attachments) == 8


def test_the_same_command_at_the_same_time_has_one_effect_and_one_answer(portal):
    key = portal.submitted()
    once = call(actors.INTAKE)
    threads = [eventlet.spawn(portal.office.accept, key, catalog=portal.catalog, **once) for _ in range(5)]
    answers = [thread.wait() for thread in threads]
    assert all(answer == answers[0] for answer in answers)
    assert portal.store.get(key).version == 5


def test_positions_follow_commits_so_that_a_follower_misses_nothing(portal):
    collected, after = [], 0
    writers = [eventlet.spawn(portal.filled) for _ in range(10)]
    while not all(writer.dead for writer in writers) or portal.store.notifications(after):
        match = portal.store.notifications(after)
        collected += [row.id for row in match]
        after = match[-1].id if match else after
        eventlet.sleep(0.005)
    with portal.database.session() as session:
        stored = list(session.scalars(text("SELECT notification_id FROM stored_events ORDER BY 1")))
    assert collected == stored and len(collected) == 30


def test_a_rebuild_beside_the_live_tables_finds_no_difference_and_swaps_on_request(portal):
    for _ in range(3):
        portal.approved()
    portal.follow()
    result = rebuild(portal.settings, swap=True)
    assert (result["rows"], result["differing"], result["swapped"]) == (3, 0, True)
    assert portal.verified()["first_bad"] is None


def test_functions_in_the_database_that_lose_events_are_refused(portal):
    settings = type(portal.settings)({**portal.settings.env, "POSTGRES_ENABLE_DB_FUNCTIONS": "yes"})
    with pytest.raises(UnsafeStore):
        Store.from_settings(settings)


def test_an_erased_person_is_in_no_table_and_replay_still_holds(portal):
    canaries = ("Canary Of Name", "canary-of-reason", "canary-of-address", "canary-of-question", "canary-of-file.pdf")
    key = portal.started()
    portal.registry.save_answers(key, {"ho_ten": canaries[0]}, **call(actors.CITIZEN), **portal.neighbours)
    paper = {"file_name": canaries[4], "media_type": "application/pdf", "content_base64": ENCODED}
    portal.attachments.attach(key, "to-khai", **call(actors.CITIZEN), **paper, **portal.neighbours)
    portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    portal.registry.choose_delivery(key, "post", address=canaries[2], identity=portal.identity, **call(actors.CITIZEN))
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    portal.office.assign(key, "case-1", identity=portal.identity, **call(actors.APPROVER))
    portal.office.consult(key, "H01.02", canaries[3], years_ahead(3), catalog=portal.catalog, **call(actors.CASE))
    portal.office.stop(key, canaries[1], **call(actors.APPROVER))
    portal.follow()
    assert all(canary in dump(portal) for canary in canaries)
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Điều 14", **call(auditor))
    while portal.erasing.step():
        pass
    after = dump(portal)
    assert [canary for canary in canaries if canary in after] == []
    assert portal.verified()["first_bad"] is None


def dump(portal) -> str:
    """Every row of every table as text, and the names of the blobs."""
    with portal.database.session() as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [row for table in tables for row in session.scalars(text(f'SELECT t::text FROM "{table}" t'))]
        states = session.scalars(text("SELECT convert_from(state, 'UTF8') FROM stored_events")).all()
    return "\n".join([*rows, *states])
