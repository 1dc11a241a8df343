"""Calls a second of ``applications.application`` and ``submit`` compared with a stock Nameko echo, in one run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.cli.journey.beginning import people
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import command
from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.e2e.platforms import RealServers, real_servers

ROUNDS, CALLS, OUTSTANDING = 5, 100, 20


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> list[dict[str, Any]]:
    """``[{"what", "per_second", "ratio_to_stock_echo"}]``, medians over rounds taken in turn."""
    stock = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.bench.stock", amqp_uri])
    try:
        with real_servers(folder, amqp_uri, database) as world:
            return compare(contenders(world))
    finally:
        stock.terminate()
        stock.wait(20)


def contenders(world: RealServers) -> dict[str, Callable[[int], float]]:
    """Name → a function that makes ``n`` calls and says how many a second that was."""
    citizen, applications = filed(world, ROUNDS * CALLS)
    anonymous: Any = world.portal.as_()  # a stock service's door takes positions
    drafts = iter(applications)
    about = {"application_id": applications[0]}
    return {
        "stock echo, one after another": lambda n: rate(n, lambda: anonymous.stock_echo.echo(about)),
        "applications.application, one after another": lambda n: rate(
            n, lambda: citizen.applications.application(**about)
        ),
        "applications.submit, one after another": lambda n: rate(
            n, lambda: citizen.applications.submit(application_id=next(drafts), command_id=command())
        ),
        "stock echo, 20 at once": lambda n: pipelined(n, lambda: anonymous.stock_echo.echo.call_async(about)),
        "applications.application, 20 at once": lambda n: pipelined(
            n, lambda: citizen.applications.application.call_async(**about)
        ),
    }


def filed(world: RealServers, many: int, *, priced: bool = False) -> tuple[Any, list[str]]:
    """A citizen and drafts ready to be submitted. ``priced``: with a fee that is due at intake."""
    journey = Journey(world.portal, world.seeded, lambda step: None)
    people(journey)
    citizen, catalog = journey.who("citizen"), world.portal.as_().catalog
    fits = _priced if priced else _paperless
    codes = (entry["code"] for entry in journey.all_pages(catalog.search) if entry["level"] >= 3)
    procedure = next(each for code in codes if fits(each := catalog.procedure(code=code)))
    answers = answers_for(procedure["form"], journey.citizen)
    papers = [paper for paper in procedure["requirements"] if paper["required"]]
    drafts = []
    for _ in range(many):
        started = citizen.applications.start(
            procedure_code=procedure["code"], channel="online", command_id=str(uuid.uuid4())
        )
        drafts.append(started["application_id"])
        citizen.applications.save_answers(application_id=drafts[-1], answers=answers, command_id=command())
        for paper in papers:
            _attach(citizen, drafts[-1], paper["id"])
    return citizen, drafts


def _paperless(procedure: Any) -> bool:
    needs_choice = any(fee["rule"]["type"] == "choice" for fee in procedure["fees"])
    return not needs_choice and not any(requirement["required"] for requirement in procedure["requirements"])


def _priced(procedure: Any) -> bool:
    due = [fee for fee in procedure["fees"] if fee["rule"]["type"] == "fixed" and fee["collected_at"] == "intake"]
    return len(due) == len(procedure["fees"]) == 1 and len(procedure["requirements"]) < 3


def _attach(citizen: Any, application_id: str, requirement: str) -> None:
    citizen.applications.attach(
        application_id=application_id,
        requirement=requirement,
        file_name="giay-to.pdf",
        media_type="application/pdf",
        content_base64=as_base64(a_pdf("A paper")),
        command_id=command(),
    )


def rate(calls: int, call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return calls / (time.perf_counter() - started)


def pipelined(calls: int, call_async: Callable[[], Any]) -> float:
    """As :func:`rate`, with up to 20 replies outstanding."""
    started, waiting = time.perf_counter(), []
    for _ in range(calls):
        waiting.append(call_async())
        if len(waiting) == OUTSTANDING:
            for reply in waiting:
                reply.result()
            waiting.clear()
    for reply in waiting:
        reply.result()
    return calls / (time.perf_counter() - started)


def compare(contenders: dict[str, Callable[[int], float]]) -> list[dict[str, Any]]:
    """Every contender once per round, in turn; the ratio is to the stock echo of the same manner."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, measure in contenders.items():
            samples[name].append(measure(CALLS))
    rows = []
    for name, rates in samples.items():
        manner = name.rsplit(", ", 1)[1]
        ratios = [mine / stock for mine, stock in zip(rates, samples[f"stock echo, {manner}"], strict=True)]
        rows.append(
            {"what": name, "per_second": round(statistics.median(rates)), "ratio": round(statistics.median(ratios), 2)}
        )
    return rows
