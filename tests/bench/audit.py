"""What proofs cost: from commit to checkpoint at 500 events/s through the real follower; sealing, verifying and proving
a log of 1,000,000 events on both databases, and the memory the verifier takes.

``python -m tests.bench audit``; ``PORTAL_BENCH_EVENTS`` says how large the log gets, ``PORTAL_BENCH_SECONDS`` how long
the 500 events a second last (default 30).
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage.database import Database
from services.applications.domain.statuses import Status
from services.applications.event_store.store import Store
from services.applications.transparency.history_keys import HistoryKeys
from services.applications.transparency.notes import SigningKey
from services.applications.transparency.proofs import Proofs
from services.applications.verification import verifier
from tests.e2e.platforms import Processes
from tests.support.import_path import import_path
from tests.unit.applications.builders import brought_to

RATE, AT_ONCE = 500, 10  # events a second; events of one application, written in one transaction
PROOFS = 200
KEY = SigningKey.generate("bench.invalid/applications")
HISTORY_KEY = "key-of-the-benchmarks-alone-0123456789"
MACS = HistoryKeys([HISTORY_KEY])
SEALING = """
import json, sys, time
from infra.chassis.settings import Settings
from services.applications.transparency.sealer import Sealer
sealer, began = Sealer.from_settings(Settings(json.loads(sys.argv[1]))), time.perf_counter()
while sealer.step():
    pass
print(time.perf_counter() - began)
"""
PEAK = """
import io, contextlib, json, runpy, sys
said, sys.argv = io.StringIO(), sys.argv[1:]
try:
    with contextlib.redirect_stdout(said):
        runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit:
    # Not ru_maxrss, which still knows the process this one was forked from.
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({**json.loads(said.getvalue()), "peak_kb": peak}))
"""


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> list[dict[str, Any]]:
    """``[{"what", "database", …}]``: seconds and milliseconds as measured, proofs as medians of ``PROOFS``."""
    large = int(os.environ.get("PORTAL_BENCH_EVENTS", "1000000"))
    rows = [lag(folder, amqp_uri, {f"{name.upper()}_DATABASE_URL": database(name) for name in SERVICES})]
    for url in (f"sqlite:///{folder / 'large.sqlite'}", database("applications")):
        rows += list(_large(url, large))
    return rows


def lag(folder: Path, amqp_uri: str, databases: dict[str, str]) -> dict[str, Any]:
    """How long an event waits for a checkpoint while ``RATE`` a second are recorded and everything else is done too."""
    seconds = float(os.environ.get("PORTAL_BENCH_SECONDS", "30"))
    env = {"AMQP_URI": amqp_uri, "PORTAL_ENVIRONMENT": "development", "PORTAL_HOME": str(folder / "home"), **databases}
    processes = Processes({**os.environ, **env, "PYTHONPATH": import_path()}, folder)
    processes.portal("migrate")
    processes.start("applications follower", "applications", "--follower")
    try:
        processes.wait_ready()
        url = databases["APPLICATIONS_DATABASE_URL"]
        watching = Watching(url)
        text = _write_steadily(url, seconds)
        waits = watching.waits_of(text)
    finally:
        processes.stop_all()
    return {
        "what": f"from commit to checkpoint at {len(text) * AT_ONCE / seconds:.0f} events/s",
        "database": "postgresql",
        "events": len(text) * AT_ONCE,
        "p50_s": round(statistics.median(waits), 2),
        "p99_s": round(sorted(waits)[int(len(waits) * 0.99)], 2),
        "max_s": round(max(waits), 2),
    }


class Watching(threading.Thread):
    """Looks twenty times a second how far the checkpoints have got."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.sealed, self.done = _plain(url), [(0, 0.0)], threading.Event()
        self.start()

    def run(self) -> None:
        query = (
            "SELECT max(l.notification_id) FROM audit_checkpoint c JOIN audit_leaf l ON l.leaf_index = c.tree_size - 1"
        )
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.done.wait(0.05):
                last = connection.execute(query).fetchone()
                if last and (last[0] or 0) > self.sealed[-1][0]:
                    self.sealed.append((last[0], time.monotonic()))

    def waits_of(self, commits: list[tuple[int, float]]) -> list[float]:
        """Seconds from each commit (last notification id, when) until a checkpoint was seen that covers it."""
        until = time.monotonic() + 60
        while self.sealed[-1][0] < commits[-1][0] and time.monotonic() < until:
            time.sleep(0.05)
        self.done.set()
        return [next(at for last, at in self.sealed if last >= position) - when for position, when in commits]


def _write_steadily(url: str, seconds: float) -> list[tuple[int, float]]:
    rows, commits = _life(), []
    insert = (
        "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s) "
        "RETURNING notification_id"
    )
    authenticate = "INSERT INTO event_mac VALUES (%s, %s, %s, %s)"
    with psycopg.connect(_plain(url)) as connection:
        began = time.monotonic()
        for number in range(int(seconds * RATE / AT_ONCE)):
            time.sleep(max(0.0, began + number * AT_ONCE / RATE - time.monotonic()))
            key = uuid4()
            for row in rows:
                result = connection.execute(insert, (key, *row)).fetchone()
                connection.execute(authenticate, (key, row[0], MACS.key_id, MACS.mac(key, *row)))
            connection.commit()
            commits.append((result[0] if result else 0, time.monotonic()))
    return commits


