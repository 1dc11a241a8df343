"""From the start of a process to its first answer, and the memory it then holds: each service and a stock Nameko echo.

Rounds take turns: the echo, then every service, one process at a time, started as in production and asked until it
answers. Processor time decides, for the seconds are the machine's; both are given. Then memory after many calls (as
many as ``PORTAL_BENCH_CALLS`` says), and what the commands of operators and auditors take on the embedded default.
"""

from __future__ import annotations

import contextlib
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

from nameko.exceptions import UnknownService

from infra.chassis.settings import SERVICES, Settings
from infra.cli.connection import Portal
from tests.bench.doors import Row
from tests.bench.processor_time import STOCK_NAMEKO, machine, megabytes, processor_seconds, spent
from tests.support import launcher
from tests.support.demo_run import plain_environment, run_demo
from tests.support.import_path import import_path

ROUNDS, REACH, PATIENCE, AT_REST = 5, 2.0, 60.0, 1.0
ECHO = "stock echo"
CALLS = 5_000
REPORTS = 10  # times that memory is looked at over the calls
NOTHING = [sys.executable, "-c", "pass"]


@dataclass
class Started:
    """What the starts of one program took."""

    command: list[str]
    cpu_ms: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    megabytes: list[int] = field(default_factory=list)


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    """First the machine, then a row per service, memory over many calls, and a row per command."""
    yield {"what": "machine", **machine()}
    env = environment(folder, amqp_uri, database)
    programs = {ECHO: Started([sys.executable, "-W", "ignore", "-m", "tests.bench.stock", amqp_uri])}
    for service in SERVICES:
        programs[service] = Started([sys.executable, "-W", "ignore", "-m", "infra.cli.main", "run", service])
    with contextlib.closing(Portal(Settings(env), timeout=PATIENCE)) as portal:
        for _ in range(ROUNDS):
            for name, program in programs.items():
                with started(program.command, env, folder / "log") as process:
                    one_start(name, program, process, portal)
        yield from rows(programs)
        with started(programs["catalog"].command, env, folder / "log") as process:
            until_answered(portal, "catalog")
            yield memory_over_calls(portal, process.pid, int(os.environ.get("PORTAL_BENCH_CALLS", CALLS)))
    yield from commands(folder)


def environment(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> dict[str, str]:
    """An installation on real servers, migrated."""
    env = {
        **os.environ,
        "AMQP_URI": amqp_uri,
        "PORTAL_ENVIRONMENT": "development",
        "PORTAL_HOME": str(folder / "home"),
        "BLOB_STORE": str(folder / "blobs"),
        "OPERATIONS_PORT": "0",
        "PYTHONPATH": import_path(),
        **{f"{service.upper()}_DATABASE_URL": database(service) for service in SERVICES},
    }
    migrated = launcher.run(["migrate"], env, timeout=300)
    if migrated.returncode:
        raise RuntimeError(migrated.stderr[-2000:])
    return env


@contextmanager
def started(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(40)


def one_start(name: str, program: Started, process: subprocess.Popen[bytes], portal: Portal) -> None:
    began = time.monotonic()
    until_answered(portal, name)
    program.cpu_ms.append(spent(process.pid))
    program.seconds.append(time.monotonic() - began)
    time.sleep(AT_REST)
    program.megabytes.append(megabytes(process.pid))


def until_answered(portal: Portal, name: str) -> None:
    """Ask until somebody answers; a queue that an earlier process left takes the question for the next one."""
    rpc: Any = portal.as_()  # a stock service's door takes positions
    until = time.monotonic() + PATIENCE
    while True:
        try:
            rpc.stock_echo.echo("ping") if name == ECHO else getattr(rpc, name).health()
            return
        except UnknownService:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def rows(programs: dict[str, Started]) -> Iterator[Row]:
    echo = programs[ECHO]
    for name, program in programs.items():
        ratios = [mine / stock for mine, stock in zip(program.cpu_ms, echo.cpu_ms, strict=True)]
        waits = [mine / stock for mine, stock in zip(program.seconds, echo.seconds, strict=True)]
        memory = [mine / stock for mine, stock in zip(program.megabytes, echo.megabytes, strict=True)]
        yield {
            "what": f"start of {name}",
            "cpu_ms": round(statistics.median(program.cpu_ms)),
            "ratio": round(statistics.median(ratios), 2),
            "spread": [round(min(ratios), 2), round(max(ratios), 2)],
            "reach": REACH,
            "seconds": round(statistics.median(program.seconds), 2),
            "seconds_ratio": round(statistics.median(waits), 2),
            "megabytes": statistics.median(program.megabytes),
            "memory_ratio": round(statistics.median(memory), 2),
        }


def memory_over_calls(portal: Portal, pid: int, calls: int) -> Row:
    """Megabytes of *catalog* while it is searched, at even intervals."""
    search, sizes = portal.as_().catalog.search, [megabytes(pid)]
    for _ in range(REPORTS):
        for number in range(calls // REPORTS):
            search(text=f"khai sinh {number}", limit=20)
        sizes.append(megabytes(pid))
    return {"what": "memory of catalog over calls", "calls": calls, "megabytes": sizes}


def commands(folder: Path) -> Iterator[Row]:
    """Processor time of commands, each in a process of its own as it is typed, taking turns with ``python -c pass``."""
    demo = run_demo(folder / "demo")
    env, reference = plain_environment(demo.folder), demo.reference
    typed = {
        "--help": ["--help"],
        "history": ["history", reference],
        "evidence": ["evidence", reference],
        "findings": ["findings"],
        "export": ["export"],
        "verify": ["verify"],
        "doctor": ["doctor"],
        "dead-letters list": ["dead-letters", "list"],
    }
    took: dict[str, list[float]] = {name: [] for name in ("nothing", "nameko", *typed)}
    for _ in range(ROUNDS):
        took["nothing"].append(processor_seconds(NOTHING, env))
        took["nameko"].append(processor_seconds(STOCK_NAMEKO, env))
        for name, arguments in typed.items():
            took[name].append(processor_seconds([sys.executable, "-m", "infra.cli.main", *arguments], env))
    for name in typed:
        ratios = {
            baseline: statistics.median(mine / theirs for mine, theirs in zip(took[name], took[baseline], strict=True))
            for baseline in ("nothing", "nameko")
        }
        yield {
            "what": f"portal {name}",
            "cpu_seconds": round(statistics.median(took[name]), 2),
            "least": round(min(took[name]), 2),
            "to_python_pass": round(ratios["nothing"]),
            "to_importing_nameko": round(ratios["nameko"], 2),
            "reach": 0.4 if name == "--help" else 1.0,
        }


def table(rows_done: list[Row]) -> str:
    """The rows as text."""
    return "\n".join(
        ", ".join(f"{name} {value}" for name, value in row.items() if name != "benchmark") for row in rows_done
    )
