"""Whoever follows the log misses nothing, however many write and however often they roll back."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import eventlet
import pytest
from sqlalchemy import text

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from services.applications.event_store.store import Store
from tests.faults.engine.verdicts import Verdict, per_second, write_verdict
from tests.service.applications.tailing import HISTORY_KEY
from tests.support.import_path import import_path

WRITERS = 8
SEED = int(os.environ.get("SEED", "1"))


def follow(store: Store, total: int, writers: list[subprocess.Popen[bytes]], at: list[float]) -> list[int]:
    """All positions in the order they were seen, read as a follower reads: always from the last one on.

    ``at`` gets the second each was seen.
    """
    collected: list[int] = []
    while len(collected) < total:
        match = store.notifications(collected[-1] if collected else 0, 1000)
        collected += [row.id for row in match]
        at += [time.time()] * len(match)
        if not match:
            if all(writer.poll() is not None for writer in writers) and not store.notifications(
                collected[-1] if collected else 0, 1
            ):
                break
            eventlet.sleep(0.005)
    return collected


def tailed(url: str, events: int) -> Verdict:
    """What a follower of eight writers saw, held against what was stored in the end."""
    events -= events % WRITERS
    settings = Settings({"APPLICATIONS_DATABASE_URL": url, "AMQP_URI": "amqp://nowhere", "HISTORY_KEYS": HISTORY_KEY})
    upgrade(settings, "applications")
    store = Store.from_settings(settings)
    env = {**os.environ, "PYTHONPATH": import_path()}
    command = [sys.executable, "-W", "ignore", "-m", "tests.service.applications.tailing", url, str(events // WRITERS)]
    begun, at = time.time(), list[float]()
    writers = [subprocess.Popen([*command, str(SEED * WRITERS + entry)], env=env) for entry in range(WRITERS)]
    collected = follow(store, events, writers, at)
    seconds = round(time.time() - begun, 1)
    with store.database.session() as session:
        stored = list(session.scalars(text("SELECT notification_id FROM stored_events ORDER BY notification_id")))
    assert [writer.wait(60) for writer in writers] == [0] * WRITERS
    assert stored[-1] > events, "rolled back events leave holes, which the follower stepped over"
    verdict = Verdict("eight_writers", SEED, seconds, attempted=events, acknowledged=len(stored), begun=begun)
    verdict.unexpected = [f"{len(stored)} events stored of {events}"] if len(stored) != events else []
    verdict.lost = [f"position {name}" for name in sorted(set(stored) - set(collected))]
    verdict.duplicated = (
        [f"{len(collected) - len(set(collected))} positions seen twice"] if len(collected) > len(set(collected)) else []
    )
    verdict.unexpected += [] if collected == sorted(collected) else ["positions seen out of order"]
    verdict.throughput = per_second(at, begun, seconds)
    verdict.facts = {"events per second": round(events / seconds), "positions rolled back": stored[-1] - events}
    return verdict


def test_eight_writers_and_a_follower_miss_nothing(fresh_database):
    verdict = tailed(fresh_database("applications"), 8_000)
    assert verdict.passed, verdict.summary()


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_eight_writers_and_a_follower_miss_nothing_of_a_million(fresh_database):
    verdict = tailed(fresh_database("applications"), int(os.environ.get("EVENTS", "1000000")))
    write_verdict(verdict)
    assert verdict.passed, verdict.summary()
