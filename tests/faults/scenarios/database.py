"""A database that stops at once, ends its backends, or commits without its client hearing of it."""

from __future__ import annotations

import signal
import time
from typing import Any

from tests.faults.engine.environment import FOLLOWERS
from tests.faults.engine.runner import ScenarioRun


def database_stopped(run: ScenarioRun) -> None:
    """An immediate stop of PostgreSQL, up to twenty times; and backends ended five times a second."""
    server: Any = run.environment.databases.server
    for _ in range(20):
        run.mark("database stopped")
        server.process.send(signal.SIGQUIT)
        run.wait(0.5, 3)
        server.start()
        run.recovered()
        _end_backends(run, max(1.5, min(10.0, run.seconds / 80)))
        run.recovered()
        if not run.running:
            return


def _end_backends(run: ScenarioRun, seconds: float) -> None:
    until = time.monotonic() + seconds
    query = (
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity "
        "WHERE datname LIKE 'test_%' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) AS few"
    )
    while time.monotonic() < until:
        run.mark("backends ended")
        run.environment.rows("catalog", query)
        run.wait(0.2)


def ambiguous_commits(run: ScenarioRun) -> None:
    """The connection is cut after COMMIT has reached the server and before the client hears of it, 500 times."""
    proxies = [run.environment.to_database[name] for name in ("applications", "payments", "notifications", FOLLOWERS)]
    share = 0.06
    for proxy in proxies:
        proxy.cut(share)
    before = sum(proxy.cuts for proxy in proxies)
    while run.running and sum(proxy.cuts for proxy in proxies) - before < 500:
        run.wait(0.5)
    for proxy in proxies:
        proxy.cut(0.0)
    cuts = sum(proxy.cuts for proxy in proxies) - before
    run.verdict.faults += cuts
    run.verdict.marks.append((0.0, f"{cuts} commits cut"))
    if not cuts:
        run.verdict.unexpected.append("no commit was cut")
