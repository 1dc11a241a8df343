"""What a call costs its service in processor time stays near what was recorded, as a ratio to a stock echo's.

No clock decides: calls and echoes take turns, and each process's own time is read from the system.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nameko.exceptions import UnknownService

from tests.bench import processor_time
from tests.bench.processor_time import STOCK_NAMEKO, processor_seconds
from tests.component.catalog.queries import BEST
from tests.support.demo_run import PORTAL, DemoRun, plain_environment
from tests.support.installation import Installation, command, eventually

RATIOS: dict[str, float] = json.loads((Path(processor_time.__file__).parent / "ratios.json").read_text())
ROUNDS, CALLS, WORSE = 5, 40, 1.5
COMMAND = "portal "  # how the names of commands begin
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stock_echo(served_installation: Installation) -> Iterator[int]:
    """The process number of a stock Nameko service on the same broker."""
    uri = served_installation.portal.settings.amqp_uri
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.bench.stock", uri])
    eventually(lambda: answers(served_installation), "the stock echo answers")
    yield process.pid
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)


def answers(installation: Installation) -> bool:
    try:
        return bool(installation.rpc("citizen").stock_echo.echo("ping"))
    except UnknownService:
        return False


@pytest.fixture(scope="module")
def calls(served_installation: Installation) -> dict[str, Callable[[], Any]]:
    citizen = served_installation.rpc("citizen")
    offers = citizen.catalog.search(limit=100)["items"]
    code = next(offer["code"] for offer in offers if offer["level"] >= 3)
    started = citizen.applications.start(procedure_code=code, channel="online", command_id=command())
    application_id, texts = started["application_id"], itertools.cycle(text for text, _ in BEST)
    return {
        "application": lambda: citizen.applications.application(application_id=application_id),
        "mine": lambda: citizen.applications.mine(limit=20),
        "whoami": lambda: citizen.identity.whoami(),
        "inbox": lambda: citizen.notifications.inbox(limit=20),
        "procedure": lambda: citizen.catalog.procedure(code=code),
        "search": lambda: citizen.catalog.search(text=next(texts), limit=20),
    }


def test_no_call_costs_much_more_than_was_recorded(
    served_installation: Installation, stock_echo: int, calls: dict[str, Callable[[], Any]]
) -> None:
    assert set(calls) == {name for name in RATIOS if not name.startswith(COMMAND)}
    assert served_installation.processes is not None
    doors = served_installation.processes.running["doors"].pid
    echo = served_installation.rpc("citizen").stock_echo.echo
    ratios: dict[str, list[float]] = {name: [] for name in calls}
    for warm in (True, *[False] * ROUNDS):
        baseline = spent_by(stock_echo, lambda: echo("ping"))
        for name, call in calls.items():
            ratio = spent_by(doors, call) / baseline
            if not warm:
                ratios[name].append(ratio)
    worse = {
        name: (round(statistics.median(measured), 2), RATIOS[name])
        for name, measured in ratios.items()
        if statistics.median(measured) > WORSE * RATIOS[name]
    }
    sys.stdout.write(json.dumps({name: round(statistics.median(each), 2) for name, each in ratios.items()}))
    assert not worse, f"ratio to a stock echo, and the one recorded in tests/bench/ratios.json: {worse}"


def test_no_command_of_an_auditor_costs_much_more_than_was_recorded(demo_run: DemoRun) -> None:
    """Each as it is typed, in a process of its own, compared with importing stock Nameko."""
    typed = {name: name.removeprefix(COMMAND).split() for name in RATIOS if name.startswith(COMMAND)}
    typed["portal history"].append(demo_run.reference)
    env = plain_environment(demo_run.folder)
    worse = {}
    for name, arguments in typed.items():
        measured = min(
            processor_seconds([*PORTAL, *arguments], env) / processor_seconds(STOCK_NAMEKO, env) for _ in range(2)
        )
        if measured > WORSE * RATIOS[name]:
            worse[name] = (round(measured, 2), RATIOS[name])
    assert not worse, f"ratio to importing Nameko, and the one recorded in tests/bench/ratios.json: {worse}"


def spent_by(pid: int, call: Callable[[], Any]) -> float:
    before = processor_time.spent(pid)
    for _ in range(CALLS):
        call()
    return processor_time.spent(pid) - before
