"""Commands once, sessions in turn."""

from __future__ import annotations

import uuid

import eventlet
import pytest
from sqlalchemy.exc import IntegrityError

from infra.chassis.messaging.outbox import enqueue
from infra.chassis.refusals import CommandIdReused, Refusal
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import ALL, command_log, outbox


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'one.sqlite'}")
    ALL[0].metadata.create_all(database.engine)
    return database


def a_command(**arguments):
    return Command.of(str(uuid.uuid4()), "test.count", "somebody", arguments)


def test_a_refused_command_leaves_nothing_behind(database):
    def refuse(session):
        enqueue(session, "counted.v1", {}, subject="x")
        raise Refusal()

    with pytest.raises(Refusal):
        database.command(a_command(), refuse)
    with database.session() as session:
        assert session.execute(outbox.select()).first() is None
        assert session.execute(command_log.select()).first() is None


def test_another_meaning_of_the_same_command_is_refused(database):
    first = a_command(amount=1)
    second = Command.of(first.id, "test.count", "somebody", {"amount": 2})
    database.command(first, lambda session: {"n": 1})
    with pytest.raises(CommandIdReused):
        database.command(second, lambda session: {"n": 2})


def test_the_same_id_of_another_caller_is_another_command(database):
    first = a_command()
    other = Command.of(first.id, "test.count", "somebody else", {})
    assert database.command(first, lambda session: {"n": 1}) == {"n": 1}
    assert database.command(other, lambda session: {"n": 2}) == {"n": 2}


def test_secrets_are_not_in_the_fingerprint():
    secret, id = frozenset({"password"}), str(uuid.uuid4())
    entry, two = (Command.of(id, "x", "y", {"password": word, "name": "n"}, sensitive=secret) for word in ("a", "b"))
    assert entry.fingerprint == two.fingerprint


def test_a_collision_is_judged_again_on_what_is_there_now(database):
    tries = []

    def collide_once(session):
        tries.append(1)
        if len(tries) == 1:
            raise IntegrityError("insert", {}, ValueError("unique"))
        return {"tries": len(tries)}

    assert database.command(a_command(), collide_once) == {"tries": 2}


def test_a_transaction_that_yields_keeps_others_waiting_on_the_hub_and_not_the_hub_itself(database):
    ticks, at_work, ended_at = list[int](), list[int](), list[int]()

    def slow():
        with database.session() as session:
            enqueue(session, "counted.v1", {}, subject="slow")
            at_work.append(1)
            before = len(ticks)
            with eventlet.Timeout(60):
                while len(ticks) < before + 15:
                    eventlet.sleep(0.01)
            ended_at.append(len(at_work))

    def tick():
        while len(ended_at) < 2:
            ticks.append(1)
            eventlet.sleep(0.01)

    for thread in [eventlet.spawn(slow), eventlet.spawn(slow), eventlet.spawn(tick)]:
        thread.wait()
    assert ended_at == [1, 2], "the second began after the first had ended"
    with database.session() as session:
        assert len(session.execute(outbox.select()).all()) == 2


def test_a_transaction_within_a_transaction_is_an_error_by_name(database):
    with database.session(), pytest.raises(RuntimeError, match="within a transaction"), database.session():
        pass
