"""Sealing, publishing and witnessing as a process that dies at one step after another, as if its power were cut.

``python -m tests.service.transparency.crash_rounds URL TILES KEY WITNESS-KEY WITNESS-URL`` with a migrated store.
Each round more events are recorded and a child is forked that dies at its first, second, third … step: before or
after rows, a commit, a file's reaching the disk or its place, a removal, a question to the witness. Nothing of it is
undone in order: the process just ends. What it leaves behind is verified, and the next child has to go on from there.
Prints {"rounds", "steps": {what: how often}}.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from infra.chassis import http
from services.applications.transparency.notes import Checkpoint, SigningKey, VerifierKey
from services.applications.transparency.tiles import TileFolder
from services.applications.transparency.witness_watch import KnownWitness, WitnessWatch
from services.applications.verification.verifier import Key, Tiles, Verdict, verify_tiles
from tests.service.transparency.stores import Store

EVENTS = 70  # new ones in every round: most rounds fill no tile, some do
MOST, NEVER = 400, 1 << 30  # steps of one round, at most; more than there are
DIED, FAILED = 86, 1


class Countdown:
    """Ends the process at a step; tells which step it was through a pipe."""

    def __init__(self, steps: int, pipe: int) -> None:
        self.left, self.pipe = steps, pipe

    def passed(self, what: str) -> None:
        self.left -= 1
        if self.left == 0:
            os.write(self.pipe, what.encode())
            os._exit(DIED)

    def writing(self, when: str, statement: str) -> None:
        if statement.startswith("INSERT"):  # nothing hangs on where among its readings a process dies
            self.passed(f"{when} INSERT")

    def around(self, owner: Any, name: str, what: str) -> None:
        really = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.passed(f"before {what}")
            done = really(*arguments, **named)
            self.passed(f"after {what}")
            return done

        setattr(owner, name, counted)

    def arm(self) -> None:
        event.listen(Engine, "before_cursor_execute", lambda *about: self.writing("before", about[2]))
        event.listen(Engine, "after_cursor_execute", lambda *about: self.writing("after", about[2]))
        event.listen(Engine, "commit", lambda *_: self.passed("before commit"))
        event.listen(Pool, "checkin", lambda *_: self.passed("after commit"))
        self.around(os, "fsync", "fsync")
        self.around(os, "replace", "replace")
        self.around(shutil, "rmtree", "rmtree")
        self.around(urllib3.HTTPConnectionPool, "urlopen", "asking the witness")
        self.around(http, "beginning", "the witness's answer")


class Rounds:
    def __init__(self, url: str, tiles: Path, key: SigningKey, witness: KnownWitness) -> None:
        self.url, self.tiles, self.key, self.witness = url, tiles, key, witness
        self.store, self.steps, self.published = Store(url), collections.Counter[str](), list[str]()

    def run(self) -> int:
        """How many rounds it took until a child passed all its steps."""
        for number in range(1, MOST):
            self.store.grow(EVENTS, seed=number)
            died_at = self.child(number)
            self.check(complete=died_at is None)
            if died_at is None:
                return number
            self.steps[died_at] += 1
            self.child(NEVER)
        raise AssertionError(f"still dying after {MOST} rounds")

    def child(self, number: int) -> str | None:
        """At which step it died; None when it came through."""
        self.store.close()
        reader, tell = os.pipe()
        if (pid := os.fork()) == 0:
            with fatal():
                Countdown(number, tell).arm()
                self.work()
        os.close(tell)
        with os.fdopen(reader) as pipe:
            output = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, DIED) and bool(output) == (status == DIED), (status, output)
        return output or None

    def work(self) -> None:
        """What the follower does of it, until there is nothing left to do."""
        store, folder = Store(self.url), TileFolder(self.tiles)
        sealer = store.sealer(self.key, published=folder.checkpoint)
        while sealer.step():
            pass
        store.publish(self.tiles)
        WitnessWatch(store.database, [self.witness]).step()
        store.close()

    def check(self, complete: bool) -> None:
        """The store holds, the published files hold, and both extend everything that was ever published."""
        note = TileFolder(self.tiles).checkpoint()
        if note and note not in self.published:
            self.published.append(note)
        verdict = self.store.verify(self.key, tiles=self.tiles if note else None, checkpoints=self.published)
        assert verdict.found == 0, verdict.findings[:3]
        if note:
            files = Verdict("log", "", keys_given=True)
            verify_tiles(Tiles(str(self.tiles)), [Key.parse(str(self.key.verifier))], files, lambda _: None)
            assert files.ok, files.findings[:3]
        if complete:
            assert verdict.unsealed == 0 and note and Checkpoint.parse(note).size == verdict.events
            size = self.store.rows("SELECT max(tree_size) FROM audit_cosignature")[0][0]
            assert size == verdict.events, "the witness has not seen the end"


@contextlib.contextmanager
def fatal() -> Iterator[None]:
    """The child ends here whatever happens: what follows is its parent's."""
    try:
        yield
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a forked child must not return into the tests
        traceback.print_exc()
    finally:
        os._exit(FAILED)


def main(url: str, tiles: str, key: str, witness_key: str, witness_url: str) -> None:
    witness = KnownWitness(VerifierKey.parse(witness_key), witness_url)
    rounds = Rounds(url, Path(tiles), SigningKey.parse(key), witness)
    result = rounds.run()
    sys.stdout.write(json.dumps({"rounds": result, "steps": rounds.steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
