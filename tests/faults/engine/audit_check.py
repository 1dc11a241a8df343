"""I4, as an auditor would have it: the published file verifies every history, and no two checkpoints disagree.

:class:`CheckpointCollector` collects checkpoints while a scenario runs, as somebody outside would. At the end the one
file auditors carry away (run as a process of its own; it shares no code with what made the log) holds the database and
the published tiles against all of them.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import eventlet

from tests.faults.engine.environment import Environment
from tests.faults.engine.verdicts import Verdict

VERIFIER = Path("services/applications/verification/verifier.py")
EVERY = 0.5  # seconds between two readings of the published checkpoint
PAIRS = 40  # neighbouring checkpoints whose consistency proof is checked by itself
Call = Callable[[str, dict[str, Any]], Any]  # (door of applications, arguments), as an auditor
BUNDLES = 3  # applications whose evidence file is verified by itself


def size_of(note: str) -> int:
    return int(note.split("\n")[1])


@functools.cache
def load_verifier() -> Any:
    """The verifier as an auditor has it: one file, loaded from where it is."""
    spec = importlib.util.spec_from_file_location("load_verifier", VERIFIER)
    assert spec is not None and spec.loader is not None
    loaded = sys.modules["load_verifier"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class CheckpointCollector:
    """Keeps every checkpoint it sees."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.tiles = environment.folder / "home" / "audit-tiles"
        self.checkpoints: dict[int, str] = {}
        self.forks: list[str] = []
        self._watcher = eventlet.spawn(self._watch)

    def _watch(self) -> None:
        while True:
            self.collect()
            eventlet.sleep(EVERY)

    def collect(self) -> int:
        """The size of the tree now published."""
        try:
            note = (self.tiles / "checkpoint").read_text()
            size = size_of(note)
        except (OSError, ValueError, IndexError):
            return 0
        first = self.checkpoints.setdefault(size, note)
        if first.split("\n\n")[0] != note.split("\n\n")[0]:
            self.forks.append(f"two checkpoints of {size} leaves")
        return size

    def stop(self) -> None:
        self._watcher.kill()

    # ── the end
    def sealed(self, patience: float = 30) -> None:
        """Wait until the log holds every event there is."""
        until = time.monotonic() + patience
        while (missing := self._unsealed()) and time.monotonic() < until:
            eventlet.sleep(0.3)
        if missing:
            raise TimeoutError(f"{missing} events were not sealed within {patience:.0f} s")

    def _unsealed(self) -> int:
        return int(self.environment.rows("applications", "SELECT count(*) FROM stored_events")[0][0]) - self.collect()

    def verify(self, applications: list[str], call: Call, verdict: Verdict) -> None:
        """All checkpoints against log and tiles, neighbours by their proofs, a few applications by their evidence."""
        self.stop()
        self.sealed()
        self.environment.audit_keys = self.environment.audit_keys or self._column("SELECT verifier_key FROM audit_key")
        verdict.unexpected += self.forks
        verdict.unexpected += [f"alarm: {kind}" for kind in self._column("SELECT kind FROM audit_finding")]
        self.folder.mkdir(parents=True, exist_ok=True)
        files = [self._write_checkpoint(size) for size in sorted(self.checkpoints)]
        options = [word for path in files for word in ("--checkpoint", str(path))]
        result = self._run("log", self.environment.urls["applications"], "--tiles", str(self.tiles), *options)
        self._require_ok(verdict, "log", result)
        for old, new in self._pairs():
            self._require_ok(verdict, f"{old} to {new} leaves", self._between(old, new, call))
        for application_id in applications[-BUNDLES:]:
            bundle = self.folder / f"{application_id}.json"
            bundle.write_text(json.dumps(call("evidence", {"application_id": application_id})))
            self._require_ok(verdict, f"evidence of {application_id}", self._run("bundle", str(bundle)))
        verdict.facts |= {"checkpoints kept": len(files), "events sealed": result.get("tree_size", 0)}

    def _column(self, query: str) -> list[str]:
        return [str(row[0]) for row in self.environment.rows("applications", query)]

    def _write_checkpoint(self, size: int) -> Path:
        path = self.folder / f"checkpoint-{size:09}"
        path.write_text(self.checkpoints[size])
        return path

    def _pairs(self) -> list[tuple[int, int]]:
        sizes = sorted(self.checkpoints)
        chosen = sizes[:: max(1, len(sizes) // PAIRS)]
        return list(itertools.pairwise(chosen))

    def _between(self, old: int, new: int, call: Call) -> dict[str, Any]:
        proof = [base64.b64decode(entry) for entry in call("consistency_proof", {"first": old, "second": new})["proof"]]
        tool = load_verifier()
        result = tool.Verdict("consistency", "", True)
        keys = [tool.Key.parse(key) for key in self.environment.audit_keys]
        tool.verify_consistency(self.checkpoints[old], self.checkpoints[new], keys, result, proof=proof)
        return result.to_json()

    def _run(self, *arguments: str) -> dict[str, Any]:
        keys = [word for key in self.environment.audit_keys for word in ("--key", key)]
        command = [sys.executable, "-I", str(VERIFIER), *arguments, *keys, "--json", "--language", "en"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        try:
            return dict(json.loads(done.stdout if done.returncode < 2 else done.stderr))
        except ValueError:
            return {"ok": None, "error": f"{done.returncode}: {done.stderr[-500:]}"}

    def _require_ok(self, verdict: Verdict, what: str, result: dict[str, Any]) -> None:
        if result["ok"] is not True:
            verdict.unexpected.append(f"{what} does not verify: {result.get('first_bad') or result.get('error')}")
