"""Two installations tell each other their applications through faults: killed senders, lost answers. 0 lost, 0 double.

Each has its own PostgreSQL database and virtual host, its doors, its front door and its follower as processes. Between
them lies a line that drops answers after the other side has taken the call; the followers die after calls, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from infra.chassis.crash_points import CRASHED
from infra.chassis.settings import Settings
from infra.front_door.listening import Listening
from services.interchange.mirroring.reporting import Reporter
from tests.component.interchange.test_reporting import Catalogue, changed
from tests.support import launcher
from tests.support.demo_run import plain_environment
from tests.support.front_door import eventually, front_door
from tests.support.launcher import PortalProcess

APPLICATIONS, STATUSES = 12, (1, 2, 10)
WITHIN = 150.0  # seconds; a loaded machine takes ten to start a follower


class LossyLine(BaseHTTPRequestHandler):
    """Passes calls on; of some it drops the answer, some it does not pass on at all."""

    server: Any
    timeout = 10

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            fault = self.server.chance.choice(("", "", "", "", "", "lost answer", "lost answer", "lost call"))
        if fault == "lost call":
            self.close_connection = True
            return
        onward = urllib.request.Request(self.server.beyond + self.path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(onward, timeout=20) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, content = refused.code, refused.read()
        self.server.answers_lost += fault == "lost answer"
        if fault == "lost answer":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """What both sides have is the record."""


class Side:
    """One installation."""

    def __init__(self, name: str, folder: Path, amqp_uri: str, database_url: str) -> None:
        self.name, self.folder, self.url = name, folder, database_url
        folder.mkdir()
        sources = [{"source": "other", "unit": "U1", "username": "mau", "password": "mật khẩu mẫu"}]
        self.line: Any = None
        self.env = {
            **plain_environment(folder / "home"),
            "AMQP_URI": amqp_uri,
            "INTERCHANGE_DATABASE_URL": database_url,
            "PORTAL_ENVIRONMENT": "development",
            "INTERCHANGE_SOURCES": json.dumps(sources),
            "OPERATIONS_PORT": "0",
        }
        self.deaths = 0

    def target(self, other: Side, url: str, seed: int) -> None:
        """Tell the other side over a lossy line."""
        self.line = Listening(LossyLine, beyond=url, chance=random.Random(seed), lock=threading.Lock(), answers_lost=0)
        entry = {"name": other.name, "url": f"{self.line.url}/dvcqg", "layout": "classic", "unit": "U1"}
        self.env["INTERCHANGE_TARGETS"] = json.dumps([{**entry, "username": "mau", "password": "mật khẩu mẫu"}])
        self.env["INTERCHANGE_REPORT_DELAYS"] = "0.05"

    def portal(self, *arguments: str, **env: str) -> PortalProcess:
        with (self.folder / f"{arguments[0]}-{len(arguments)}.log").open("ab") as log:
            return launcher.start([*arguments], {**os.environ, **self.env, **env}, log)

    def note(self) -> set[tuple[str, str]]:
        """Applications walk through their statuses; what the other side has to have of them at the end."""
        reporter = Reporter.from_settings(Settings(self.env))
        expected = set()
        for _ in range(APPLICATIONS):
            key = str(uuid4())
            for version, status in enumerate(STATUSES, 1):
                event = changed(key, version, status)
                reporter.application_changed(event, Catalogue())  # type: ignore[arg-type]
                expected.add((event["data"]["reference"], str(status)))
        return expected

    def waiting(self) -> int:
        return int(self.rows("SELECT count(*) FROM report WHERE state <> 'acknowledged'")[0][0])

    def has(self) -> list[tuple[str, str]]:
        """Every step it was told, by number and status; a step that came in twice would stand here twice."""
        rows = self.rows("SELECT content FROM mirrored_statement WHERE kind = 'progress'")
        steps = [json.loads(row[0]) for row in rows]
        return [(step["MaHoSo"], step["TrangThai"]) for step in steps]

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self.url)
        with engine.connect() as connection:
            result = list(connection.execute(text(query)))
        engine.dispose()
        return result

    def send_until_told(self) -> None:
        """Run the follower, which dies after its first calls, again and again, until nothing waits."""
        until = time.monotonic() + WITHIN
        while self.waiting():
            assert time.monotonic() < until, f"{self.name}: {self.waiting()} wait"
            dying = {"PORTAL_CRASH_AT": f"after_call:{self.deaths + 1}"} if self.deaths < 2 else {}
            follower = self.portal("run", "interchange", "--follower", **dying)
            while follower.poll() is None and self.waiting() and time.monotonic() < until:
                time.sleep(0.1)
            if follower.poll() is None:
                follower.send_signal(signal.SIGTERM)
            self.deaths += follower.wait(120) == CRASHED


@pytest.fixture
def sides(tmp_path: Path, broker_server: Any, database_server: Any) -> Iterator[tuple[Side, Side]]:
    with contextlib.ExitStack() as stack:
        made = []
        for name in ("north", "south"):
            uri = stack.enter_context(broker_server.virtual_host())
            side = Side(name, tmp_path / name, uri, database_server.make("interchange"))
            stack.callback(database_server.drop, side.url)
            assert side.portal("migrate", "interchange").wait(240) == 0
            doors = side.portal("run", "interchange")
            stack.callback(doors.wait, 120)
            stack.callback(doors.send_signal, signal.SIGTERM)
            made.append((side, stack.enter_context(front_door(side.folder, uri))))
        (north, northern), (south, southern) = made
        north.target(south, southern.url, 1)
        south.target(north, northern.url, 2)
        credentials = {"username": "mau", "password": "mật khẩu mẫu"}
        for door in (northern, southern):
            login = partial(door.ask, "POST", "/dvcqg/login", json=credentials)
            eventually(lambda ask=login: ask().status_code == 200, "doors", 120)
        yield north, south
        for side in (north, south):
            side.line.stop()


@pytest.mark.timeout(400)
def test_two_installations_synchronise_through_killed_senders_and_lost_answers(sides: tuple[Side, Side]) -> None:
    north, south = sides
    expected = {side: side.note() for side in sides}
    for side, other in ((north, south), (south, north)):
        side.send_until_told()
        steps = other.has()
        assert set(steps) == expected[side], "nothing is lost"
        assert len(steps) == len(set(steps)), "nothing is double"
        states = other.rows("SELECT official_status FROM mirrored_dossier WHERE has_content")
        assert [row[0] for row in states] == [STATUSES[-1]] * APPLICATIONS
        assert side.deaths == 2 and side.line.answers_lost > 0
