"""Partitions by the kernel: a service in a network namespace of its own, its packets dropped or rejected.

A proxy takes bytes and keeps them, so its peers' kernels are content. Here packets vanish: no acknowledgement, no end.
Where namespaces cannot be made (not root, or not allowed) the same cells go through the proxy.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.engine.environment import Member
from tests.faults.engine.runner import ScenarioRun

NUMBERS = itertools.count(1)
WAYS = ("in", "out", "both", "reset")
LONGER = (30, 90, 30, 360, 30, 90)  # seconds a network stays silent, when not five


def partitions(run: ScenarioRun) -> None:
    """Service ↔ broker and ↔ database, both ways, one way, and by reset; 5 s up to six minutes."""
    cells = [
        (name, side, how)
        for name in run.environment.members
        for side in ("to_broker", "to_database")
        for how in (("up", "down"), ("up",), ("down",), ("reset",))
    ]
    run.random.shuffle(cells)
    # Every fourth one is longer than five seconds, as long as the time allows for it.
    longer = [seconds for seconds in LONGER if seconds * 4 <= run.seconds] or [5]
    for number, (name, side, how) in enumerate(cells):
        seconds = longer[number // 4 % len(longer)] if number % 4 == 3 else min(5, run.seconds / 2)
        proxy = getattr(run.environment, side)[name]
        run.mark(f"{name} {side} {'/'.join(how)} {seconds:.0f} s")
        if how == ("reset",):
            proxy.refuse()
            proxy.reset()
        else:
            proxy.silence(*how)
        run.wait(seconds)
        proxy.heal()
        run.recovered()
        run.verdict.facts["cells"] = run.verdict.facts.get("cells", 0) + 1
        if not run.running:
            return


def command(*words: str, check: bool = True) -> int:
    return subprocess.run(words, check=check, capture_output=True, timeout=20).returncode


class Namespace:
    """One network namespace, tied to ours by a pair of interfaces."""

    def __init__(self) -> None:
        number = next(NUMBERS)
        self.name = f"portal-{os.getpid()}-{number}"
        self.outside, self.inside = f"10.213.{number}.1", f"10.213.{number}.2"
        self.prefix = ("ip", "netns", "exec", self.name)
        self._ends = f"pv{os.getpid() % 100_000}a{number}", f"pv{os.getpid() % 100_000}b{number}"

    def __enter__(self) -> Namespace:
        entry, other = self._ends
        command("ip", "netns", "add", self.name)
        command("ip", "link", "add", entry, "type", "veth", "peer", "name", other, "netns", self.name)
        command("ip", "addr", "add", f"{self.outside}/24", "dev", entry)
        command("ip", "link", "set", entry, "up")
        for words in (("addr", "add", f"{self.inside}/24", "dev", other), ("link", "set", other, "up")):
            command(*self.prefix, "ip", *words)
        command(*self.prefix, "ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_about: object) -> None:
        command("ip", "netns", "del", self.name, check=False)
        command("ip", "link", "del", self._ends[0], check=False)

    def cut(self, way: str) -> None:
        chains = {"in": ("INPUT",), "out": ("OUTPUT",)}.get(way, ("INPUT", "OUTPUT"))
        how = ("-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset") if way == "reset" else ("-j", "DROP")
        for chain in chains:
            command(*self.prefix, "iptables", "-A", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", *how)

    def heal(self) -> None:
        command(*self.prefix, "iptables", "-F")


def available() -> bool:
    try:
        with Namespace() as entry:
            entry.cut("both")
            return True
    except (OSError, subprocess.SubprocessError):
        return False


def cut_off_by_the_kernel(run: ScenarioRun) -> None:
    """A second process of the applications service behind dropped packets: one way, the other, both, rejected."""
    if not available():
        run.verdict.facts["where"] = "proxy"
        partitions(run)
        return
    run.verdict.facts["where"] = "network namespace"
    with Namespace() as namespace, another(run, namespace):
        for number, way in enumerate(itertools.cycle(run.random.sample(WAYS, len(WAYS)))):
            seconds = min((5, 30, 90, 360)[number // len(WAYS) % 4], run.seconds / 3)
            namespace.cut(way)
            run.mark(f"packets {way} {'rejected' if way == 'reset' else 'dropped'} for {seconds:.0f} s")
            run.wait(seconds)
            namespace.heal()
            run.recovered()
            if not run.running:
                return


@contextmanager
def another(run: ScenarioRun, namespace: Namespace) -> Iterator[Member]:
    """One more process of the applications service, in the namespace, for as long as it is needed."""
    environment = run.environment
    member = environment.add("applications-apart", ["applications"], listen=namespace.outside)
    member.prefix, member.host = namespace.prefix, namespace.inside
    member.start()
    environment.wait_ready(60)
    try:
        yield member
    finally:
        namespace.heal()
        environment.remove("applications-apart")
