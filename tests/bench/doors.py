"""CPU milliseconds that a call costs its callee, compared with a stock Nameko echo in the same run.

Every process's processor time is read from ``/proc`` before and after a round of calls; what the process takes while
nobody calls is taken off. The calls are made one after another and the doors take turns, round by round; a ratio is
of one round, and the median and the spread are those of the rounds. Elapsed time decides nothing here.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from infra.cli.journey.narration import command, eventually
from tests.bench.catalog import in_one_process
from tests.bench.processor_time import machine, megabytes, of_program, spent
from tests.bench.rpc import filed
from tests.component.catalog.queries import BEST
from tests.e2e.platforms import RealServers, real_servers

ROUNDS, CALLS, SUBMISSIONS, WARM_UP = 5, 100, 10, 60
IDLE_SECONDS = 10.0
REACH = {"application": 1.5, "mine": 1.5, "whoami": 1.5, "inbox": 1.5, "procedure": 1.5, "search": 3.0}
ECHO = "stock echo"
SERVERS = {"postgres": "postgres", "broker": "beam.smp"}
Row = dict[str, Any]


@dataclass
class Called:
    """One call: what is made of it, and which process answers."""

    callee: str
    call: Callable[[], Any]
    callee_ms: list[float] = field(default_factory=list)
    caller_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    """First the machine, then a row per call, then what a submission costs in all, then what idling does."""
    yield {"what": "machine", **machine()}
    with stock_echo(amqp_uri) as stock, real_servers(folder, amqp_uri, database) as world:
        pids = {ECHO: stock.pid, **{name: process.pid for name, process in world.processes.running.items()}}
        citizen, drafts = filed(world, SUBMISSIONS * ROUNDS + 1)
        citizen.applications.submit(application_id=drafts[-1], command_id=command())
        in_one_process(world.processes.env["CATALOG_DATABASE_URL"])
        published(world.processes.env["CATALOG_DATABASE_URL"])
        yield {"what": "memory after the start", **{name: megabytes(pid) for name, pid in pids.items()}}
        messages = Messages(world)
        messages.wait_for(1)
        idle = idling(pids)
        yield from compared(calls_of(world, citizen, drafts[-1]), pids, idle)
        yield submissions(citizen, drafts, pids, idle, messages)
        yield {
            "what": "idle, per cent of a core",
            **{name: round(share * 100, 2) for name, share in idle.items()},
            "platform": round(sum(100 * share for name, share in idle.items() if name in platform(pids)), 2),
        }


def calls_of(world: RealServers, citizen: Any, application_id: str) -> dict[str, Called]:
    anonymous, texts = world.portal.as_(), itertools.cycle(text for text, _ in BEST)
    code = citizen.applications.application(application_id=application_id)["procedure_code"]
    return {
        ECHO: Called(ECHO, lambda: citizen.stock_echo.echo(application_id)),
        "application": Called("applications", lambda: citizen.applications.application(application_id=application_id)),
        "mine": Called("applications", lambda: citizen.applications.mine(limit=20)),
        "whoami": Called("identity", lambda: citizen.identity.whoami()),
        "inbox": Called("notifications", lambda: citizen.notifications.inbox(limit=20)),
        "procedure": Called("catalog", lambda: anonymous.catalog.procedure(code=code)),
        "search": Called("catalog", lambda: anonymous.catalog.search(text=next(texts), limit=20)),
    }


def compared(calls: dict[str, Called], pids: dict[str, int], idle: dict[str, float]) -> Iterator[Row]:
    for called in calls.values():
        for _ in range(WARM_UP):
            called.call()
    for _ in range(ROUNDS):
        for called in calls.values():
            one_round(called, pids, idle)
    for name, called in calls.items():
        ratios = [mine / stock for mine, stock in zip(called.callee_ms, calls[ECHO].callee_ms, strict=True)]
        yield {
            "what": name,
            "callee_ms": round(statistics.median(called.callee_ms), 2),
            "ratio": round(statistics.median(ratios), 2),
            "spread": [round(min(ratios), 2), round(max(ratios), 2)],
            "reach": REACH.get(name),
            "caller_ms": round(statistics.median(called.caller_ms), 2),
            "database_ms": round(statistics.median(called.database_ms), 2),
        }


def one_round(called: Called, pids: dict[str, int], idle: dict[str, float]) -> None:
    began, caller = time.monotonic(), time.process_time()
    callee, database = spent(pids[called.callee]), of_program("postgres", os.getpid())
    for _ in range(CALLS):
        called.call()
    elapsed = time.monotonic() - began
    callee = spent(pids[called.callee]) - callee - 1000 * idle[called.callee] * elapsed
    database = of_program("postgres", os.getpid()) - database - 1000 * idle["postgres"] * elapsed
    called.callee_ms.append(callee / CALLS)
    called.database_ms.append(database / CALLS)
    called.caller_ms.append((time.process_time() - caller) * 1000 / CALLS)


def submissions(
    citizen: Any, drafts: list[str], pids: dict[str, int], idle: dict[str, float], messages: Messages
) -> Row:
    """CPU of everybody from a submission until what follows from it is done (the demand, the message, the e-mail)."""
    rounds: list[dict[str, float]] = []
    pending = iter(drafts)
    for _ in range(ROUNDS):
        before, began, message_count = everybody(pids), time.monotonic(), messages.count()
        for _ in range(SUBMISSIONS):
            citizen.applications.submit(application_id=next(pending), command_id=command())
        messages.wait_for(message_count + SUBMISSIONS)
        elapsed = time.monotonic() - began
        rounds.append(
            {
                name: (milliseconds - before[name] - 1000 * idle[name] * elapsed) / SUBMISSIONS
                for name, milliseconds in everybody(pids).items()
            }
        )
    each = {name: round(statistics.median(turn[name] for turn in rounds), 1) for name in rounds[0]}
    totals = [sum(turn.values()) for turn in rounds]
    return {
        "what": "submit and all that follows",
        "callee_ms": round(statistics.median(totals), 1),
        "spread_ms": [round(min(totals), 1), round(max(totals), 1)],
        **each,
    }


def idling(pids: dict[str, int], seconds: float = IDLE_SECONDS) -> dict[str, float]:
    """Share of a core that each process takes while nobody calls."""
    settle(pids)
    before, began = everybody(pids), time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - began
    return {name: (milliseconds - before[name]) / 1000 / elapsed for name, milliseconds in everybody(pids).items()}


def settle(pids: dict[str, int], patience: float = 180.0) -> None:
    """Wait for the end of what was set off before: until no process takes a tenth of a core in two seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        before = everybody(pids)
        time.sleep(2)
        if all(milliseconds - before[name] < 200 for name, milliseconds in everybody(pids).items()):
            return


