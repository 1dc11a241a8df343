"""A national node that pretends: takes dossiers and progress in the classic shape, strictly; misbehaves when asked to.

- ``POST /login`` ``{username, password}`` → ``{session, error_code}``; ``POST /`` ``{session, madonvi, service, …}``
  with ``DongBoHoSoMC`` (``isUpdating``, ``data``), ``CapNhatTienDoHoSoMC`` (``data``), ``TraCuuHoSo`` (``mahoso``).
- As strict as nodes of today: one code for a whole batch; ``-3`` for a new dossier that exists, ``-2`` for an update of
  one that does not, and for progress of one it does not know; nothing of such a batch is taken.
- ``GET /dossiers``: what it has: ``{number: {"versions": […], "progress": […], "arrivals": n}}``; a repeat adds to
  ``arrivals`` alone.
- ``POST /faults`` ``{"fault", "times"}``: what becomes of the next ``times`` calls:

========================  ====================================================================================
``drop``                  taken, and the line goes dead before the answer
``forget``                every session is forgotten first
``page``                  taken, and answered with a page of HTML
``500`` (any 4xx, 5xx)    refused with that status; nothing is taken
========================  ====================================================================================

Run alone: ``python -m infra.sandbox.national_node --port 8096``; the first line written is ``{"port", "url"}``.
Within a process: ``serve()``.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import signal
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Protocol, cast
from urllib.parse import urlsplit

from infra.chassis.json_types import Json
from infra.front_door.listening import Addressed, Listening

LONGEST_BODY = 20_000_000
USERNAME, PASSWORD = "mau", "mật khẩu mẫu"
FAULT = re.compile(r"drop|forget|page|[45][0-9][0-9]")


@dataclass
class NodeDossier:
    """One dossier the node has; ``arrivals``: how often records of it came, repeats included."""

    versions: list[Json] = field(default_factory=list)
    progress: list[Json] = field(default_factory=list)
    arrivals: int = 0

    def add(self, records: list[Json], record: Json) -> None:
        self.arrivals += 1
        if record not in records:
            records.append(record)


@dataclass
class NationalNode(Addressed):
    """The node. ``faults`` wait for the next calls."""

    dossiers: dict[str, NodeDossier] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    sessions: set[str] = field(default_factory=set)
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> NationalNode:
        self.listening = Listening(_NodeRequest, port=port, host=host, node=self)
        return self

    def stop(self) -> None:
        if self.listening:
            self.listening.stop()

    def misbehave(self, fault: str, times: int = 1) -> None:
        self.faults.extend([fault] * times)

    def login(self, body: Json) -> Json:
        if (body.get("username"), body.get("password")) != (USERNAME, PASSWORD):
            return _node_answer("-1", "Sai tên đăng nhập hoặc mật khẩu")
        session = secrets.token_hex(16)
        self.sessions.add(session)
        return {**_node_answer("0", "Đăng nhập thành công"), "session": session}

    def call(self, body: Json) -> Json:
        """One call of a service; all of a batch or nothing of it."""
        with self._lock:
            self.calls += 1
            if body.get("session") not in self.sessions:
                return _node_answer("401", "Phiên không tồn tại, hãy đăng nhập lại")
            service = body.get("service")
            if service == "TraCuuHoSo":
                dossier = self.dossiers.get(str(body.get("mahoso")))
                return _node_answer("0", "thành công", dossier.versions[-1:] if dossier else [])
            records = body.get("data")
            if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
                return _node_answer("-1", "data không phải danh sách hồ sơ")
            if service == "DongBoHoSoMC":
                return self._take_dossiers(records, updating=str(body.get("isUpdating")) == "True")
            if service == "CapNhatTienDoHoSoMC":
                return self._take_progress(records)
            return _node_answer("-1", f"không có dịch vụ {service}")

    def _take_dossiers(self, records: list[Json], *, updating: bool) -> Json:
        for record in records:
            number = str(record.get("MaHoSo"))
            if (number in self.dossiers) != updating:
                code, words = ("-2", "không tồn tại") if updating else ("-3", "đã tồn tại")
                return _node_answer(code, f"Hồ sơ {number} {words}")
        for record in records:
            dossier = self.dossiers.setdefault(str(record["MaHoSo"]), NodeDossier())
            dossier.add(dossier.versions, record)
        return _node_answer("0", f"Đồng bộ thành công {len(records)} hồ sơ")

    def _take_progress(self, records: list[Json]) -> Json:
        for record in records:
            if str(record.get("MaHoSo")) not in self.dossiers:
                return _node_answer("-2", f"Hồ sơ {record.get('MaHoSo')} không tồn tại")
        for record in records:
            dossier = self.dossiers[str(record["MaHoSo"])]
            dossier.add(dossier.progress, record)
        return _node_answer("0", f"Cập nhật thành công {len(records)} tiến độ")


def _node_answer(code: str, message: str, result: object = None) -> Json:
    return {"error_code": code, "message": message, "result": result}


class _Server(Protocol):
    node: NationalNode


class _NodeRequest(BaseHTTPRequestHandler):
    """One HTTP request to the node."""

    timeout = 10

    @property
    def node(self) -> NationalNode:
        return cast(_Server, self.server).node

    def do_GET(self) -> None:
        if urlsplit(self.path).path != "/dossiers":
            self._respond(404, {"detail": "no such page"})
            return
        self._respond(200, {number: vars(dossier) for number, dossier in self.node.dossiers.items()})

    def do_POST(self) -> None:
        body = self._json_body()
        if body is None:
            return
        path = urlsplit(self.path).path.rstrip("/")
        if path == "/faults":
            self._note_fault(body)
        elif path in {"", "/login"}:
            self._answer(path, body)
        else:
            self._respond(404, {"detail": "no such page"})

    def _answer(self, path: str, body: Json) -> None:
        fault = self.node.faults.popleft() if self.node.faults and not path else ""
        if fault == "forget":
            self.node.sessions.clear()
        if fault.isdigit():
            self._respond(int(fault), _node_answer(fault, "từ chối theo yêu cầu"))
            return
        answer = self.node.login(body) if path else self.node.call(body)
        if fault == "drop":
            self.close_connection = True
        elif fault == "page":
            self._send(200, b"<html><body>Bad Gateway</body></html>", "text/html")
        else:
            self._respond(200, answer)

    def _note_fault(self, body: Json) -> None:
        fault, times = str(body.get("fault", "")), body.get("times", 1)
        if not FAULT.fullmatch(fault) or not isinstance(times, int):
            self._respond(422, {"detail": "fault: drop, forget, page, or a code of 4xx or 5xx; times: a number"})
            return
        self.node.misbehave(fault, times)
        self._respond(200, {"waiting": list(self.node.faults)})

    def _json_body(self) -> Json | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self._respond(413, {"detail": "too long"})
            return None
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._respond(400, {"detail": "a JSON object is needed"})
            return None
        return body

    def _respond(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """What it has is the record."""


def serve(*, port: int = 0, host: str = "127.0.0.1") -> NationalNode:
    """A node of this process, listening until ``stop()``."""
    return NationalNode().start(port, host)


def main(arguments: list[str] | None = None) -> int:
    """Run alone until TERM; the first line written is ``{"port", "url"}``."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.national_node", description="A national node that takes dossiers and has none."
    )
    parser.add_argument("--port", type=int, default=8096)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    node = serve(port=options.port, host=options.host)
    sys.stdout.write(json.dumps({"port": node.port, "url": node.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    node.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
