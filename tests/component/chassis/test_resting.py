"""A follower that is a greenlet looks at its database when something was committed, and seldom otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import eventlet
import pytest
from sqlalchemy import text

from infra.chassis.running import followers
from infra.chassis.running.followers import Follower
from infra.chassis.settings import Settings
from infra.chassis.storage.commits import CommitMark
from infra.chassis.storage.database import Database


def settings_of(database: Database) -> Settings:
    return Settings({"AMQP_URI": "embedded://resting", "RESTING_DATABASE_URL": database.url})


class Rounds:
    """A duty that finds nothing to do, and how often it looked."""

    name = "rounds"

    def __init__(self, database: Database) -> None:
        self.database, self.count = database, 0

    def step(self) -> int:
        self.count += 1
        with self.database.session() as session:
            session.execute(text("SELECT count(*) FROM thing"))
        return 0

    def until(self, holds: Callable[[], bool]) -> None:
        with eventlet.Timeout(30):
            while not holds():
                eventlet.sleep(0.01)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'resting.sqlite'}"
    database = Database.at(url)
    with database.session() as session:
        session.execute(text("CREATE TABLE thing (id int)"))
    yield database
    Database.forget(url)


@pytest.fixture
def rounds(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rounds]:
    monkeypatch.setattr(followers, "EMBEDDED_ASLEEP", 60.0)
    rounds = Rounds(database)
    follower = Follower(settings_of(database), "resting", [rounds])
    running = eventlet.spawn(follower.run, eventlet.sleep)
    rounds.until(lambda: rounds.count == 1)
    yield rounds
    follower.stop()
    running.wait()


def test_it_rests_while_nothing_is_committed_and_works_at_once_when_something_is(rounds: Rounds) -> None:
    eventlet.sleep(followers.LOOK_SECONDS * 6)
    assert rounds.count == 1
    with rounds.database.session() as session:
        session.execute(text("INSERT INTO thing VALUES (1)"))
    rounds.until(lambda: rounds.count == 2)  # by itself it would look again after a minute


def test_what_is_committed_by_another_connection_is_seen_too(rounds: Rounds) -> None:
    another = Database(rounds.database.url)
    with another.session() as session:
        session.execute(text("INSERT INTO thing VALUES (1)"))
    rounds.until(lambda: rounds.count == 2)
    another.engine.dispose()


def test_what_is_committed_during_a_round_has_the_next(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followers, "EMBEDDED_ASLEEP", 60.0)
    rounds = Rounds(database)

    def step() -> int:
        rounds.count += 1
        if rounds.count == 1:  # behind the look of this round
            with database.session() as session:
                session.execute(text("INSERT INTO thing VALUES (1)"))
        return 0

    monkeypatch.setattr(rounds, "step", step)
    follower = Follower(settings_of(database), "resting", [rounds])
    running = eventlet.spawn(follower.run, eventlet.sleep)
    rounds.until(lambda: rounds.count == 2)
    follower.stop()
    running.wait()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_a_database_without_a_file_here_has_no_mark(url: str) -> None:
    assert CommitMark(url).now() is None