def everybody(pids: dict[str, int]) -> dict[str, float]:
    servers = {name: of_program(program, os.getpid()) for name, program in SERVERS.items()}
    return {**{name: spent(pid) for name, pid in pids.items()}, **servers}


def platform(pids: dict[str, int]) -> set[str]:
    return set(pids) - {ECHO}


def published(url: str) -> None:
    """Wait until the catalogue's follower has published what the import left to it."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        count = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        eventually(lambda: connection.execute(count).fetchone() == (0,), "the catalogue's events", 300)


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Messages:
    """The messages message_count to citizens, counted in the database of notifications."""

    def __init__(self, world: RealServers) -> None:
        self._connection = psycopg.connect(plain(world.processes.env["NOTIFICATIONS_DATABASE_URL"]), autocommit=True)

    def count(self) -> int:
        row = self._connection.execute("SELECT count(*) FROM message").fetchone()
        return int(row[0]) if row else 0

    def wait_for(self, many: int) -> None:
        eventually(lambda: self.count() >= many, f"{many} messages", 60)


@contextmanager
def stock_echo(amqp_uri: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.bench.stock", amqp_uri])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'call':28} {'callee ms':>9} {'ratio':>6} {'spread':>13} {'reach':>6} {'caller ms':>9} {'database':>9}"]
    for row in rows:
        if "ratio" in row:
            low, high = row["spread"]
            lines.append(
                f"{row['what']:28} {row['callee_ms']:9.2f} {row['ratio']:6.2f} {f'{low:.2f}–{high:.2f}':>13} "
                f"{row['reach'] or '':>6} {row['caller_ms']:9.2f} {row['database_ms']:9.2f}"
            )
        else:
            lines.append(", ".join(f"{name} {value}" for name, value in row.items() if name != "benchmark"))
    return "\n".join(lines)
