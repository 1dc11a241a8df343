"""The call-back door as a process of its own, over a real broker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from nameko.rpc import rpc
from nameko.runners import ServiceRunner


class GatewayNotFound(Exception):
    pass


class Payments:
    """Stands in for the service: answers with what it was asked."""

    name = "payments"

    @rpc(expected_exceptions=GatewayNotFound)
    def gateway_callback(self, gateway: str, parameters: dict[str, str]) -> dict[str, Any]:
        if gateway != "vnpay":
            raise GatewayNotFound(gateway)
        return {"RspCode": "00", "Message": json.dumps(parameters, sort_keys=True)}


@pytest.fixture
def door(broker: str) -> Iterator[str]:
    runner = ServiceRunner({"AMQP_URI": broker})
    runner.add_service(Payments)
    runner.start()
    command = [sys.executable, "-m", "infra.front_door.callbacks", "--port", "0"]
    process = subprocess.Popen(command, env=os.environ | {"AMQP_URI": broker}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["url"]
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()
    runner.stop()


def get(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_notice_reaches_payments_over_the_broker_and_its_answer_the_gateway(door: str) -> None:
    for number in range(5):
        status, answer = get(f"{door}/callbacks/vnpay?vnp_TxnRef=TT{number}&vnp_OrderInfo=Nop+ph%C3%AD")
        assert (status, answer["RspCode"]) == (200, "00")
        assert json.loads(answer["Message"]) == {"vnp_OrderInfo": "Nop phí", "vnp_TxnRef": f"TT{number}"}
    assert get(f"{door}/callbacks/momo?a=1")[0] == 404
