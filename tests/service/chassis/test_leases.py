"""Who leads, and that one who was replaced can do nothing any more: on a real PostgreSQL."""

from __future__ import annotations

import time

import eventlet
import pytest
from sqlalchemy import create_engine, text

from infra.chassis.running import followers
from infra.chassis.running.followers import Follower
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.leases import Lease, Superseded
from infra.chassis.storage.positions import advance, position_of
from infra.chassis.storage.tables import ALL
from infra.chassis.storage.wake_up import wake_followers

SECONDS = 1.5  # of a lease that is to run out
LONG = 60.0  # of one that is not, however long this process stands still
RENEWED_LEASE = 8.0  # of one that is renewed all the time


@pytest.fixture
def url(fresh_database):
    address = fresh_database("echo")
    engine = create_engine(address)
    ALL[0].metadata.create_all(engine)
    engine.dispose()
    yield address
    Database.forget(address)


def another(url: str, seconds: float = LONG) -> Lease:
    """A lease as another process has it: with connections of its own."""
    Database.forget(url)
    return Lease(url, seconds)


def cut_off(url: str) -> None:
    """The server ends the sessions that leases are held in, as it does with those that say nothing for too long."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    ending = text(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
        "WHERE application_name = 'portal follower' AND datname = current_database()"
    )
    with engine.connect() as connection:
        connection.execute(ending)
    engine.dispose()


def acquired(lease: Lease, within: float = 60.0) -> bool:
    until = time.monotonic() + within
    while not lease.acquire():
        if time.monotonic() > until:
            return False
        eventlet.sleep(0.05)
    return True


def write(lease: Lease, position: int) -> None:
    with lease, lease.database.session() as session:
        advance(session, "something", position)


def test_one_leads_and_the_next_takes_over_at_once_after_an_orderly_end(url):
    first, second = another(url), another(url)
    assert first.acquire() and not second.acquire()
    first.release()
    assert acquired(second) and second.epoch == 2


def test_a_leader_that_says_nothing_is_replaced_though_its_connection_lives(url):
    first, second = another(url, SECONDS), another(url)
    assert first.acquire()
    assert acquired(second), "the server cut the silent leader off"


def test_a_zombie_writes_nothing_after_another_took_over(url):
    zombie, heir = another(url), another(url)
    assert zombie.acquire()
    write(zombie, 1)
    cut_off(url)
    assert acquired(heir)
    write(heir, 7)
    zombie._renewed_at = time.monotonic()  # even one whose clock stood still
    with pytest.raises(Superseded):
        write(zombie, 2)
    with heir.database.session() as session:
        assert position_of(session, "something") == 7


def test_a_zombie_in_the_middle_of_a_transaction_writes_nothing(url):
    zombie, heir = another(url), another(url)
    assert zombie.acquire()
    with pytest.raises(Superseded), zombie, zombie.database.session() as session:
        advance(session, "something", 2)
        cut_off(url)
        assert acquired(heir)
    with heir.database.session() as session:
        assert position_of(session, "something") == 0


def test_a_zombie_publishes_nothing_once_its_time_has_run_out(url):
    zombie = another(url)
    assert zombie.acquire()
    zombie.check()
    zombie._renewed_at -= LONG  # as long as it said nothing
    with pytest.raises(Superseded):
        zombie.check()


def test_a_leader_that_keeps_its_lease_is_not_replaced(url):
    leader, waiting = another(url, RENEWED_LEASE), another(url)
    assert leader.acquire()
    leader.start_renewing()
    assert not acquired(waiting, RENEWED_LEASE * 1.5)
    assert leader.acquire() and leader.epoch == 1
    leader.release()


def test_a_leader_whose_connection_was_ended_leads_again_under_a_new_epoch(url):
    leader = another(url)
    assert leader.acquire()
    leader.start_renewing()
    cut_off(url)
    with eventlet.Timeout(60):
        while not (leader.acquire() and leader.epoch > 1):
            eventlet.sleep(0.05)
    leader.release()


class Counting:
    name = "counting"

    def __init__(self) -> None:
        self.rounds: list[float] = []

    def step(self) -> int:
        self.rounds.append(time.monotonic())
        return 0


def test_committed_work_wakes_the_leader_up(url, monkeypatch):
    monkeypatch.setattr(followers, "ASLEEP", 600.0)  # it does not look by itself
    Database.forget(url)
    duty = Counting()
    follower = Follower(Settings({"ECHO_DATABASE_URL": url, "AMQP_URI": "amqp://nowhere"}), "echo", [duty])
    running = eventlet.spawn(follower.run)
    for _ in range(3):
        while not duty.rounds or time.monotonic() - duty.rounds[-1] < 0.3:
            eventlet.sleep(0.05)
        rounds = len(duty.rounds)
        with follower.lease.database.session() as session:
            wake_followers(session)
        with eventlet.Timeout(20):
            while len(duty.rounds) == rounds:
                eventlet.sleep(0.01)
    follower.stop()
    running.wait()
