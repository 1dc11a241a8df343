"""What a flood of one public door leaves of the others: their p95 in it, by their p95 in the same round without it.

``RATE`` calls a second come from a process of its own. A flood of the stock echo, which is no door of ours, shows what
the machine and the broker alone make of as many calls; a second calm turn shows how far two equal turns lie apart.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.chassis.contracts import contract_of
from infra.cli.journey.narration import command
from tests.bench.processor_time import machine

RATE, OUTSTANDING = 100, 50
ROUNDS, CALLS = 3, 50
REACH = 1.5
CALM, CALM_AGAIN, ECHO = "calm", "calm, again", "stock_echo.echo"
FLOODED = (
    "identity.sign_in", "identity.register_citizen", "identity.client_token", "catalog.search", "applications.track",
    "payments.gateway_callback", "catalog.export",
)  # fmt: skip
# Another one each time, or what is known of the first would be all that is command_line for.
CHANGES: dict[str, dict[str, str]] = {
    "identity.sign_in": {"username": "001190{number}", "password": "sai mật khẩu rồi nhé"},
    "catalog.search": {"text": "giay phep {number}"},
}
Row = dict[str, Any]


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    """The machine; then for each flood ``{what, worst, doors, p95_ms, answers}``: medians of the rounds' ratios."""
    from tests.bench.doors import stock_echo
    from tests.bench.rpc import filed
    from tests.e2e.platforms import real_servers

    yield {"what": "machine", **machine(), "rate": RATE, "rounds": ROUNDS, "calls": CALLS}
    with stock_echo(amqp_uri), real_servers(folder, amqp_uri, database) as world:
        turns = (CALM, *FLOODED, ECHO, CALM_AGAIN)
        p95s: dict[str, list[dict[str, float]]] = {turn: [] for turn in turns}
        answers: dict[str, dict[str, float]] = {}
        for _ in range(ROUNDS):
            citizen, (application_id,) = filed(world, 1)  # anew: a token lasts no longer than a round
            citizen.applications.submit(application_id=application_id, command_id=command())
            doors = probes(citizen, world.portal.as_(), application_id)
            measured(doors)
            for turn in turns:
                with flood(amqp_uri, turn) as answered:
                    p95s[turn].append(measured(doors))
                answers[turn] = answered
        for turn in turns[1:]:
            yield row(turn, p95s[turn], p95s[CALM], answers[turn])


def probes(citizen: Any, anonymous: Any, application_id: str) -> dict[str, Callable[[], Any]]:
    """A door or two of each service, as people use them meanwhile."""
    about = {"application_id": application_id}
    code = citizen.applications.application(**about)["procedure_code"]
    return {
        "identity.whoami": lambda: citizen.identity.whoami(),
        "identity.agencies": lambda: anonymous.identity.agencies(),
        "catalog.procedure": lambda: anonymous.catalog.procedure(code=code),
        "applications.application": lambda: citizen.applications.application(**about),
        "applications.mine": lambda: citizen.applications.mine(limit=20),
        "payments.demands": lambda: citizen.payments.demands(**about),
        "notifications.inbox": lambda: citizen.notifications.inbox(limit=20),
    }


def measured(doors: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The p95 of each door in milliseconds; they are called in turns, one after another."""
    elapsed: dict[str, list[float]] = {name: [] for name in doors}
    for _ in range(CALLS):
        for name, call in doors.items():
            began = time.perf_counter()
            call()
            elapsed[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.quantiles(samples, n=20)[-1] for name, samples in elapsed.items()}


@contextmanager
def flood(amqp_uri: str, door: str) -> Iterator[dict[str, float]]:
    """While it lasts a door is called; afterwards what is given holds the answers of a second, by name."""
    answered: dict[str, float] = {}
    if "." not in door:
        yield answered
        return
    service, method = door.split(".")
    arguments = json.dumps(arguments_of(service, method))
    command_line = [sys.executable, "-W", "ignore", "-m", "tests.bench.flooding", amqp_uri, service, method, arguments]
    process = subprocess.Popen(command_line, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        time.sleep(1)
        yield answered
    finally:
        process.send_signal(signal.SIGTERM)
        answered.update(json.loads(process.communicate(timeout=90)[0] or "{}"))


def arguments_of(service: str, method: str) -> Row:
    """The contract's example, changed where a repeat would cost less."""
    if f"{service}.{method}" == ECHO:
        return {"value": "001190{number}"}
    return {**contract_of(service).rpc[method]["example"]["parameters"], **CHANGES.get(f"{service}.{method}", {})}


def row(turn: str, flooded: list[dict[str, float]], calm: list[dict[str, float]], answers: dict[str, float]) -> Row:
    doors = {}
    for door in calm[0]:
        ratios = [here[door] / there[door] for here, there in zip(flooded, calm, strict=True)]
        doors[door] = [round(value, 2) for value in (statistics.median(ratios), min(ratios), max(ratios))]
    worst = max(doors, key=lambda door: doors[door][0])
    return {
        "what": turn,
        "worst": worst,
        "ratio": doors[worst][0],
        "within_reach": sum(ratio <= REACH for ratio, _, _ in doors.values()),
        "doors": doors,
        "calm_p95_ms": {door: round(statistics.median(each[door] for each in calm), 1) for door in calm[0]},
        "answers_per_second": answers,
    }


def table(rows: list[Row]) -> str:
    """For the README: a line per flood."""
    lines = [
        "| flood | answers a second | p95 of the others: median (worst door) | within 1.5 |",
        "|---|---|---|---|",
    ]
    for entry in rows[1:]:
        answers = ", ".join(f"{name} {many:g}" for name, many in entry["answers_per_second"].items()) or "–"
        middle = statistics.median(ratio for ratio, _, _ in entry["doors"].values())
        lines.append(
            f"| {entry['what']} | {answers} | {middle:.2f} ({entry['worst']} {entry['ratio']:.2f}) "
            f"| {entry['within_reach']} of {len(entry['doors'])} |"
        )
    return "\n".join(lines)
