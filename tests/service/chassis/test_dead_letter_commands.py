"""`portal dead-letters` on a real broker and a real PostgreSQL, with a real service behind it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import eventlet
import pytest
from kombu import Connection, Queue
from sqlalchemy import create_engine, text

from infra.chassis.erasure.queues import TURN
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.settings import Settings
from tests.support import launcher
from tests.support.import_path import import_path
from tests.support.signed_events import signed

QUEUE = "evt-applications-application_read.v1--identity.note_application_read"
READING = {
    "specversion": "1.0",
    "id": "applications:beside-1",
    "source": "/applications",
    "type": "application_read.v1",
    "subject": "0b0e1f8a-3f0f-4a53-9b59-0c8a3c6f7a01",
    "time": "2026-03-02T02:00:00+00:00",
}


class Installed:
    """An operator's terminal next to a running service."""

    def __init__(self, uri: str, url: str, folder: Path) -> None:
        own = {
            "AMQP_URI": uri,
            "IDENTITY_DATABASE_URL": url,
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(folder),
            "RETRY_TIERS": "0.2",
            "PYTHONPATH": import_path(),
            "PORTAL_LANGUAGE": "en",
        }
        self.env = {**os.environ, **own}
        self.engine = create_engine(url)

    def signed(self, event: dict[str, Any]) -> dict[str, Any]:
        return signed(Settings(self.env), event)

    def portal(self, *typed: str, code: int = 0) -> str:
        done = self.run(*typed, code=code)
        return done.stdout + done.stderr

    def run(self, *typed: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = launcher.run([*typed], self.env, timeout=240)
        assert done.returncode == code, done.stderr[-2000:]
        return done

    def letters(self, *typed: str) -> Any:
        return json.loads(self.run("dead-letters", *typed).stdout)

    def listed(self) -> list[dict[str, Any]]:
        return self.letters("list", "identity", "--json")

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())


