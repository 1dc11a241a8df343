"""Verification streams: however long the log, the same memory."""

import json
import subprocess
import sys
from typing import Any

from services.applications.verification import verifier
from tests.service.transparency.stores import KEY, Store, many

EVENTS = many("AUDIT_EVENTS", 16_000)
MEASURE = """
import contextlib, io, json, runpy, sys
said = io.StringIO()
sys.argv = sys.argv[1:]
try:
    with contextlib.redirect_stdout(said):
        runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
    peak = int(status["VmHWM"].split()[0])
    print(json.dumps(json.loads(said.getvalue()) | {"status": end.code, "peak_kb": peak}))
"""


def verified(store: Store) -> dict[str, Any]:
    command = [sys.executable, "-c", MEASURE, str(verifier.__file__), "log", store.url, "--json"]
    done = subprocess.run(
        [*command, "--key", str(KEY.verifier)], capture_output=True, text=True, timeout=900, check=True
    )
    return dict(json.loads(done.stdout))


def test_memory_does_not_grow_with_the_log(stores: Any) -> None:
    memory_does_not_grow(stores, EVENTS)


def memory_does_not_grow(stores: Any, events: int) -> None:
    store = stores.empty()
    store.grow(events // 4, applications=500)
    store.seal()
    small = verified(store)
    store.grow(events - events // 4, seed=1, applications=500)
    store.seal()
    large = verified(store)
    assert small["ok"] and large["ok"] and large["events"] == events
    assert large["peak_kb"] - small["peak_kb"] < 12_000
    store.close()
