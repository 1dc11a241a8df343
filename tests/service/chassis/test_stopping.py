"""A process on the chassis ends in order, whatever the number of TERMs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import eventlet
import pytest

from tests.support.import_path import import_path

OURS = """
import eventlet; eventlet.monkey_patch()
import sys
from nameko.rpc import rpc
from nameko.runners import ServiceRunner
from infra.chassis.running.runner import Stopping
class Echo:
    name = "echo"
    @rpc
    def shout(self):
        return 1
runner = ServiceRunner({"AMQP_URI": sys.argv[1]})
runner.add_service(Echo)
Stopping(runner.stop, 20, eventlet.spawn).install()
runner.start()
sys.stderr.write("started\\n")
runner.wait()
"""


def ended(
    program: str,
    uri: str,
    terms: int,
    within: float,
    meanwhile: Callable[[str], None] | None = None,
    until: str | None = None,
) -> int | None:
    """The exit code after some TERMs, ``None`` when it hangs. ``meanwhile``: what happens before the first; ``until``:
    what the program says when that has come about.
    """
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, uri],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": import_path()},
    )
    try:
        assert child.stderr is not None
        while "started" not in child.stderr.readline():
            assert child.poll() is None
        if meanwhile is not None:
            meanwhile(uri)
            eventlet.sleep(0.7)
        while until is not None and until not in child.stderr.readline():
            assert child.poll() is None
        for _ in range(terms):
            child.send_signal(signal.SIGTERM)
            eventlet.sleep(0.5)
        end = time.monotonic() + within
        while child.poll() is None and time.monotonic() < end:
            eventlet.sleep(0.1)
        return child.poll()
    finally:
        child.kill()
        child.wait(10)


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_any_number_of_terms_is_one_orderly_stop(broker, terms):
    assert ended(OURS, broker, terms, within=60) == 0


@pytest.mark.parametrize("role", [[], ["--follower"]], ids=["doors", "follower"])
def test_a_term_while_a_process_still_waits_for_its_surroundings_is_an_orderly_stop(role, tmp_path):
    nowhere = {
        "AMQP_URI": "amqp://guest:guest@127.0.0.1:9/",
        "CATALOG_DATABASE_URL": "postgresql+psycopg://nobody:nothing@127.0.0.1:9/catalog",
        "PORTAL_HOME": str(tmp_path),
        "PYTHONPATH": import_path(),
    }
    command = [sys.executable, "-W", "ignore", "-m", "infra.cli.main", "run", "catalog", *role]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **nowhere})
    try:
        assert child.stderr is not None
        while "waiting" not in child.stderr.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        until = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < until:
            eventlet.sleep(0.1)
        assert child.poll() == 0, "and not the signal's own status, as if it had been killed"
    finally:
        child.kill()
        child.wait(10)


STUCK = """
import eventlet; eventlet.monkey_patch()
import sys
from infra.chassis.running.runner import Stopping
Stopping(lambda: eventlet.sleep(600), 0.3, eventlet.spawn).install()
sys.stdout.write("started\\n")
sys.stdout.flush()
eventlet.sleep(600)
"""


@pytest.mark.parametrize("log", ["full", "closed"])
def test_a_stop_that_does_not_end_is_ended_though_nobody_reads_the_log(log):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            eventlet.patcher.original("os").write(writer, b"." * 4096)  # eventlet's own would wait for a reader
    if log == "closed":
        os.close(reader)
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", STUCK],
        stdout=subprocess.PIPE,
        stderr=writer,
        text=True,
        env={**os.environ, "PYTHONPATH": import_path()},
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "started\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(120) == 75
    finally:
        child.kill()
        child.wait(10)
        os.close(writer)
        if log == "full":
            os.close(reader)
