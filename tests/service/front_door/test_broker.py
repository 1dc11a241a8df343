"""The front door before a real RabbitMQ: what it sends, and what callers get when replies, services, broker fail."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import eventlet
import pytest

from tests.service.front_door.wire_service import Service, in_flight
from tests.support import servers
from tests.support.front_door import FrontDoor, eventually, front_door

SOONER = 20.0  # seconds; a caller who has no other wish waits longer


def test_what_goes_out_is_what_a_nameko_service_reads(door: FrontDoor, service: Service) -> None:
    sent = {"Accept-Language": "en", "Authorization": "Bearer a.b.c", "X-Evil": "1", "Portal-Timeout": "5"}
    before = time.time()
    answer = door.ask("POST", "/rpc/catalog/search", json={"text": "đổi"}, headers=sent)
    assert answer.json() == {"text": "đổi"}
    [message] = service.calls
    assert message.content_type == "application/json" and json.loads(message.body)["args"] == []
    assert message.headers["nameko.language"] == "en" and message.headers["nameko.auth_token"] == "a.b.c"
    assert before - 0.01 <= float(message.headers["nameko.deadline"]) - 5 <= time.time() + 0.01
    assert all(isinstance(value, str) for name, value in message.headers.items() if name != "nameko.call_id_stack")
    assert set(message.headers) == {"nameko.call_id_stack", "nameko.language", "nameko.traceparent",
                                    "nameko.auth_token", "nameko.deadline"}  # fmt: skip
    assert 0 < int(message.properties["expiration"]) <= 5000


def test_a_service_that_is_not_there_is_503_at_once(door: FrontDoor, service: Service) -> None:
    answer = door.ask("POST", "/rpc/payments/health", json={}, headers={"Portal-Timeout": "25"})
    assert answer.status_code == 503 and answer.json()["name"] == "ServiceUnavailable"
    assert answer.headers["retry-after"] and answer.elapsed.total_seconds() < SOONER


def test_a_service_that_does_not_answer_is_504_when_the_callers_time_is_over(door: FrontDoor, service: Service) -> None:
    service.answer = lambda body: None
    answer = door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers={"Portal-Timeout": "0.5"})
    assert answer.status_code == 504 and 0.4 < answer.elapsed.total_seconds() < SOONER


def test_a_reply_that_comes_too_late_goes_to_nobody(door: FrontDoor, service: Service) -> None:
    def late(body: Any) -> Any:
        eventlet.sleep(1.0 if body["kwargs"]["text"] == "late" else 0)
        return {"result": body["kwargs"], "error": None}

    service.answer = late
    slow = door.ask("POST", "/rpc/catalog/search", json={"text": "late"}, headers={"Portal-Timeout": "0.2"})
    assert slow.status_code == 504
    assert door.rpc("catalog", "search", text="next").json() == {"text": "next"}


def test_a_lost_connection_fails_what_may_not_be_done_twice_and_repeats_what_may(
    door: FrontDoor, service: Service, broker_server: Any
) -> None:
    waiting = in_flight(door, service, "sign_in")
    ended = close_connections_of(broker_server)
    assert waiting.result(60).status_code == 503
    service.answer = lambda body: {"result": {}, "error": None}
    eventually(lambda: door.rpc("catalog", "health").status_code == 200, "connected again")
    service.calls.clear()
    waiting = in_flight(door, service)
    service.answer = lambda body: {"result": {"again": True}, "error": None}
    close_connections_of(broker_server, ended)
    assert waiting.result(60).json() == {"again": True}


def close_connections_of(broker_server: Any, ended: frozenset[str] = frozenset()) -> frozenset[str]:
    """The broker ends every connection of front doors; those ``ended`` before may still be listed for a while."""
    if not isinstance(broker_server, servers.Broker):
        pytest.fail("this test needs a broker whose management it may use")

    def named() -> list[str]:
        listed = broker_server.manage("GET", "connections").json()
        return [
            connection["name"]
            for connection in listed
            if "aiormq" in json.dumps(connection.get("client_properties", {})).lower()
            and connection["name"] not in ended
        ]

    names = eventually(named, "the broker lists the front door's connection")
    for name in names:
        broker_server.manage("DELETE", f"connections/{quote(name, safe='')}")
    return ended.union(names)


def test_a_broker_that_is_killed_is_503_in_time_and_what_comes_after_it_is_answered(tmp_path: Path) -> None:
    with servers.running_broker(own=True) as own:
        assert isinstance(own, servers.Broker)
        with own.virtual_host() as uri:
            service = Service(uri)
            with front_door(tmp_path, uri) as door:
                eventually(lambda: door.rpc("catalog", "search", text="a").status_code == 200, "the service answers")
                waiting = in_flight(door, service, "sign_in")
                own.server.kill()
                assert waiting.result(60).status_code == 503
                away = door.ask("POST", "/rpc/catalog/search", json={}, headers={"Portal-Timeout": "3"})
                assert away.status_code == 503 and away.elapsed.total_seconds() < SOONER
                service.answer = lambda body: {"result": {}, "error": None}
                own.server.start()
                eventually(lambda: door.rpc("catalog", "search", text="a").status_code == 200, "it recovers")
            service.stop()


def test_an_id_that_a_caller_chooses_never_reaches_the_wire(door: FrontDoor, service: Service) -> None:
    mine = str(uuid.uuid4())
    door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers={"Portal-Call-Id": mine, "X-Request-Id": mine})
    assert mine not in repr(service.calls[0].headers) + repr(service.calls[0].properties)


def test_a_sign_in_says_where_it_comes_from_whatever_the_caller_claims(door: FrontDoor, service: Service) -> None:
    claims = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1", "nameko.source": "198.51.100.1"}
    door.ask("POST", "/sessions", json={"username": "a", "password": "b"}, headers=claims)
    door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers=claims)
    signing_in, searching = service.calls
    assert signing_in.headers["nameko.source"] == "127.0.0.1"
    assert "nameko.source" not in searching.headers


def test_the_token_of_a_device_travels_in_a_cookie_that_no_script_reads(door: FrontDoor, service: Service) -> None:
    token = "Zr1p0XJ3r5c8oN0dX2v5y8B1e4h7k0n3q6t9w2z5C8E"
    service.answer = lambda body: {"result": {"access_token": "a.b.c", "device": token}, "error": None}
    credentials = {"username": "a", "password": "b"}
    answer = door.rpc("identity", "sign_in", **credentials)
    assert answer.json() == {"access_token": "a.b.c"}
    assert answer.headers["set-cookie"] == (
        f"__Host-portal-device={token}; Max-Age=15552000; Path=/; Secure; HttpOnly; SameSite=Strict"
    )
    cookie = {"Cookie": f"__Host-portal-device={token}"}
    door.ask("POST", "/sessions", json=credentials, headers=cookie)
    bent = {"Cookie": f"__Host-portal-device={token}%0d%0a"}
    door.ask("POST", "/sessions", json=credentials, headers=bent)
    sent = [json.loads(call.body)["kwargs"].get("device") for call in service.calls]
    assert sent == [None, token, None]


def test_a_program_without_cookies_keeps_the_token_of_its_device_itself(door: FrontDoor, service: Service) -> None:
    service.answer = lambda body: {"result": {"device": "of this program alone"}, "error": None}
    answer = door.rpc("identity", "sign_in", username="a", password="b", device=None)
    assert answer.json() == {"device": "of this program alone"} and "set-cookie" not in answer.headers
