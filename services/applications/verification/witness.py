#!/usr/bin/env python3
"""A witness: a small process an auditor runs elsewhere, which remembers the last checkpoint of each log it watches.

It cosigns only what provably extends what it cosigned before (C2SP tlog-witness, tlog-cosignature), and raises an alarm
when a log shows less than before, or something else. Needs Python 3.11, `cryptography` and this service's `merkle.py`
and `notes.py`; no broker, no database server.

    python -m services.applications.verification.witness --state /var/lib/witness --log VKEY --listen 0.0.0.0:7380

`POST /add-checkpoint` is the protocol. `GET /alarms`, `/logs` (what was cosigned last and when, so that silence shows),
`/checkpoint?origin=…` and `/healthz` are for people.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from infra.chassis.json_types import Json
from infra.chassis.running.sockets import listening_socket
from infra.chassis.settings import stored_secret
from services.applications.transparency.merkle import EMPTY_ROOT, is_consistent
from services.applications.transparency.notes import COSIGNATURE, Checkpoint, NotANote, SigningKey, VerifierKey, signers

LONGEST_PROOF = 63
LONGEST_REQUEST = 64 * 1024
PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    content_type: str = PLAIN


class Memory:
    """The last cosigned checkpoint per origin and the alarms raised, as files that are whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def last(self, origin: str) -> Checkpoint | None:
        try:
            return Checkpoint.parse(self._file(origin).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def keep(self, origin: str, note: str) -> None:
        self._write(self._file(origin), note)

    def heard_at(self, origin: str) -> int | None:
        """When something of this log was cosigned last, in Unix seconds."""
        file = self._file(origin)
        return int(file.stat().st_mtime) if file.exists() else None

    def alarm(self, kind: str, last: Checkpoint | None, note: str, at: float) -> None:
        """What the log signed is the proof of its misbehaviour, so it is stored."""
        row = {"at": int(at), "kind": kind, "known_size": last.size if last else 0, "note": note}
        if row["note"] not in [old["note"] for old in self.alarms()]:
            path = self.folder / "alarms.jsonl"
            before = path.read_bytes() if path.exists() else b""
            with path.open("a", encoding="utf-8") as file:
                file.write("" if before.endswith(b"\n") or not before else "\n")  # what was torn stays a line
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self._settle()

    def alarms(self) -> list[Json]:
        """What was raised. A line that was torn (the power failed while it was written) is an alarm of that kind."""
        path = self.folder / "alarms.jsonl"
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        return [_alarm(line) for line in lines if line.strip()]

    def _file(self, origin: str) -> Path:
        return self.folder / f"{base64.urlsafe_b64encode(origin.encode()).decode()}.checkpoint"

    def _write(self, path: Path, content: str) -> None:
        aside = path.with_suffix(".new")
        with aside.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        self._settle()

    def _settle(self) -> None:
        """Have the names in the folder on disk: what was cosigned is not forgotten by a power cut."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Witness:
    """Judges checkpoints of the logs it knows; one at a time, and remembers before it answers."""

    def __init__(
        self, key: SigningKey, logs: Sequence[VerifierKey], memory: Memory, now: Callable[[], float] = time.time
    ) -> None:
        self.key, self.logs, self.memory, self._now = key, list(logs), memory, now
        self._one_at_a_time = threading.Lock()

    def add_checkpoint(self, request: str) -> Answer:
        """200 with the cosignature; 400 malformed, 403 not signed, 404 unknown, 409 other size known, 422 bad proof."""
        try:
            old_size, proof, note = _parse(request)
            new = Checkpoint.parse(note)
        except ValueError as error:
            return Answer(400, f"{error}\n")
        keys = [key for key in self.logs if key.name == new.origin]
        if not keys:
            return Answer(404, "this log is not watched here\n")
        try:
            signed = signers(note, keys)
        except NotANote:
            signed = []
        if not signed:
            return Answer(403, "no key of this log signed the checkpoint\n")
        with self._one_at_a_time:
            return self._judge(old_size, proof, note, new)

    def _judge(self, old_size: int, proof: list[bytes], note: str, new: Checkpoint) -> Answer:
        last = self.memory.last(new.origin)
        size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
        # What the log has signed says so by itself, whatever the caller believes to be known here.
        if new.size < size:
            self.memory.alarm("rolled_back", last, note, self._now())
        elif last and new.size == size and new.root != root:
            self.memory.alarm("forked", last, note, self._now())
        if old_size > new.size:
            return Answer(400, "the old size is larger than the checkpoint\n")
        if old_size != size or (new.size == size and new.root != root):
            return Answer(409, f"{size}\n", SIZE)
        if not is_consistent(size, root, new.size, new.root, proof):
            self.memory.alarm("not_proved", last, note, self._now())
            return Answer(422, "the consistency proof does not hold\n")
        self.memory.keep(new.origin, note)
        return Answer(200, self.key.signature_line(new.text, int(self._now())))

    def about(self, path: str) -> Answer:
        """What people may look at."""
        parts = urlsplit(path)
        if parts.path == "/healthz":
            return Answer(200, f"{self.key.verifier}\n")
        if parts.path == "/alarms":
            return Answer(200, json.dumps(self.memory.alarms(), ensure_ascii=False) + "\n", "application/json")
        if parts.path == "/logs":
            return Answer(200, json.dumps(self._cosigned_logs(), ensure_ascii=False) + "\n", "application/json")
        if parts.path == "/checkpoint":
            last = self.memory.last(parse_qs(parts.query).get("origin", [""])[0])
            return Answer(200, last.text) if last else Answer(404, "nothing seen of this log\n")
        return Answer(404, "not here\n")

    def _cosigned_logs(self) -> list[Json]:
        """[{"origin", "size", "cosigned_at"}], the last two None for a log that was never submitted."""
        lines = []
        for origin in dict.fromkeys(key.name for key in self.logs):
            last, at = self.memory.last(origin), self.memory.heard_at(origin)
            when = datetime.fromtimestamp(at, UTC).isoformat() if at else None
            lines.append({"origin": origin, "size": last.size if last else None, "cosigned_at": when})
        return lines


def serve(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """An HTTP server that is bound and not running yet; `serve_forever()` runs it."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            declared = self.headers.get("Content-Length") or ""
            length = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 10 else 0
            if urlsplit(self.path).path != "/add-checkpoint" or not 0 < length <= LONGEST_REQUEST:
                self.close_connection = True
                self._answer(Answer(404 if length <= LONGEST_REQUEST else 413, "not here\n"))
                return
            self._answer(witness.add_checkpoint(self.rfile.read(length).decode("utf-8", "replace")))

        def do_GET(self) -> None:
            self._answer(witness.about(self.path))

        def _answer(self, answer: Answer) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *facts: object) -> None:
            sys.stderr.write(f"{self.address_string()} {format % facts}\n")

    server = ThreadingHTTPServer((host, port), Door, bind_and_activate=False)
    server.socket.close()
    server.socket = listening_socket(host.strip("[]"), port)
    server.server_address = server.socket.getsockname()[:2]
    return server


