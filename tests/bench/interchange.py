"""What mirroring costs: a dossier's first load, a repeat, a late step, and its bytes, as the store grows tenfold.

Dossiers are generated and streamed, each with one content and three steps, in batches of 500 records, into PostgreSQL.
``PORTAL_BENCH_DOSSIERS``: how many (10,000; named alone 100,000). Processor time is this process's; the database's is
in the seconds that pass.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import text

from infra.chassis import migrations
from infra.chassis.settings import Settings
from services.interchange.mirroring.intake import StatementOrigin
from services.interchange.mirroring.mirror import MirrorDesk
from tests.component.interchange.batches import dossier, progress

BATCH = 500
ORIGIN = StatementOrigin("G09", "bench")
STEPS = (("4", "20260303080000"), ("9", "20260310080000"), ("10", "20260311080000"))


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    settings = Settings(
        {"INTERCHANGE_DATABASE_URL": database("interchange"), "AMQP_URI": amqp_uri, "HISTORY_KEYS": "k" * 32}
    )
    migrations.upgrade(settings, "interchange")
    desk = MirrorDesk.from_settings(settings)
    most, loaded = int(os.environ.get("PORTAL_BENCH_DOSSIERS", "100000")), 0
    for size in (10**power for power in range(3, 8) if 10**power <= most):
        yield {"what": "first load", "store": size, **_measured(desk, range(loaded, size), _contents)}
        yield {"what": "its steps", "store": size, **_measured(desk, range(loaded, size), _steps)}
        last = range(max(loaded, size - 5_000), size)
        yield {"what": "repeat", "store": size, **_measured(desk, last, _contents)}
        yield {"what": "late step", "store": size, **_measured(desk, _old(size), _late)}
        yield {"what": "bytes", "store": size, "of a dossier with its steps": _bytes(desk) // size}
        loaded = size


def _measured(desk: MirrorDesk, numbers: range, records: Callable[[Iterable[int]], Iterator[Any]]) -> dict[str, float]:
    kind, stream = ("dossier" if records is _contents else "progress"), records(numbers)
    gc.collect()  # of what was measured before
    count, cpu, wall = 0, time.process_time(), time.monotonic()
    while batch := list(islice(stream, BATCH)):
        desk.take(ORIGIN, kind, batch)
        count += len(batch)
    spent, passed = time.process_time() - cpu, time.monotonic() - wall
    return {
        "records": count,
        "cpu_ms": round(1000 * spent / count, 3),
        "seconds": round(passed, 2),
        "a_second": round(count / passed),
    }


def _number(place: int) -> str:
    return f"G09.20-2026-{place:09d}"


def _contents(numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    return (
        dossier(_number(place), TrichYeuHoSo=f"Hồ sơ mẫu {place}", Email=f"mau{place}@example.vn") for place in numbers
    )


def _steps(numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    return (progress(status, at, _number(place)) for place in numbers for status, at in STEPS)


def _old(size: int) -> range:
    """Dossiers from the middle of the store: four batches where there are that many."""
    return range(size // 2, min(size, size // 2 + 4 * BATCH))


def _late(numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    return (progress("5", f"202603050800{place % 60:02d}", _number(place)) for place in numbers)


def _bytes(desk: MirrorDesk) -> int:
    with desk.store.database.session() as session:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
