"""A submission until every consequence is done, compared with the same written plainly (:mod:`tests.bench.plain`).

Rounds take turns: ten submissions here, ten there, one after another. Counted is the processor time of every process
on either side, PostgreSQL and the broker with them, from the first call until the bill is there, the message is in the
inbox, the e-mail is out, the use is counted, and for a while after, when events are sealed. The caller and the mail
server, which are the same for both, are not counted; what everybody takes while nobody calls is taken off.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from joserfc import jwt
from joserfc.jwk import OctKey
from nameko.exceptions import UnknownService
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from infra.cli.journey.narration import command, eventually
from tests.bench.doors import SERVERS, Row, plain, settle
from tests.bench.plain_tables import Account, Application, Procedure, Table
from tests.bench.processor_time import machine, of_program, spent
from tests.bench.rpc import filed
from tests.e2e.platforms import RealServers, real_servers

ROUNDS, SUBMISSIONS, WARM_UP = 5, 10, 10
IDLE_SECONDS, AFTERWARDS = 10.0, 3.0  # the sealer seals every two seconds
REACH = 1.2
PLAIN = ("applications", "catalog", "identity", "payments", "notifications")
SECRET = OctKey.import_key("a yardstick's secret is no secret")
# What is counted where, once everything has followed from one submission.
DONE = {
    "catalog": "SELECT coalesce(sum(uses), 0) FROM procedure",
    "payments": "SELECT count(*) FROM demand",
    "notifications": "SELECT count(*) FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.status = 'sent'",
}
OURS_ALONE = " AND m.event_type = 'application_submitted.v1'"


@dataclass
class Side:
    """One of the two: how it submits, whose time it takes, where its consequences are counted."""

    pids: dict[str, int]
    submit: Callable[[], Any]
    done: dict[str, tuple[psycopg.Connection[Any], str]]
    rounds: list[dict[str, float]] = field(default_factory=list)

    def counts(self) -> list[int]:
        rows = [connection.execute(query).fetchone() for connection, query in self.done.values()]
        return [int(row[0]) for row in rows if row]

    def wait_for(self, counts: list[int], more: int) -> None:
        targets = [count + more for count in counts]
        eventually(lambda: all(mine >= all_ for mine, all_ in zip(self.counts(), targets, strict=True)), "the rest", 60)

    def spent(self) -> dict[str, float]:
        servers = {name: of_program(program, os.getpid()) for name, program in SERVERS.items()}
        return {**{name: spent(pid) for name, pid in self.pids.items()}, **servers}


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    yield {"what": "machine", **machine()}
    with real_servers(folder, amqp_uri, database) as world:
        citizen, drafts = filed(world, ROUNDS * SUBMISSIONS + WARM_UP, priced=True)
        definition = definition_of(world, citizen, drafts[0])
        with plain_services(world, amqp_uri, database, definition, drafts) as theirs:
            sides = {"portal": portal_side(world, citizen, drafts), "plain": theirs}
            for side in sides.values():
                one_round(side, WARM_UP, None)
            pids = {f"{name} {own}": pid for name, side in sides.items() for own, pid in side.pids.items()}
            settle(pids)
            idle = {name: idling(side) for name, side in sides.items()}
            for _ in range(ROUNDS):
                for name, side in sides.items():
                    one_round(side, SUBMISSIONS, idle[name])
            yield from compared(sides)


def one_round(side: Side, many: int, idle: dict[str, float] | None) -> None:
    """``idle``: shares of a core to take off; None: a round that does not count."""
    counts, before, began = side.counts(), side.spent(), time.monotonic()
    for _ in range(many):
        side.submit()
    side.wait_for(counts, many)
    time.sleep(AFTERWARDS)
    elapsed = time.monotonic() - began
    if idle is not None:
        after = side.spent()
        side.rounds.append({name: (after[name] - before[name] - 1000 * idle[name] * elapsed) / many for name in before})


def idling(side: Side) -> dict[str, float]:
    before, began = side.spent(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    elapsed, after = time.monotonic() - began, side.spent()
    return {name: (after[name] - before[name]) / 1000 / elapsed for name in before}


def compared(sides: dict[str, Side]) -> Iterator[Row]:
    totals = {name: [sum(turn.values()) for turn in side.rounds] for name, side in sides.items()}
    for name, side in sides.items():
        ratios = [mine / theirs for mine, theirs in zip(totals[name], totals["plain"], strict=True)]
        yield {
            "what": f"submit, {name}",
            "ms": round(statistics.median(totals[name]), 1),
            "ratio": round(statistics.median(ratios), 2),
            "spread": [round(min(ratios), 2), round(max(ratios), 2)],
            "reach": REACH if name == "portal" else None,
            **{own: round(statistics.median(turn[own] for turn in side.rounds), 1) for own in side.rounds[0]},
        }


def portal_side(world: RealServers, citizen: Any, drafts: list[str]) -> Side:
    pids = {name: process.pid for name, process in world.processes.running.items()}
    urls = {name: world.processes.env[f"{name.upper()}_DATABASE_URL"] for name in DONE}
    queries = {**DONE, "notifications": DONE["notifications"] + OURS_ALONE}
    pending = iter(drafts)
    return Side(
        pids,
        lambda: citizen.applications.submit(application_id=next(pending), command_id=command()),
        {name: (psycopg.connect(plain(url), autocommit=True), queries[name]) for name, url in urls.items()},
    )


def definition_of(world: RealServers, citizen: Any, application_id: str) -> dict[str, Any]:
    """The procedure, and what else the plain services have to know of the case."""
    about = citizen.applications.application(application_id=application_id)
    procedure: dict[str, Any] = world.portal.as_().catalog.procedure(code=about["procedure_code"])
    return {"procedure": procedure, "about": about}


@contextmanager
def plain_services(
    world: RealServers, amqp_uri: str, database: Callable[[str], str], case: dict[str, Any], drafts: list[str]
) -> Iterator[Side]:
    urls = {name: database(f"plain_{name}") for name in PLAIN}
    ids = furnish(urls, case, len(drafts))
    host, _, port = world.processes.env["SMTP_URL"].removeprefix("smtp://").partition(":")
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(plain_service(name, amqp_uri, urls[name], host, port)) for name in PLAIN}
        proxy = stack.enter_context(ClusterRpcProxy({"AMQP_URI": amqp_uri}, timeout=20))
        token = jwt.encode({"alg": "HS256"}, {"sub": "citizen"}, SECRET, algorithms=["HS256"])
        eventually(lambda: answers(proxy), "the plain services", 60)
        pending = iter(ids)
        yield Side(
            {name: process.pid for name, process in running.items()},
            lambda: proxy.plain_applications.submit(token, next(pending)),
            {name: (psycopg.connect(plain(urls[name]), autocommit=True), DONE[name]) for name in DONE},
        )


@contextmanager
def plain_service(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.bench.plain", f"plain_{name}", *arguments])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def answers(proxy: Any) -> bool:
    try:
        return bool(proxy.plain_identity.contact("citizen"))
    except UnknownService:
        return False


def furnish(urls: dict[str, str], case: dict[str, Any], many: int) -> list[str]:
    """Tables, one citizen, one procedure, and the same drafts as the portal has."""
    about, ids = case["about"], [str(uuid.uuid4()) for _ in range(many)]
    draft = {
        "applicant_id": "citizen",
        "procedure_code": about["procedure_code"],
        "agency_code": about["agency_code"],
        "channel": about["channel"],
        "status": "draft",
        "answers": about["answers"],
    }
    numbers = itertools.count(1)
    rows: dict[str, list[Any]] = {
        "applications": [Application(id=own, reference=f"P-{next(numbers)}", **draft) for own in ids],
        "catalog": [Procedure(code=about["procedure_code"], definition=case["procedure"], uses=0)],
        "identity": [Account(id="citizen", full_name="Nguyễn Thị Mẫu", email="mau@example.vn")],
    }
    for name, url in urls.items():
        engine = create_engine(url)
        Table.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add_all(rows.get(name, []))
        engine.dispose()
    return ids


def table(rows: list[Row]) -> str:
    """The rows as text."""
    return "\n".join(", ".join(f"{name} {value}" for name, value in row.items() if name != "benchmark") for row in rows)
