"""Identity's PostgreSQL database put back to a dump: an agency created then is known to those who listen."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.messaging.incarnations import known_rows, renew
from infra.chassis.migrations import upgrade
from infra.chassis.running.followers import OutboxRelay
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.agency_seats import AgencySeats
from services.identity.offices import Offices

OPERATOR = Actor("operator-of-the-test", roles=frozenset({"operator"}))


class Wire:
    """What receives identity's events and hands them to applications."""

    service = "identity"

    def __init__(self, seats: AgencySeats) -> None:
        self.seats, self.ids = seats, list[str]()

    def publish(self, event: CloudEvent, *, call_id: str | None = None) -> None:
        self.ids.append(event["id"])
        self.seats.agency_created(event)


class Installation:
    """Identity and one of its listeners, each on its own database."""

    def __init__(self, make: Callable[[str], str]) -> None:
        urls = {f"{name.upper()}_DATABASE_URL": make(name) for name in ("identity", "applications")}
        self.settings = Settings({**urls, "AMQP_URI": "amqp://nobody@127.0.0.1:1//"})
        for name in ("identity", "applications"):
            upgrade(self.settings, name)
        self.seats = AgencySeats.from_settings(self.settings)
        self.url = self.settings.database_url("identity")

    def create(self, *codes: str) -> list[str]:
        """Agencies, published; the ids of their events."""
        offices = Offices.from_settings(self.settings)
        for code in codes:
            offices.create_agency(code, f"Sở {code}", province_code="01", by=OPERATOR)
        wire = Wire(self.seats)
        OutboxRelay(Database.at(self.url), wire).step()  # type: ignore[arg-type]
        return wire.ids

    def agencies_known(self) -> list[str]:
        with self.seats.database.session() as session:
            return list(session.scalars(text("SELECT agency_code FROM agency_seat ORDER BY 1")))

    def dump(self, file: Path) -> None:
        self._run("pg_dump", "-Fc", "--file", str(file))

    def restore(self, file: Path) -> None:
        Database.forget(self.url)
        self._run("pg_restore", "--clean", "--if-exists", "--no-owner", str(file), target="--dbname")

    def _run(self, program: str, *arguments: str, target: str = "") -> None:
        path = shutil.which(program) or str(next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))))
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        command = [path, *arguments, *([target, plain] if target else [plain])]
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def installation(fresh_database) -> Installation:
    return Installation(fresh_database)


def test_an_agency_created_after_identity_was_put_back_is_known_to_those_who_listen(installation, tmp_path):
    installation.create("A")
    installation.dump(tmp_path / "dump")
    (lost,) = installation.create("B")
    installation.restore(tmp_path / "dump")
    (new,) = installation.create("C")
    assert lost.partition("@")[0] == new.partition("@")[0] == "identity:2" and lost != new
    assert installation.agencies_known() == ["A", "B", "C"]


def test_a_follower_that_starts_again_goes_on_under_the_same_incarnation(installation):
    (first,) = installation.create("A")
    Database.forget(installation.url)
    (second,) = installation.create("B")
    assert first.partition("@")[2] == second.partition("@")[2] != ""


def test_whoever_puts_a_whole_server_back_begins_a_new_incarnation_by_hand(installation):
    (first,) = installation.create("A")
    with Database.at(installation.url).session() as session:
        assert renew(session) == {"outbox": first.partition("@")[2]}
    (second,) = installation.create("B")
    assert first.partition("@")[2] != second.partition("@")[2]
    with Database.at(installation.url).session() as session:
        assert [row.after for row in known_rows(session)] == [0, 1]
