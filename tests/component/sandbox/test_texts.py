"""The sandbox gateway for text messages over real HTTP: what it keeps, what it answers, how it misbehaves."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.sms_provider import SmsProvider, serve

TOKEN = "only a test"
TEXT = {"to": "+84901234567", "from": "PORTAL", "text": "Ho so can bo sung."}


@pytest.fixture
def texts() -> Iterator[SmsProvider]:
    gateway = serve(token=TOKEN)
    yield gateway
    gateway.stop()


def ask(url: str, method: str = "GET", report: Any = None, token: str = TOKEN, timeout: float = 5) -> tuple[int, Any]:
    body = None if report is None else json.dumps(report).encode()
    request = urllib.request.Request(url, body, {"Authorization": f"Bearer {token}"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def put(texts: SmsProvider, name: str = "one", timeout: float = 5, **changed: Any) -> tuple[int, Any]:
    return ask(f"{texts.url}/messages/{name}", "PUT", {**TEXT, **changed}, timeout=timeout)


def test_a_text_is_taken_once_and_every_handing_over_is_counted(texts: SmsProvider) -> None:
    assert [put(texts)[0], put(texts)[0], put(texts, "two")[0]] == [201, 200, 201]
    view = ask(f"{texts.url}/texts")[1]
    assert view == texts.all() and [(name["id"], name["puts"]) for name in view] == [("one", 2), ("two", 1)]
    assert view[0] == {"id": "one", **TEXT, "status": "accepted", "puts": 2, "asked": 0}


def test_who_asks_is_told_what_became_of_it(texts: SmsProvider) -> None:
    put(texts)
    put(texts, "two", to="+84900003000")
    report = [ask(f"{texts.url}/messages/{name}") for name in ("one", "two", "three")]
    assert report == [(200, {"status": "accepted"}), (200, {"status": "failed"}), (404, {"detail": "unknown"})]
    assert texts.all()[0]["asked"] == 1 and texts.asked_in_vain == 1


@pytest.mark.parametrize("wrong", [{"to": "0901234567"}, {"to": None}, {"text": ""}, {"from": 7}])
def test_a_text_that_is_none_is_refused(texts: SmsProvider, wrong: dict[str, Any]) -> None:
    assert put(texts, **wrong)[0] == 422 and texts.all() == []


def test_without_the_token_nothing_is_accepted_or_answered(texts: SmsProvider) -> None:
    assert ask(f"{texts.url}/messages/one", "PUT", TEXT, token="guessed")[0] == 401
    assert ask(f"{texts.url}/messages/one", token="guessed")[0] == 401 and texts.all() == []


@pytest.mark.parametrize(("number", "codes"), [("+84900000503", [503, 503]), ("+84900001429", [429, 201])])
def test_some_numbers_are_refused_always_and_some_the_first_time(
    texts: SmsProvider, number: str, codes: list[int]
) -> None:
    assert [put(texts, to=number)[0] for _ in codes] == codes


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_a_text_may_be_taken_and_its_answer_lost(texts: SmsProvider, fault: str) -> None:
    assert ask(f"{texts.url}/faults", "POST", {"fault": fault})[0] == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        put(texts, timeout=0.5)
    assert [text["puts"] for text in texts.all()] == [1] and put(texts)[0] == 200


def test_faults_are_for_so_many_texts_and_of_known_kinds(texts: SmsProvider) -> None:
    assert ask(f"{texts.url}/faults", "POST", {"fault": "500", "times": 2})[1] == {"waiting": ["500", "500"]}
    assert [put(texts)[0] for _ in range(3)] == [500, 500, 201]
    assert ask(f"{texts.url}/faults", "POST", {"fault": "200"})[0] == 422
    assert ask(f"{texts.url}/elsewhere")[0] == 404


def test_it_can_be_away_for_a_while(texts: SmsProvider) -> None:
    put(texts)
    port = texts.port
    texts.stop()
    with pytest.raises(urllib.error.URLError):
        ask(f"http://127.0.0.1:{port}/texts")
    texts.start(port)
    assert len(texts.all()) == 1 and put(texts)[0] == 200


def test_it_runs_alone_and_stops_on_term() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.sandbox.sms_provider", "--port", "0"],
        env={"PATH": os.environ["PATH"], "SMS_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    where = json.loads(process.stdout.readline())
    assert ask(f"{where['url']}/messages/one", "PUT", TEXT)[0] == 201
    assert len(ask(f"{where['url']}/texts")[1]) == 1
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()
