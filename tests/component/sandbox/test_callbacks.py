"""The call-back door: hands a gateway's query over unchanged, and never says yes by mistake."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from infra.front_door import callbacks


class Refused(Exception):
    exc_type = "GatewayNotFound"


class Platform:
    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def call(self, service: str, method: str, **arguments: Any) -> dict[str, Any]:
        self.calls.append({"service": service, "method": method, **arguments})
        if self.failure:
            raise self.failure
        return {"RspCode": "00", "Message": "Confirm Success"}


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def door(platform: Platform) -> Iterator[str]:
    server = callbacks.serve(platform.call)
    yield server.url
    server.stop()


def get(url: str, method: str = "GET") -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_parameters_arrive_as_the_gateway_sent_them(door: str, platform: Platform) -> None:
    answer = get(f"{door}/callbacks/vnpay?vnp_OrderInfo=Nop+ph%C3%AD%2B1&vnp_Empty=&x=%26")
    assert answer == (200, {"RspCode": "00", "Message": "Confirm Success"})
    event_data = {"vnp_OrderInfo": "Nop phí+1", "vnp_Empty": "", "x": "&"}
    assert platform.calls == [
        {"service": "payments", "method": "gateway_callback", "gateway": "vnpay", "parameters": event_data}
    ]


@pytest.mark.parametrize(
    "query",
    ["a=1&a=2", "a=%ff", "&".join(f"p{n}=1" for n in range(80)), "a=" + "x" * 9000],
    ids=["twice", "utf-8", "many", "long"],
)
def test_what_could_be_read_two_ways_is_not_handed_over(door: str, platform: Platform, query: str) -> None:
    assert get(f"{door}/callbacks/vnpay?{query}") == (200, callbacks.NOT_JUDGED)
    assert platform.calls == []


def test_when_the_platform_fails_the_gateway_is_told_to_call_again(door: str, platform: Platform) -> None:
    platform.failure = ConnectionError("broker away")
    assert get(f"{door}/callbacks/vnpay?a=1") == (200, callbacks.NOT_JUDGED)


def test_an_unknown_gateway_is_not_found(door: str, platform: Platform) -> None:
    platform.failure = Refused()
    assert get(f"{door}/callbacks/momo?a=1")[0] == 404


@pytest.mark.parametrize("path", ["/", "/callbacks/", "/callbacks/a/b", "/callbacks/..%2Fx", "/callbacks/" + "v" * 40])
def test_other_paths_lead_nowhere(door: str, platform: Platform, path: str) -> None:
    assert get(f"{door}{path}")[0] == 404
    assert platform.calls == []


def test_only_get_is_answered(door: str) -> None:
    assert get(f"{door}/callbacks/vnpay?a=1", "POST")[0] == 405


def test_the_door_says_that_it_is_alive(door: str) -> None:
    assert get(f"{door}/healthz") == (200, {"status": "ok"})


def test_a_missing_setting_stops_the_process_by_name() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "infra.front_door.callbacks", "--port", "0"],
        check=False,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 78 and "AMQP_URI" in ended.stderr


def test_the_gateway_runs_alone_and_stops_on_term() -> None:
    settings = {"PATH": "", "VNPAY_TMN_CODE": "TESTS001", "VNPAY_HASH_SECRET": "secret of tests"}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.sandbox.gateway", "--port", "0"], env=settings, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    where = json.loads(process.stdout.readline())
    with urllib.request.urlopen(f"{where['url']}/transactions", timeout=60) as reply:
        assert json.loads(reply.read()) == []
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()