def _parse(request: str) -> tuple[int, list[bytes], str]:
    """Old size, proof and note of a request; ValueError when it is not written as the protocol says."""
    head, gap, note = request.partition("\n\n")
    first, *lines = head.split("\n")
    word, _, number = first.partition(" ")
    if word != "old" or not gap or str(int(number)) != number or int(number) < 0 or len(lines) > LONGEST_PROOF:
        raise ValueError("a request is an old size, a proof, an empty line and a checkpoint")
    proof = [base64.b64decode(line, validate=True) for line in lines]
    if any(len(hashed) != 32 for hashed in proof):
        raise ValueError("a proof consists of hashes of 32 bytes")
    return int(number), proof, note


def _alarm(line: bytes) -> Json:
    """A stored alarm; ``torn_line`` with what can be read of it, if it was not written to its end."""
    try:
        row: Json = json.loads(line)
        if isinstance(row, dict) and "note" in row:
            return row
    except ValueError:
        pass
    return {"at": None, "kind": "torn_line", "known_size": None, "note": line.decode(errors="replace")}


def _key(folder: Path, name: str) -> SigningKey:
    path = folder / "witness-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
    return SigningKey.parse(stored_secret(path, lambda: SigningKey.generate(name, COSIGNATURE).reveal() + "\n"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A witness of portal audit logs")
    parser.add_argument("--state", type=Path, required=True, help="a folder of its own, outliving the process")
    parser.add_argument("--log", action="append", default=[], help="verifier key of a log to watch (repeatable)")
    parser.add_argument("--logs", type=Path, help="a file of such keys, one a line")
    parser.add_argument("--name", default="witness.invalid/w1", help="name of its key, if it has to make one")
    parser.add_argument("--listen", default="127.0.0.1:7380")
    options = parser.parse_args(arguments)
    lines = options.log + (options.logs.read_text(encoding="utf-8").splitlines() if options.logs else [])
    logs = [VerifierKey.parse(line) for line in lines if line.strip()]
    if not logs:
        parser.error("name at least one log by its verifier key (--log, --logs)")
    host, _, port = options.listen.rpartition(":")
    witness = Witness(_key(options.state, options.name), logs, Memory(options.state))
    server = serve(witness, host, int(port))
    sys.stdout.write(f"witness {witness.key.verifier} on {host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
