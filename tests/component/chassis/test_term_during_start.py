"""A TERM ends a process in order at whatever moment of its start it comes, also while greenlets run already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.import_path import import_path

HEAD = """
import eventlet; eventlet.monkey_patch()
import os, signal, sys
from infra.cli.main import end_in_order_while_starting
from infra.chassis.settings import Settings
end_in_order_while_starting()
def term(): os.kill(os.getpid(), signal.SIGTERM)
def say(word): sys.stdout.write(word + "\\n"); sys.stdout.flush()
"""
IN_A_GREENLET = """
def swallowing():
    try:
        term()
        eventlet.sleep(1)
    except BaseException:  # as libraries do that hand an error on to whoever waits for a result
        pass
eventlet.spawn(swallowing)
eventlet.sleep(15)
sys.exit(1)
"""
DOORS = """
import nameko.runners
from infra.chassis.running import runner
class Runner:
    def __init__(self, config): self.ended = eventlet.event.Event()
    def start(self):
        term(); eventlet.sleep(0.2); say("started")
    def stop(self): say("stopped"); self.ended.send(0)
    def wait(self): self.ended.wait()
nameko.runners.ServiceRunner = Runner
runner.wait_for_surroundings = lambda *_: None
sys.exit(runner.serve_doors(Settings.from_environment(), []))
"""
EMBEDDED = """
from infra.embedded import platform
from infra.cli import connection, run
class Platform:
    services, operations_port = [], 0
    def __init__(self, settings): pass
    def migrate(self): pass
    def start(self):
        eventlet.spawn(term); eventlet.sleep(0.2); say("started")
    def stop(self): say("stopped")
platform.Platform, connection.first_operator = Platform, lambda settings: None
sys.exit(run.run_embedded(Settings.from_environment()))
"""


SEEDING = """
from infra.cli import start
from infra.embedded import platform
class Platform:
    operations_port = 0
    def __init__(self, settings): pass
    def __enter__(self): say("started"); return self
    def __exit__(self, *_): say("stopped")
def people(settings):
    term(); eventlet.sleep(600)
platform.Platform, start.first_operator, start._people, start._front_door = Platform, lambda _: None, people, None
sys.exit(start.start(Settings.from_environment(), port=0, as_json=True))
"""


def ended(program: str, home: Path) -> tuple[int, list[str]]:
    """The exit code of a process that terminates itself while it starts, and what it said."""
    env = {**os.environ, "PYTHONPATH": import_path(), "PORTAL_HOME": str(home), "OPERATIONS_PORT": "0"}
    command = [sys.executable, "-W", "ignore", "-c", HEAD + program]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    return done.returncode, [line for line in done.stdout.splitlines() if line in ("started", "stopped")]


def test_before_anything_is_served_the_process_ends_though_a_greenlet_ran_when_the_signal_came(tmp_path: Path) -> None:
    assert ended(IN_A_GREENLET, tmp_path) == (0, [])


@pytest.mark.parametrize("program", [DOORS, EMBEDDED, SEEDING], ids=["doors", "embedded", "seeding"])
def test_what_is_just_starting_is_stopped_once_it_has_started(program: str, tmp_path: Path) -> None:
    assert ended(program, tmp_path) == (0, ["started", "stopped"])
