"""What an import of the whole country's catalogue costs, and what a search over it costs compared with plain ``ILIKE``.

``python -m tests.bench catalog [--procedures FILE.jsonl.gz]…``: the records of the files, or else the project's own
samples, repeated under new codes until there are 6,842. They go in as operators send them, by ``portal catalog import``
over RabbitMQ into a service of its own; and once more without the wire. The queries are those of the tests.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.cli.connection import Portal, first_operator
from services.catalog import sample_catalogue
from services.catalog.imports import Imports
from services.catalog.search import Query, SearchEngine
from tests.component.catalog.queries import BEST
from tests.component.catalog.use_cases import BY, command
from tests.e2e.platforms import Processes
from tests.support.import_path import import_path
from tests.unit.catalog.builders import real_offers

NATIONAL = 6_842  # procedures in force in the national catalogue
MARKS = (1_000, 3_000, NATIONAL)
ROUNDS, PAGE, BATCH, SINCE = 5, 20, 50, "2025-07-01"
Row = dict[str, Any]


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    """``{"what", …}``: seconds as measured, milliseconds as medians of ``ROUNDS`` rounds taken in turn."""
    yield over_the_wire(
        folder, amqp_uri, {f"{variant.upper()}_DATABASE_URL": database(variant) for variant in ("identity", "catalog")}
    )
    url = database("catalog")
    upgrade(Settings({"CATALOG_DATABASE_URL": url, "AMQP_URI": amqp_uri}), "catalog")
    yield in_one_process(url)
    yield from searching(url)
    Database.forget_all()


def over_the_wire(folder: Path, amqp_uri: str, databases: dict[str, str]) -> Row:
    """``portal catalog import`` against a service and its follower; what both weigh as the catalogue grows."""
    env = {"AMQP_URI": amqp_uri, "PORTAL_ENVIRONMENT": "development", "PORTAL_HOME": str(folder / "home"), **databases}
    file = write_gzip(
        folder / "procedures.jsonl.gz", repeated(given_records() or sample_catalogue.definitions("H01.01"))
    )
    processes = Processes({**os.environ, **env, "PYTHONPATH": import_path()}, folder)
    processes.portal("migrate", "identity", "catalog")
    for name, arguments in {"identity": [], "catalog": [], "catalog follower": ["--follower"]}.items():
        processes.start(name, name.split()[0], *arguments)
    portal = Portal(Settings({**os.environ, **env}))
    try:
        processes.wait_ready()
        processes.env["PORTAL_TOKEN"] = portal.sign_in(**first_operator(portal.settings))
        return watched(processes, file, databases["CATALOG_DATABASE_URL"])
    finally:
        portal.close()
        processes.stop_all()


def watched(processes: Processes, file: Path, url: str) -> Row:
    began = time.perf_counter()
    weights: dict[str, int | None] = {}
    arguments = [sys.executable, "-W", "ignore", "-m", "infra.cli.main", "catalog", "import", str(file), "--json"]
    importing = subprocess.Popen(arguments, env=processes.env, stdout=subprocess.PIPE, text=True)
    weighed = {"service": processes.running["catalog"].pid, "command": importing.pid}
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        for mark in MARKS:
            while _published_count(connection) < min(mark, MARKS[-1] - BATCH) and importing.poll() is None:
                time.sleep(0.05)
            weights |= {f"{name}_mb_at_{mark}": _weight(pid) for name, pid in weighed.items()}
    busy = {f"{name}_cpu_s": _busy(process.pid) for name, process in processes.running.items() if name != "identity"}
    summary = json.loads(importing.communicate()[0])
    seconds = time.perf_counter() - began
    assert importing.returncode == 0 and summary["records"] == NATIONAL and not summary["bad_lines"], summary["counts"]
    return {
        "what": "portal catalog import",
        "records": summary["records"],
        "seconds": round(seconds, 1),
        "records_per_s": round(summary["records"] / seconds),
        **weights,
        **{name.replace(" ", "_"): spent for name, spent in busy.items()},
        "counts": {name: number for name, number in summary["counts"].items() if number},
        "findings": sum(summary["findings"].values()),
    }


def in_one_process(url: str) -> Row:
    """The real titles, without the wire; what the searches then look through."""
    imports, began = Imports(Database.at(url)), time.perf_counter()
    records = repeated(real_offers())
    while batch := list(itertools.islice(records, BATCH)):
        imports.import_records(batch, "definition", SINCE, by=BY, command=command())
    seconds = time.perf_counter() - began
    return {
        "what": "import of titles in one process",
        "records": NATIONAL,
        "seconds": round(seconds, 1),
        "records_per_s": round(NATIONAL / seconds),
    }


def searching(url: str) -> Iterator[Row]:
    """Every query ``ROUNDS`` times in every way, in turn."""
    database = Database.at(url)
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("ANALYZE")
    finder, clock = SearchEngine(database), Stopwatch(database)
    ways: dict[str, Callable[[str], list[str]]] = {
        "search": lambda text: _codes(finder.search(Query.of(text, None, {}), PAGE)),
        "search with facets": lambda text: _codes(finder.search(Query.of(text, None, {}), PAGE, facets=True)),
        "suggestions while typing": lambda text: _codes(finder.suggest(text[: max(3, len(text) * 2 // 3)])),
        "plain ILIKE": lambda text: _ilike(database, text),
    }
    samples: dict[str, dict[str, list[float]]] = {way: {text: [] for text, _ in BEST} for way in ways}
    inside: dict[str, dict[str, list[float]]] = {way: {text: [] for text, _ in BEST} for way in ways}
    first: dict[str, int] = dict.fromkeys(ways, 0)
    for turn in range(ROUNDS):
        for text, best in BEST:
            for way, ask in ways.items():
                spent, codes = clock.of(ask, text)
                samples[way][text].append(spent)
                inside[way][text].append(clock.inside(database))
                expected = {best} if isinstance(best, str) else best
                first[way] += not turn and bool(codes) and codes[0].split("-")[0] in expected
    for way, times in samples.items():
        medians, own = (sorted(map(statistics.median, variant.values())) for variant in (times, inside[way]))
        right = {} if way.startswith("suggest") else {"right_first": first[way]}
        yield {
            "what": way,
            "queries": len(BEST),
            **right,
            "server_median_ms": round(statistics.median(own), 2),
            "server_p95_ms": round(own[int(len(own) * 0.95)], 2),
            "median_ms": round(statistics.median(medians), 2),
            "p95_ms": round(medians[int(len(medians) * 0.95)], 2),
            "max_ms": round(medians[-1], 2),
        }


class Stopwatch:
    """Milliseconds between sending statements and having their rows; and what the server says it spent on them."""

    def __init__(self, database: Database) -> None:
        self.spent, self.sent = 0.0, 0.0
        self.statements: list[tuple[str, Any]] = []
        event.listen(database.engine, "before_cursor_execute", self._begin)
        event.listen(database.engine, "after_cursor_execute", self._end)

    def of(self, ask: Callable[[str], list[str]], text: str) -> tuple[float, list[str]]:
        self.spent, self.statements = 0.0, []
        result = ask(text)
        return self.spent * 1000, result

    def inside(self, database: Database) -> float:
        """Planning and execution of the same statements once more, by the server's own account."""
        spent = 0.0
        with database.engine.connect() as connection, connection.connection.cursor() as cursor:  # type: ignore[attr-defined]
            for statement, parameters in self.statements:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
                plan = cursor.fetchone()[0][0]
                spent += plan["Planning Time"] + plan["Execution Time"]
        return spent

    def _begin(self, _connection: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        self.statements.append((statement, parameters))
        self.sent = time.perf_counter()

    def _end(self, *_statement: object) -> None:
        self.spent += time.perf_counter() - self.sent


def given_records() -> list[Row]:
    """The records of the files in ``PORTAL_BENCH_PROCEDURES``."""
    records: list[Row] = []
    for name in filter(None, os.environ.get("PORTAL_BENCH_PROCEDURES", "").split(os.pathsep)):
        with gzip.open(name, "rt", encoding="utf-8") as lines:
            records += [json.loads(line) for line in lines]
    return records


def repeated(records: list[Row]) -> Iterator[Row]:
    """Records under new codes, until there are enough: the code itself, then ``<code>-1``, …"""
    for number in range(NATIONAL):
        turn, at = divmod(number, len(records))
        yield _coded(records[at], f"-{turn}") if turn else records[at]


def _coded(record: Row, suffix: str) -> Row:
    """The same record with another code, in any of the layouts."""
    if "metadata" in record:
        inner = record["metadata"]
        return {**record, "metadata": {**inner, "mã_thủ_tục": f"{inner['mã_thủ_tục']}{suffix}"}}
    name = "ma_thu_tuc" if "ma_thu_tuc" in record else "code"
    return {**record, name: f"{record[name]}{suffix}"}


def write_gzip(file: Path, records: Iterator[Row]) -> Path:
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return file


def _codes(reply: Row) -> list[str]:
    return [item["code"] for item in reply["items"]]


def _ilike(database: Database, text: str) -> list[str]:
    """What a catalogue without an index of its own does: the text anywhere in the title or the code."""
    query = (
        "SELECT code, definition FROM procedure_version WHERE state = 'published'"
        " AND (definition -> 'title' ->> 'vi' ILIKE %(like)s OR code ILIKE %(like)s) ORDER BY code LIMIT %(limit)s"
    )
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(query, {"like": f"%{text}%", "limit": PAGE})
        return [str(row.code) for row in rows]


def _published_count(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM procedure_version").fetchone()
    return int(row[0]) if row else 0


def _weight(pid: int) -> int | None:
    """Megabytes of memory a process holds now; None when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return None


def _busy(pid: int) -> float:
    """Seconds of processor time a process has taken; what other load the machine had does not show in them."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return round((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), 1)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
