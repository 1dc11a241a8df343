"""Whoever follows the log misses nothing, however many write and however often they roll back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import eventlet
import pytest
from sqlalchemy import text

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from services.applications.store import Store

WRITERS = 8


def follow(store: Store, total: int, writers: list[subprocess.Popen[bytes]]) -> list[int]:
    """All positions in the order they were seen, read as a follower reads: always from the last one on."""
    seen: list[int] = []
    while len(seen) < total:
        found = store.notifications(seen[-1] if seen else 0, 1000)
        seen += [one.id for one in found]
        if not found:
            if all(one.poll() is not None for one in writers) and not store.notifications(seen[-1] if seen else 0, 1):
                break
            eventlet.sleep(0.005)
    return seen


def tailed(url: str, events: int) -> None:
    settings = Settings({"APPLICATIONS_DATABASE_URL": url, "AMQP_URI": "amqp://nowhere"})
    upgrade(settings, "applications")
    store = Store.from_settings(settings)
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-W", "ignore", "-m", "tests.service.applications.tailing", url, str(events // WRITERS)]
    writers = [subprocess.Popen([*command, str(seed)], env=env) for seed in range(WRITERS)]
    seen = follow(store, events, writers)
    with store.database.session() as session:
        stored = list(session.scalars(text("SELECT notification_id FROM stored_events ORDER BY notification_id")))
    assert [one.wait(60) for one in writers] == [0] * WRITERS
    assert seen == stored and len(seen) == events
    assert stored[-1] > events, "rolled back events leave holes, which the follower stepped over"


def test_eight_writers_and_a_follower_miss_nothing(fresh_database):
    tailed(fresh_database("applications"), 8_000)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_eight_writers_and_a_follower_miss_nothing_of_a_million(fresh_database):
    started = time.monotonic()
    tailed(fresh_database("applications"), 1_000_000)
    assert time.monotonic() - started < 3600
