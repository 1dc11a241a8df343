"""Processor time of processes, from ``/proc``: what it costs, whatever else the machine is doing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STOCK_NAMEKO = [
    sys.executable,
    "-W",
    "ignore",
    "-c",
    "import eventlet; eventlet.monkey_patch(); import nameko.rpc, nameko.events, nameko.runners",
]


def spent(pid: int) -> float:
    """Milliseconds of processor time that a process's threads have taken (user and system), to the microsecond."""
    nanoseconds = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            nanoseconds += int((thread / "schedstat").read_text().split()[0])
        except OSError:  # a thread that has just ended
            continue
    return nanoseconds / 1e6


def of_program(name: str, ancestor: int) -> float:
    """The same of every process called ``name`` that ``ancestor`` started, itself or through others."""
    return sum(spent_if_running(pid) for pid in descendants(ancestor) if program(pid) == name)


def spent_if_running(pid: int) -> float:
    try:
        return spent(pid)
    except OSError:
        return 0.0


def descendants(ancestor: int) -> Iterator[int]:
    parents = {int(entry.name): parent_of(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    for pid in parents:
        above = parents[pid]
        while above not in (0, ancestor):
            above = parents.get(above, 0)
        if above == ancestor:
            yield pid


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def megabytes(pid: int) -> int:
    """Memory a process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


def machine() -> dict[str, Any]:
    """On what and beside what the figures were measured."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": model[0].partition(":")[2].strip() if model else platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
    }


def processor_seconds(command: list[str], env: dict[str, str]) -> float:
    """User and system time of one process from its start to its end; it has to end well."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime
