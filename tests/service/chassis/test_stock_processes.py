"""Faults of the stock libraries that take a whole process, each in a process of its own, next to ours without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from kombu import Connection

from tests.service.chassis.test_stopping import OURS, ended
from tests.support.import_path import import_path

STOCK = """
import eventlet; eventlet.monkey_patch()
import sys
import nameko.runners
from nameko.cli.run import run
from nameko.events import event_handler
from nameko.rpc import RpcProxy, rpc
class Echo:
    name = "echo"
    neighbour = RpcProxy("echo")
    @rpc
    def shout(self):
        eventlet.sleep(3)
    @event_handler("echo", "counted.v1")
    def hear(self, event):
        pass
start = nameko.runners.ServiceRunner.start
def start_and_say(self):
    start(self)
    sys.stderr.write("started\\n")
    sys.stderr.flush()
nameko.runners.ServiceRunner.start = start_and_say
run([Echo], {"AMQP_URI": sys.argv[1]})
"""
SLOW_STOCK = STOCK.replace(
    "eventlet.sleep(3)", "sys.stderr.write('at work\\n'); sys.stderr.flush(); eventlet.sleep(20)"
)
BUSY_OURS = OURS.replace("        return 1\n", "        eventlet.sleep(3)\n        return 1\n").replace(
    '    name = "echo"\n', '    name = "echo"\n    neighbour = __import__("nameko.rpc").rpc.RpcProxy("echo")\n'
)


def at_work(uri: str) -> None:
    """A call that takes three seconds is being worked on."""
    with Connection(uri, connect_timeout=60) as connection:
        connection.Producer().publish(
            {"args": [], "kwargs": {}},
            exchange="nameko-rpc",
            routing_key="echo.shout",
            serializer="json",
            reply_to="nobody",
            correlation_id="1",
        )


def test_one_term_to_a_stock_service_at_work_is_orderly(broker):
    assert ended(STOCK, broker, terms=1, within=60, meanwhile=at_work) == 0


def test_a_second_term_breaks_the_stop_of_a_stock_service_at_work(broker):
    """It ends with an error from the middle of its stop (or, with other timings, not at all)."""
    assert ended(SLOW_STOCK, broker, terms=2, within=60, meanwhile=at_work, until="at work") != 0


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_any_number_of_terms_to_ours_at_work_is_one_orderly_stop(broker, terms):
    assert ended(BUSY_OURS, broker, terms, within=60, meanwhile=at_work) == 0


TICKS = """
import eventlet; eventlet.monkey_patch()
import json, sys, time
import psycopg
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        eventlet.sleep(0.02)
connection = psycopg.connect(sys.argv[1])
eventlet.spawn(tick)
eventlet.sleep(0.1)
ticks.clear()
for _ in range(int(sys.argv[2])):
    if len(ticks) < 10:
        connection.execute("SELECT pg_sleep(1)")
print(json.dumps(len(ticks)))
"""


def ticks_during_queries(url: str, queries: int, **env: str) -> int:
    """How often another greenlet came to its turn in the seconds that queries took; of so many queries at most."""
    plain = {name: value for name, value in os.environ.items() if name != "PSYCOPG_WAIT_FUNC"}
    command = [sys.executable, "-W", "ignore", "-c", TICKS, url, str(queries)]
    return int(json.loads(subprocess.run(command, env={**plain, **env}, capture_output=True, check=True).stdout))


def test_the_drivers_own_wait_stops_every_other_call_of_a_stock_service(fresh_database):
    assert ticks_during_queries(plain(fresh_database("echo")), 1) == 0


def test_our_wait_lets_the_others_work(fresh_database):
    assert ticks_during_queries(plain(fresh_database("echo")), 40, PSYCOPG_WAIT_FUNC="wait_selector") >= 10


def test_every_process_of_ours_has_that_wait():
    output = "from infra.cli.main import patch; patch(); import os; print(os.environ['PSYCOPG_WAIT_FUNC'])"
    env = {name: value for name, value in os.environ.items() if name != "PSYCOPG_WAIT_FUNC"}
    env["PYTHONPATH"] = import_path()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", output], check=False, env=env, capture_output=True, text=True
    )
    assert done.stdout.strip() == "wait_selector"


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


SUBSCRIBED = """
import eventlet; eventlet.monkey_patch()
import os
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
in_memory = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": "file:x?mode=memory&cache=shared"}
application = Application(env=in_memory)
application.save(Aggregate())
with application.recorder.subscribe(gt=0) as subscription:
    print(next(subscription).id)
"""


def test_the_event_stores_own_subscriptions_do_not_work_in_a_patched_process():
    """So followers are plain processes (decision 0006)."""
    command = [sys.executable, "-W", "ignore", "-c", SUBSCRIBED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode != 0, done.stdout