def until(ask: Callable[[], Any], seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end
        eventlet.sleep(0.1)
    return answer


@pytest.fixture
def installed(broker: str, fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Installed]:
    made = Installed(broker, fresh_database("identity"), tmp_path)
    made.portal("migrate", "identity")
    with (tmp_path / "identity.log").open("wb") as log:
        service = launcher.start(["run", "identity"], made.env, log)
    yield made
    service.terminate()
    service.wait(120)
    made.engine.dispose()


def reading(**facts: Any) -> dict[str, Any]:
    person = "6f5e4d3c-2b1a-4f9e-8d7c-6b5a4f3e2d06"
    about = {
        "application_id": READING["subject"],
        "reference": "H01.01-260302-0001",
        "procedure_code": "1.001193",
        "applicant_id": person,
        "at": READING["time"],
        "purpose": "diễn tập",
        "by": {"account_id": person, "role": "case_officer", "agency_code": "H01.01"},
    }
    return {**READING, "data": {**about, **facts}}


def waiting(client: Installed) -> int:
    return client.count("SELECT count(*) FROM dead_letter WHERE state IN ('waiting', 'unreadable')")


@contextmanager
def another_sweeps(connection: Connection) -> Iterator[None]:
    turn = Queue(TURN, durable=False, exclusive=True, auto_delete=True)(connection.channel())
    turn.declare()
    yield
    turn.delete()


def effects(client: Installed) -> int:
    return client.count("SELECT count(*) FROM access_entry")


@pytest.mark.timeout(300)
def test_a_letter_is_looked_at_replayed_twice_without_harm_or_dropped_with_a_reason(installed, wire):
    installed.execute("ALTER TABLE access_entry RENAME TO elsewhere")
    wire.send(installed.signed(reading()), routing_key=QUEUE)
    until(lambda: waiting(installed))
    [letter] = installed.listed()
    assert letter["consumer"] == QUEUE and letter["message_id"] == READING["id"] and letter["attempts"] == 2
    view = installed.letters("show", "identity", str(letter["id"]))
    assert view["body"]["data"]["purpose"] == "diễn tập" and view["first_at"] < view["last_at"]
    installed.execute("ALTER TABLE elsewhere RENAME TO access_entry")

    assert installed.letters("replay", "identity", str(letter["id"]), "--dry-run")["dry_run"] is True
    assert [row["id"] for row in installed.listed()] == [letter["id"]] and effects(installed) == 0
    until(lambda: wire.count(QUARANTINE) == 1)
    replayed = installed.letters("replay", "identity", str(letter["id"]))
    assert replayed["in_quarantine"] == "1 taken out" and wire.count(QUARANTINE) == 0
    until(lambda: effects(installed) == 1)
    installed.letters("replay", "identity", str(letter["id"]))
    until(lambda: wire.count(QUEUE) == 0)
    eventlet.sleep(1.0)
    assert effects(installed) == 1 and installed.listed() == []

    wire.send(installed.signed({**reading(applicant_id=7), "id": "applications:beside-2"}), routing_key=QUEUE)
    until(lambda: waiting(installed))
    [rejected] = installed.listed()
    installed.portal("dead-letters", "drop", "identity", str(rejected["id"]), code=2)  # not without a reason
    with Connection(wire.uri) as connection, another_sweeps(connection):
        output = installed.letters("drop", "identity", str(rejected["id"]), "--reason", "thử nghiệm")
        assert "stay" in output["in_quarantine"] and until(lambda: wire.count(QUARANTINE) == 1)
    assert f"note  broker: messages in {QUARANTINE}: 1  → " in installed.portal("doctor", code=78)
    installed.letters("drop", "identity", str(rejected["id"]), "--reason", "thử nghiệm")
    assert wire.count(QUARANTINE) == 0 and QUARANTINE not in installed.portal("doctor", code=78)
    dropped = installed.letters("show", "identity", str(rejected["id"]))
    assert (dropped["state"], dropped["resolution"]) == ("dropped", "thử nghiệm") and installed.listed() == []


@pytest.mark.timeout(300)
def test_letters_of_a_kind_are_counted_replayed_and_dropped_together(installed, wire):
    installed.execute("ALTER TABLE access_entry RENAME TO elsewhere")
    for number in range(6):
        about = reading() if number < 4 else reading(applicant_id=7)
        wire.send(installed.signed({**about, "id": f"applications:beside-{number}"}), routing_key=QUEUE)
    until(lambda: waiting(installed) == 6)
    first, second = installed.letters("list", "identity", "--summary", "--json")
    assert (first["letters"], second["letters"]) == (4, 2) and first["consumer"] == second["consumer"] == QUEUE
    assert (first["error"], second["error"]) == ("ProgrammingError", "EventRejected")
    assert first["first_at"] < first["last_at"]
    assert f"4 × application_read.v1 → {QUEUE}" in installed.portal("dead-letters", "list", "--summary", "identity")
    assert "6 waiting, 2 of them shown" in installed.portal("dead-letters", "list", "identity", "--limit", "2")
    rejected = [letter["id"] for letter in installed.letters("list", "identity", "--error", "EventRejected", "--json")]
    assert "by their numbers" in installed.portal("dead-letters", "replay", "identity", code=1)
    installed.execute("ALTER TABLE elsewhere RENAME TO access_entry")

    kind = ("identity", "--consumer", "note_application_read", "--error", "ProgrammingError")
    assert installed.letters("replay", *kind, "--dry-run")["letters"] == 4 and waiting(installed) == 6
    assert installed.letters("replay", *kind)["in_quarantine"] == "4 taken out"
    until(lambda: effects(installed) == 4)
    assert installed.letters("replay", *kind)["letters"] == 0, "none of this kind waits any more"
    assert [row["id"] for row in installed.listed()] == rejected and until(lambda: wire.count(QUARANTINE) == 2)
    given_up = installed.letters("drop", "identity", *map(str, rejected), "--reason", "thử nghiệm")
    assert given_up["ids"] == rejected and given_up["in_quarantine"] == "2 taken out" and installed.listed() == []


@pytest.mark.timeout(300)
def test_what_nobody_can_read_is_in_the_queue_and_in_a_row(installed, wire):
    body = b"{no json"
    options = {"content_type": "application/json", "content_encoding": "utf-8"}
    until(lambda: "started" in Path(installed.env["PORTAL_HOME"], "identity.log").read_text())
    for _ in range(2):
        wire.send(body, routing_key=QUEUE, **options)
    wire.send({"args": [], "kwargs": {}}, exchange="nameko-rpc", routing_key="identity.health")
    until(lambda: wire.count(QUARANTINE) == 3)
    until(lambda: waiting(installed) == 2)
    unreadable, unanswerable = sorted(installed.listed(), key=lambda entry: entry["consumer"] != QUEUE)
    assert unreadable["type"] == "unreadable" and unreadable["attempts"] == 2
    assert unanswerable["error"] == "no reply_to" and unanswerable["consumer"] == "identity.health"
    assert "cannot be replayed" in installed.portal("dead-letters", "replay", "identity", str(unreadable["id"]), code=1)
    for variant in (unreadable, unanswerable):
        installed.portal("dead-letters", "drop", "identity", str(variant["id"]), "--reason", "thử nghiệm")
    assert installed.listed() == [] and wire.count(QUARANTINE) == 0
