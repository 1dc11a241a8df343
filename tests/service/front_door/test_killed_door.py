"""A front door that is killed at work: nobody is left waiting, nothing is done by halves, and another one goes on."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.service.front_door.wire_service import Service
from tests.support.front_door import FrontDoor, eventually, front_door

PATIENCE = 60.0  # seconds; nobody is left waiting, however long this machine takes
LOG = 24  # changes there are in the end
EVENTS = 10  # of one answer
PART = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n%PDF-"
)


@pytest.fixture
def killed(wire: str, service: Service, tmp_path: Path) -> Iterator[FrontDoor]:
    """A second front door before the same broker, for the test to kill."""
    with front_door(tmp_path, wire) as second:
        eventually(lambda: second.rpc("catalog", "health").status_code == 200, "the service answers")
        service.calls.clear()
        yield second


def test_an_upload_that_was_half_there_is_cut_and_nobody_was_asked(killed: FrontDoor, service: Service) -> None:
    path = f"/applications/{uuid.uuid4()}/attachments"
    head = f"POST {path} HTTP/1.1\r\nHost: portal\r\nAuthorization: Bearer a.b.c\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", killed.port), timeout=PATIENCE) as line:
        line.sendall(head.encode() + PART + b"x" * 1_000_000)
        killed.process.kill()
        assert _end_of(line)
    assert service.calls == []


def _end_of(line: socket.socket) -> bool:
    try:
        return line.recv(65536) == b""
    except ConnectionResetError:
        return True


def test_a_command_on_its_way_is_sent_again_under_its_key(door: FrontDoor, killed: FrontDoor, service: Service) -> None:
    key, body = str(uuid.uuid4()), {"procedure_code": "1.001193", "channel": "online"}
    how: dict[str, Any] = {"json": body, "headers": {"Idempotency-Key": key, "Authorization": "Bearer a.b.c"}}
    service.answer = lambda body: None
    sent = ThreadPoolExecutor(1).submit(killed.write, "POST", "/applications", **how)
    eventually(lambda: service.calls, "the command is taken")
    killed.process.kill()
    with pytest.raises(requests.ConnectionError):
        sent.result(PATIENCE)
    service.answer = lambda body: {"result": {"application_id": "1", "version": 1}, "error": None}
    assert door.write("POST", "/applications", **how).status_code in (200, 201)
    first, second = (json.loads(call.body)["kwargs"] for call in service.calls)
    assert first == second and first["command_id"] == key


def test_a_stream_goes_on_at_another_front_door_without_gap_or_double(
    door: FrontDoor, killed: FrontDoor, service: Service
) -> None:
    service.answer = partial(_changes, 2 * EVENTS)
    received: list[int] = []
    killed.tokens["somebody"] = door.tokens["somebody"] = "a.b.c"
    with pytest.raises(requests.exceptions.ChunkedEncodingError), killed.changes("somebody", after=0) as events:
        for event in events:
            received += _position_in(event)
            if len(received) == EVENTS + 3:
                killed.process.kill()
    assert EVENTS + 3 <= len(received) < LOG
    service.answer = partial(_changes, LOG)
    with door.changes("somebody", after=received[-1]) as events:
        while len(received) < LOG:
            received += _position_in(next(events))
    assert received == list(range(1, LOG + 1))


def _position_in(event: dict[str, str]) -> list[int]:
    return [int(event["id"])] if event.get("event") == "change" else []


def _changes(end: int, body: Any) -> Any:
    """A log of which every answer gives a little; ``end``: the last change there is by now."""
    after = body["kwargs"].get("after") or 0
    positions = range(after + 1, min(after + EVENTS, end) + 1)
    last = positions[-1] if positions else after
    items = [{"position": position} for position in positions]
    return {"result": {"items": items, "position": last, "more": False, "resync": False}, "error": None}
