"""What reading a history costs by its length and by the store's size; how fast and how lean a rebuild replays.

``python -m tests.bench histories``; ``PORTAL_BENCH_EVENTS`` says how large the store gets (default 1,000,000 events).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.engine import make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from services.applications.domain.statuses import Status
from services.applications.event_store.store import Store
from services.applications.queries.history import HistoryReader
from tests.unit.applications import actors
from tests.unit.applications.actors import reading
from tests.unit.applications.builders import brought_to

SMALL, ROUNDS = 10_000, 30
REBUILD = """
import json, resource, sys, time
from infra.chassis.settings import Settings
from services.applications.rebuilding import rebuild
started = time.perf_counter()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = rebuild(Settings(json.loads(sys.argv[1])), swap=True)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = {name: told[name] for name in ("events", "rows")}
print(json.dumps({**found, "seconds": seconds, "before_kb": before, "peak_kb": peak}))
"""


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> list[dict[str, Any]]:
    """``[{"what", …}]``: milliseconds are medians of ``ROUNDS``."""
    url = database("applications")
    env = {
        "APPLICATIONS_DATABASE_URL": url,
        "AMQP_URI": amqp_uri,
        "PORTAL_ENVIRONMENT": "development",
        "PORTAL_HOME": str(folder),
        "HISTORY_KEYS": "key-of-the-benchmarks-alone-0123456789",
    }
    settings = Settings(env)
    upgrade(settings, "applications")
    store, large = Store.from_settings(settings), int(os.environ.get("PORTAL_BENCH_EVENTS", "1000000"))
    client = HistoryReader.from_settings(settings)
    rows = [*_by_length(store, client), *_by_size(url, store, client, large), *_rebuilds(env)]
    store.streams.close()
    return rows


def _by_length(store: Store, client: HistoryReader) -> Iterator[dict[str, Any]]:
    for events in (10, 100, 1000):
        key = _one_with(store, events)
        yield {
            "what": f"history of {events} events",
            "ms": _median(partial(client.history, key, **reading(actors.AUDITOR))),
        }


def _by_size(url: str, store: Store, client: HistoryReader, large: int) -> Iterator[dict[str, Any]]:
    key = _one_with(store, 10)
    for size in (SMALL, large):
        seconds = _filled_up_to(url, store, size)
        ms = _median(lambda: client.state_at(key, version=7, **reading(actors.AUDITOR)))
        yield {
            "what": f"state_at with {store.last_position()} events in the store",
            "ms": ms,
            "filled_in_s": round(seconds, 1),
        }


def _rebuilds(env: dict[str, str]) -> Iterator[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REBUILD, json.dumps(env)], capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    yield {
        "what": "rebuild with swap",
        "events": result["events"],
        "rows": result["rows"],
        "seconds": round(result["seconds"], 1),
        "events_per_second": round(result["events"] / result["seconds"]),
        "peak_mb": result["peak_kb"] // 1024,
        "before_mb": result["before_kb"] // 1024,
    }


def _one_with(store: Store, events: int) -> str:
    """An application that has exactly so many events."""
    life = brought_to(Status.DRAFT)
    for _ in range(events - 6):
        life.do("save_answers")
    for command in ("submit", "accept", "assign", "propose", "approve"):
        life.do(command)
    key = str(life.app.id)
    with store.database.session() as session:
        store.record(life.app, session)
    return key


def _filled_up_to(url: str, store: Store, expected: int) -> float:
    """Copies of one ordinary life of 10 events, until the store has so many events; the seconds it took."""
    started = time.perf_counter()
    life = brought_to(Status.RESULT_RETURNED)
    for command in ("rate", "rate", "rate"):
        life.do(command)
    rows = [store.streams.mapper.to_stored_event(event) for event in life.app.pending_events]
    missing = expected - store.last_position()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        copying = "COPY stored_events (originator_id, originator_version, topic, state) FROM STDIN"
        keys: list[UUID] = [uuid4() for _ in range(max(missing, 0) // len(rows))]
        with cursor.copy(copying) as copy:
            for key in keys:
                for row in rows:
                    copy.write_row((key, row.originator_version, row.topic, row.state))
        with cursor.copy("COPY event_mac (originator_id, originator_version, key_id, mac) FROM STDIN") as copy:
            for key in keys:
                for row in rows:
                    mac = store.keys.mac(key, row.originator_version, row.topic, row.state)
                    copy.write_row((key, row.originator_version, store.keys.key_id, mac))
    return time.perf_counter() - started


def _median(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 2)
