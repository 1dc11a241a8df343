"""Python imports this first of all in every process that finds this folder on ``PYTHONPATH``.

``MOVED_CLOCK`` holds by how many seconds the wall clock of the process, and of every process it starts, is to be
wrong. The monotonic clock, on which timers and time-outs depend, goes on. An offset and not an instant: a child that
starts a minute later is to live a minute later.
"""

import os
import sys
import time
from datetime import UTC, datetime

if moved_by := float(os.environ.get("MOVED_CLOCK") or 0):
    try:
        import time_machine
    except ModuleNotFoundError:  # an interpreter outside .venv, such as a server's own tool
        sys.stderr.write(f"{sys.executable}: no time_machine, the clock is not moved\n")
    else:
        clock = time_machine.travel(datetime.fromtimestamp(time.time() + moved_by, UTC), tick=True).start()
        # Between asking and starting time goes on: without this two processes were apart by what a busy machine took.
        for _ in range(3):
            clock.shift(time_machine.escape_hatch.time.time() + moved_by - time.time())
