"""Publishing: every recorded event, in order, after its commit, again after a crash, never too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from services.applications.duties.announcer import Announcer, position_in
from services.applications.follower import SideEventPublisher
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import call


class World:
    """What receives the events; breaks off when told to."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.breaks_at: int | None = None

    def publish(self, event: dict[str, Any], *, call_id: str | None = None) -> None:
        if self.breaks_at is not None and len(self.received) == self.breaks_at:
            raise ConnectionError("no confirm")
        self.received.append(event)


@pytest.fixture
def world():
    return World()


def announce(portal, world) -> Announcer:
    announcing = Announcer(portal.store, world)
    while announcing.step():
        pass
    return announcing


def test_every_event_is_told_once_in_its_order_and_fits_the_contract(portal, world):
    portal.approved()
    portal.follow()
    announce(portal, world)
    announce(portal, world)
    assert [event["id"].partition("@")[0] for event in world.received] == [f"applications:{n}" for n in range(1, 9)]
    contract = contract_of("applications")
    assert all(contract.event(event["type"]).problems(event["data"]) == [] for event in world.received)
    assert {event["data"]["application_id"] for event in world.received} == {
        event["subject"] for event in world.received
    }


def test_what_the_read_model_has_not_seen_is_not_told_yet(portal, world):
    portal.submitted()
    announce(portal, world)
    assert world.received == []
    portal.follow()
    announce(portal, world)
    assert len(world.received) == 4


def test_after_a_lost_confirm_the_rest_is_told_and_nothing_is_left_out(portal, world):
    portal.approved()
    portal.follow()
    world.breaks_at = 3
    with pytest.raises(ConnectionError):
        announce(portal, world)
    world.breaks_at = None
    announce(portal, world)
    assert [event["id"].partition("@")[0] for event in world.received] == [f"applications:{n}" for n in range(1, 9)]


def test_a_reason_is_told_to_the_applicant_and_words_between_offices_are_not(portal, world):
    key = portal.rejected()
    portal.follow()
    announce(portal, world)
    reasons = {event["type"]: event["data"]["reason"] for event in world.received}
    assert reasons["application_rejected.v1"] == "Không đủ điều kiện."
    assert reasons["outcome_proposed.v1"] is None
    assert portal.store.get(key)


def test_what_was_erased_is_told_without_its_words(portal, world):
    portal.rejected()
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    portal.follow()
    announce(portal, world)
    assert {event["data"].get("reason") for event in world.received} == {None}
    assert world.received[-1]["type"] == "subject_erased.v1"


def test_reads_and_reminders_have_ids_of_their_own():
    published = SideEventPublisher.__new__(SideEventPublisher).as_published(
        event_of("applications:7", {}, "application_read.v1")
    )
    assert published["id"] == "applications:beside-7"


def test_what_was_told_can_be_told_again_by_type_from_a_moment_on(portal, world):
    portal.approved()
    portal.approved()
    portal.follow()
    announcing = announce(portal, world)
    submitted = [event for event in world.received if event["type"] == "application_submitted.v1"]
    begun, later = (datetime.fromisoformat(event["time"]) for event in submitted)

    def again(since: datetime, after: int = 0, kind: str = "application_submitted.v1") -> list[CloudEvent]:
        return [event for _, event in announcing.events_since(kind, since=since, after=after, limit=10)]

    assert again(begun - timedelta(days=1)) == submitted
    assert [entry["id"] for entry in again(begun, after=position_in(submitted[0]))] == [submitted[1]["id"]]
    assert again(later + timedelta(days=1)) == [] and again(begun, kind="application_read.v1") == []


def test_what_was_not_told_yet_is_not_told_again(portal, world):
    portal.submitted()
    portal.follow()
    announcing = Announcer(portal.store, world)
    assert (
        announcing.events_since("application_submitted.v1", since=datetime(2000, 1, 1, tzinfo=UTC), after=0, limit=10)
        == []
    )


@pytest.mark.parametrize(
    ("signed_in", "stored", "verified"),
    [
        ({}, None, False),
        ({"identity_provider": "https://eid.example"}, {"provider": "https://eid.example", "assurance": None}, True),
        (
            {"identity_provider": "https://eid.example", "assurance": "level-02"},
            {"provider": "https://eid.example", "assurance": "level-02"},
            True,
        ),
    ],
)
def test_a_submission_records_who_vouched_for_the_person_and_tells_others_only_whether(
    portal, world, signed_in, stored, verified
):
    key = portal.filled()
    portal.registry.submit(key, **call(replace(actors.CITIZEN, **signed_in)), **portal.neighbours)
    (submitted,) = [event for event in portal.store.events(key) if type(event).__name__ == "Submitted"]
    assert submitted.sign_in == stored
    portal.follow()
    announce(portal, world)
    data = world.received[-1]["data"]
    assert data["verified_sign_in"] is verified
    assert "eid.example" not in str(data)
