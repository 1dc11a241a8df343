"""What became of a delivery, with its address, its attempts and what providers reported, is stored for a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from infra.chassis.settings import SettingMissing, Settings
from services.notifications.delivery_retention import delivery_cleanup
from services.notifications.domain import delivery as states
from services.notifications.errors import DeliveryNotFound, DeliveryReportNotGenuine
from services.notifications.follower import duties
from services.notifications.models import Attempt, Delivery
from services.notifications.reports import DeliveryReports, signature
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.builders import event

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
SECRET = "only a test, with enough letters"
REPORTED = Settings({"DELIVERY_REPORT_SECRET_MAU": SECRET})


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def in_state(office: Office, state: str, number: int) -> str:
    """A delivery that has come to a state, with one attempt; its id."""
    office.receive(event("application_submitted.v1", f"applications:{number}"))
    with office.database.session() as session:
        delivery = session.query(Delivery).order_by(Delivery.position.desc()).first()
        assert delivery is not None
        delivery.status, delivery.attempts = state, 1
        session.add(Attempt(delivery_id=delivery.id, number=1, started_at=NOON, finished_at=NOON, outcome=state))
        return delivery.id


def report(office: Office, delivery_id: str) -> str:
    parameters = {"delivery_id": delivery_id, "event": "bounced", "at": NOON.isoformat(), "detail": "no such box"}
    signed = parameters | {"signature": signature(parameters, SECRET)}
    return str(DeliveryReports(office.database, REPORTED).delivery_report("mau", signed)["status"])


def test_what_has_ended_is_removed_after_its_days_with_attempts_and_report(
    office: Office, clock: time_machine.Traveller
) -> None:
    sent = in_state(office, states.SENT, 1)
    assert report(office, sent) == states.PERMANENT_FAILURE
    cleanup = delivery_cleanup(office.database, Settings({}))
    clock.shift(timedelta(days=364))
    assert cleanup.step() == 0
    clock.shift(timedelta(days=2))
    assert [cleanup.step(), cleanup.step()] == [1, 0]
    assert office.deliveries() == [] and office.attempts() == [] and len(office.messages()) == 1
    with pytest.raises(DeliveryNotFound):
        report(office, sent)


@pytest.mark.parametrize("state", sorted(states.MOVES))
def test_what_is_under_way_stays_however_old(office: Office, clock: time_machine.Traveller, state: str) -> None:
    in_state(office, state, 1)
    clock.shift(timedelta(days=800))
    under_way = state in {states.CREATED, states.SENDING, states.TEMPORARY_FAILURE}
    assert delivery_cleanup(office.database, Settings({})).step() == (0 if under_way else 1)
    assert len(office.deliveries()) == under_way


def test_it_goes_in_small_batches_and_by_the_setting(office: Office, clock: time_machine.Traveller) -> None:
    for number in range(5):
        in_state(office, states.DELIVERED, number)
    clock.shift(timedelta(days=31))
    cleanup = delivery_cleanup(office.database, Settings({"DELIVERY_RETENTION_DAYS": "30"}))
    cleanup.batch = 2
    assert [cleanup.step() for _ in range(4)] == [2, 2, 1, 0]


def test_a_forged_report_stores_nothing(office: Office, clock: time_machine.Traveller) -> None:
    before = in_state(office, states.SENT, 1)
    parameters = {"delivery_id": before, "event": "bounced", "at": NOON.isoformat(), "signature": "0" * 64}
    with pytest.raises(DeliveryReportNotGenuine):
        DeliveryReports(office.database, REPORTED).delivery_report("mau", parameters)
    [delivery] = office.deliveries()
    assert (delivery.status, delivery.problem) == (states.SENT, None)


def test_the_follower_does_it_and_no_days_end_its_start(office: Office, tmp_path: Path) -> None:
    home = {"PORTAL_HOME": str(tmp_path)}
    assert "forget old deliveries" in [duty.name for duty in duties(Settings(home))]
    with pytest.raises(SettingMissing):
        delivery_cleanup(office.database, Settings({"DELIVERY_RETENTION_DAYS": "0"}))