def _large(url: str, events: int) -> Iterator[dict[str, Any]]:
    name = make_url(url).get_backend_name()
    settings = Settings(
        {"APPLICATIONS_DATABASE_URL": url, "PORTAL_ENVIRONMENT": "development", "HISTORY_KEYS": HISTORY_KEY}
    )
    upgrade(settings, "applications")
    small = events // 10
    _fill(url, small)
    database = Database(url)
    seconds = _sealed(url)
    first = _verified(url)
    _fill(url, events - small)
    more = _sealed(url)
    last = _verified(url)
    yield {
        "what": "sealing a backlog",
        "database": name,
        "events_per_s": round((events - small) / more),
        "small_s": seconds,
    }
    yield {
        "what": f"verifying {last['events']} events",
        "database": name,
        "events_per_s": round(last["events"] / last["seconds"]),
        "peak_mb": round(last["peak_kb"] / 1024),
        f"peak_mb_at_{small}": round(first["peak_kb"] / 1024),
    }
    yield {"what": f"proofs at {events}", "database": name, **_proofs(database, events)}
    database.engine.dispose()


def _sealed(url: str) -> float:
    """Seconds to seal what is waiting, in a plain process as the follower is one."""
    env = {"APPLICATIONS_DATABASE_URL": url, "AUDIT_SIGNING_KEY": KEY.reveal(), "AUDIT_SEAL_SECONDS": "0"}
    env["HISTORY_KEYS"] = HISTORY_KEY
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-c", SEALING, json.dumps({**env, "PORTAL_HOME": home})]
        plain = {name: value for name, value in os.environ.items() if name != "PSYCOPG_WAIT_FUNC"}
        done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    return round(float(done.stdout), 1)


def _verified(url: str) -> dict[str, Any]:
    command = [sys.executable, "-c", PEAK, str(verifier.__file__), "log", url, "--json", "--key", str(KEY.verifier)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    entries: dict[str, Any] = json.loads(done.stdout)
    assert entries["ok"], entries["first_bad"]
    return entries


def _proofs(database: Database, events: int) -> dict[str, Any]:
    proofs, chance = Proofs(database), random.Random(1)
    entries: dict[str, Any] = {}
    asks: dict[str, Callable[[int], dict[str, Any]]] = {
        "inclusion": lambda at: proofs.inclusion_proof(at + 1),
        "consistency": lambda at: proofs.consistency_proof(at + 1),
    }
    for name, ask in asks.items():
        accepted, sizes, hashes = [], [], []
        for _ in range(PROOFS):
            at = chance.randrange(events - 1)
            began = time.perf_counter()
            answer = ask(at)
            accepted.append((time.perf_counter() - began) * 1000)
            sizes.append(len(json.dumps(answer)))
            hashes.append(len(answer["proof"]))
        entries |= {f"{name}_ms": round(statistics.median(accepted), 1), f"{name}_bytes": max(sizes)}
        entries[f"{name}_hashes"] = max(hashes)
    return entries


def _life() -> list[tuple[int, str, bytes]]:
    """The ten events of an ordinary application, as stored."""
    life = brought_to(Status.RESULT_RETURNED)
    for command in ("rate", "rate", "rate"):
        life.do(command)
    store = Store.from_settings(Settings({"APPLICATIONS_DATABASE_URL": "sqlite://", "HISTORY_KEYS": HISTORY_KEY}))
    stored = [store.streams.mapper.to_stored_event(event) for event in life.app.pending_events][:AT_ONCE]
    return [(row.originator_version, row.topic, row.state) for row in stored]


def _fill(url: str, events: int) -> None:
    rows = _life()
    if url.startswith("sqlite"):
        insert = "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?)"
        keys = [uuid4() for _ in range(events // len(rows))]
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.executemany(insert, ((key.hex, *row) for key in keys for row in rows))
            macs = ((key.hex, row[0], MACS.key_id, MACS.mac(key, *row)) for key in keys for row in rows)
            connection.executemany("INSERT INTO event_mac VALUES (?, ?, ?, ?)", macs)
        return
    with psycopg.connect(_plain(url)) as database, database.cursor() as cursor:
        copying = "COPY stored_events (originator_id, originator_version, topic, state) FROM STDIN"
        keys = [uuid4() for _ in range(events // len(rows))]
        with cursor.copy(copying) as copy:
            for key in keys:
                for row in rows:
                    copy.write_row((key, *row))
        with cursor.copy("COPY event_mac (originator_id, originator_version, key_id, mac) FROM STDIN") as copy:
            for key in keys:
                for row in rows:
                    copy.write_row((key, row[0], MACS.key_id, MACS.mac(key, *row)))


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
