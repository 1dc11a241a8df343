"""A small service that the chassis is tested with."""

from __future__ import annotations

from typing import Any

from eventlet.event import Event

from infra.chassis import dependencies
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.doors import door
from infra.chassis.messaging.handlers import handles
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.running.operations import Operations
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import outbox


class Counter:
    """Counts, and remembers what it received; ``failures`` makes its handler fail that many times."""

    failures = 0
    received: list[str] = []

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Counter:
        return cls(Database.at(settings.database_url("echo")))

    def count(self, command: Command) -> dict[str, Any]:
        def work(session: Any) -> dict[str, Any]:
            count = len(list(session.execute(outbox.select()))) + 1
            enqueue(session, "counted.v1", {"count": count}, subject="counter")
            return {"count": count}

        return self.database.command(command, work)

    def hear(self, event: CloudEvent) -> None:
        if Counter.failures > 0:
            Counter.failures -= 1
            raise ValueError("not yet")
        with self.database.handle_once("hear", event) as session:
            if session is not None:
                Counter.received.append(event["id"].partition("@")[0])


class EchoService(Operations):
    name = "echo"
    gate, lingering = Event(), 0  # calls of ``linger`` end when the gate opens
    counter = dependencies.Provided(Counter)

    @door(public=True)
    def shout(self, text: str, secret: str = "") -> dict[str, Any]:
        return {"text": text.upper()}

    @door(public=True, costly=True)
    def linger(self) -> dict[str, Any]:
        EchoService.lingering += 1
        EchoService.gate.wait()
        return {}

    @door(public=True)
    def count(self, command_id: str, by: int = 1) -> dict[str, Any]:
        return self.counter.count(self.caller.command)

    @door(public=True)
    def fail(self) -> dict[str, Any]:
        raise RuntimeError("the reason that must not leave")

    @door(roles={"case_officer"})
    def staff_only(self) -> dict[str, Any]:
        return {}

    @handles("echo", "counted.v1")
    def hear(self, event: CloudEvent) -> None:
        self.counter.hear(event)
