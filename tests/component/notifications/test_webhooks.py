"""Other systems payload by webhook: whom, what, how signed, how often, and where never."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import time_machine
from standardwebhooks import Webhook

from infra.chassis.refusals import InvalidRequest
from services.notifications import webhook_carrier
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.errors import DeliveryNotFound, SubscriptionNotFound, WebhookAddressNotAllowed
from services.notifications.webhook_carrier import WebhookCarrier
from tests.component.notifications.use_cases import ENCRYPTION, Office
from tests.support.local_servers import free_port
from tests.unit.notifications.actors import CITIZEN, OPERATOR, STRANGER
from tests.unit.notifications.builders import command, event

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ACCEPTED = ["application_accepted.v1"]
LONG_BEFORE_ITS_END = 40.0  # seconds, on a machine that is busy with much else; the other side takes a minute


class Receiver:
    """A subscriber's HTTP server; ``answers`` are the codes to give next, then 204."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.calls: list[tuple[dict[str, str], str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?who=so"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = Thread(target=made.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def subscribed(office: Office, url: str, types: list[str] = ACCEPTED) -> dict[str, Any]:
    return office.webhooks.subscribe(url, types, by=OPERATOR, command=command(by=OPERATOR))


def worker(office: Office, *, guarded: bool = False, timeout: float = 5.0) -> DeliveryWorker:
    return DeliveryWorker(office.database, WebhookCarrier(ENCRYPTION, guarded=guarded, timeout=timeout))


def calls_of(office: Office) -> list[Any]:
    return [delivery for delivery in office.deliveries() if delivery.channel == "webhook"]


def test_a_subscriber_is_called_with_a_signature_it_can_verify(office: Office, receiver: Receiver) -> None:
    subscription = subscribed(office, receiver.url)
    office.receive(event("application_accepted.v1", "applications:9"))
    assert worker(office).step() == 1
    [(headers, body)] = receiver.calls
    payload = Webhook(subscription["secret"]).verify(body, headers)
    assert (payload["type"], payload["id"], payload["data"]["status"]) == (
        "application_accepted.v1",
        "applications:9",
        "submitted",
    )
    assert headers["webhook-id"] == calls_of(office)[0].id and calls_of(office)[0].status == "delivered"


def test_a_call_names_no_person_and_repeats_no_free_text(office: Office, receiver: Receiver) -> None:
    subscribed(office, receiver.url, ["application_rejected.v1"])
    office.receive(event("application_rejected.v1"))
    worker(office).step()
    body = receiver.calls[0][1]
    assert CITIZEN.account_id not in body and "Điều 16" not in body and "Nguyễn" not in body
    assert set(json.loads(body)["data"]) >= {"application_id", "reference", "status", "version"}


def test_only_subscribed_events_are_delivered_and_only_once(office: Office, receiver: Receiver) -> None:
    subscribed(office, receiver.url)
    for event_type, event_id in [("application_approved.v1", "applications:1"), *[(ACCEPTED[0], "applications:2")] * 2]:
        office.receive(event(event_type, event_id))
    sending = worker(office)
    assert [sending.step(), sending.step()] == [1, 0] and len(receiver.calls) == 1


def test_a_failing_subscriber_is_called_again_after_1_minute_5_minutes_1_hour_and_1_day(
    office: Office, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    subscribed(office, receiver.url)
    receiver.answers = [500] * 9
    office.receive(event("application_accepted.v1"))
    sending, waits = worker(office), []
    while sending.step():
        [call] = calls_of(office)
        if call.next_attempt_at:
            waits.append(call.next_attempt_at - datetime.now(UTC))
            clock.move_to(call.next_attempt_at)
    assert waits == [timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)]
    assert call.status == "permanent_failure" and len(receiver.calls) == 5
    assert len({headers["webhook-id"] for headers, _ in receiver.calls}) == 1


def test_a_redirect_is_a_failure_and_not_followed(office: Office, receiver: Receiver) -> None:
    subscribed(office, receiver.url)
    receiver.answers = [307]
    office.receive(event("application_accepted.v1"))
    worker(office).step()
    assert len(receiver.calls) == 1 and calls_of(office)[0].problem == "HTTP 307"


def test_a_subscriber_that_is_gone_is_not_called_again(office: Office, receiver: Receiver) -> None:
    subscribed(office, receiver.url)
    receiver.answers = [410]
    office.receive(event("application_accepted.v1"))
    worker(office).step()
    assert calls_of(office)[0].status == "permanent_failure"


@pytest.mark.parametrize("word", [b"", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["silent", "dripping"])
def test_a_subscriber_that_never_comes_to_an_end_is_hung_up_on(
    office: Office, word: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_carrier, "WHOLE_CALL_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=dawdle, args=(listening, word), daemon=True).start()
        subscribed(office, f"http://127.0.0.1:{listening.getsockname()[1]}/")
        office.receive(event("application_accepted.v1"))
        started = time.monotonic()
        worker(office, timeout=1.0).step()
    assert calls_of(office)[0].status == "temporary_failure" and time.monotonic() - started < LONG_BEFORE_ITS_END


def test_a_subscriber_that_does_not_answer_is_left_alone_and_others_are_called(
    office: Office, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    for url in (nobody, receiver.url):
        subscribed(office, url)
    for number in range(3):
        office.receive(event("application_accepted.v1", f"applications:{number}"))
    sending = worker(office)
    assert [sending.step(), sending.step()] == [4, 0] and len(receiver.calls) == 3
    assert sorted(delivery.attempts for delivery in calls_of(office) if delivery.recipient == nobody) == [0, 0, 1]
    clock.shift(16)
    assert sending.step() == 1, "one more finds that nobody is there"


def dawdle(listening: socket.socket, word: bytes) -> None:
    """Take a call and say ``word`` again and again."""
    line, _ = listening.accept()
    with line, suppress(OSError):
        for _ in range(600):
            line.sendall(word)
            time.sleep(0.1)


def test_redelivery_sends_the_same_event_under_the_same_id(office: Office, receiver: Receiver) -> None:
    subscription = subscribed(office, receiver.url)
    office.receive(event("application_accepted.v1"))
    sending = worker(office)
    sending.step()
    first = calls_of(office)[0]
    again = office.webhooks.redeliver(first.id, by=OPERATOR, command=command(by=OPERATOR))
    third = office.webhooks.redeliver(again["delivery_id"], by=OPERATOR, command=command(by=OPERATOR))
    sending.step()
    assert len({(headers["webhook-id"], body) for headers, body in receiver.calls}) == 1 and len(receiver.calls) == 3
    listed = office.webhooks.webhook_deliveries(subscription["subscription_id"], 50, None, by=OPERATOR)["items"]
    assert [row["delivery_id"] for row in listed] == [third["delivery_id"], again["delivery_id"], first.id]
    assert [row["repeat_of"] for row in listed] == [first.id, first.id, None]


def test_deliveries_come_in_pages_newest_first(office: Office) -> None:
    subscription_id = subscribed(office, "https://so.example.vn/")["subscription_id"]
    for number in range(5):
        office.receive(event("application_accepted.v1", f"applications:{number}"))
    first = office.webhooks.webhook_deliveries(subscription_id, 3, None, by=OPERATOR)
    rest = office.webhooks.webhook_deliveries(subscription_id, 3, first["next_cursor"], by=OPERATOR)
    assert [item["event_id"] for item in first["items"] + rest["items"]] == [
        f"applications:{n}" for n in (4, 3, 2, 1, 0)
    ]
    assert rest["next_cursor"] is None
    with pytest.raises(InvalidRequest, match="/cursor"):
        office.webhooks.webhook_deliveries(subscription_id, 3, "x", by=OPERATOR)


def test_after_unsubscribing_nothing_waits_and_nothing_comes(office: Office, receiver: Receiver) -> None:
    subscription_id = subscribed(office, receiver.url)["subscription_id"]
    office.receive(event("application_accepted.v1", "applications:1"))
    office.webhooks.unsubscribe(subscription_id, by=OPERATOR, command=command(by=OPERATOR))
    office.receive(event("application_accepted.v1", "applications:2"))
    assert worker(office).step() == 0 and receiver.calls == []
    assert [delivery.problem for delivery in calls_of(office)] == ["unsubscribed"]
    with pytest.raises(SubscriptionNotFound):
        office.webhooks.redeliver(calls_of(office)[0].id, by=OPERATOR, command=command(by=OPERATOR))


def test_a_subscription_is_its_owners(office: Office, receiver: Receiver) -> None:
    subscription_id = subscribed(office, receiver.url)["subscription_id"]
    with pytest.raises(SubscriptionNotFound):
        office.webhooks.webhook_deliveries(subscription_id, 50, None, by=STRANGER)
    with pytest.raises(SubscriptionNotFound):
        office.webhooks.unsubscribe(subscription_id, by=STRANGER, command=command(by=STRANGER))
    with pytest.raises(DeliveryNotFound):
        office.webhooks.redeliver("7c1d4e2a-0000-4000-8000-000000000000", by=OPERATOR, command=command())


def test_an_email_cannot_be_redelivered_as_a_webhook(office: Office) -> None:
    office.receive(event("application_accepted.v1"))
    with pytest.raises(DeliveryNotFound):
        office.webhooks.redeliver(office.deliveries()[0].id, by=OPERATOR, command=command())


BAD = [
    "ftp://so.example.vn/",
    "https://",
    "https://user:pw@so.example.vn/",
    "https://so.example.vn/#x",
    "https://[::1",
    "https://a b/",
    "https://so.example.vn:99999/",
    "https://so.example.vn/\r\nX: y",
]
INSIDE = [
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://localhost/",
    "https://rabbitmq:15672/",
    "https://db.internal/",
    "https://0.0.0.0/",
    "https://[64:ff9b::a00:1]/",
    "https://100.64.0.1/",
]


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_address_is_refused_everywhere(url: str) -> None:
    for guarded in (True, False):
        with pytest.raises(WebhookAddressNotAllowed):
            subscribed(Office(guarded=guarded), url)


@pytest.mark.parametrize("url", ["http://so.example.vn/hooks", *INSIDE])
def test_in_production_only_https_to_the_outside_is_allowed(url: str) -> None:
    with pytest.raises(WebhookAddressNotAllowed):
        subscribed(Office(guarded=True), url)


def test_a_public_address_is_allowed_in_production() -> None:
    assert subscribed(Office(guarded=True), "https://so.example.vn/hooks")["secret"].startswith("whsec_")


def test_a_name_that_turns_inside_later_is_not_called(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribed(office, "https://so.example.vn/hooks")
    office.receive(event("application_accepted.v1"))
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("203.0.114.7", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: rows)
    worker(office, guarded=True).step()
    [call] = calls_of(office)
    assert call.status == "permanent_failure" and "private address" in call.problem


def test_a_name_that_cannot_be_looked_up_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_a: object, **_k: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    subscribed(office, "https://so.example.vn/hooks")
    office.receive(event("application_accepted.v1"))
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    worker(office).step()
    assert calls_of(office)[0].status == "temporary_failure"


def test_the_secret_is_shown_to_the_same_command_again_and_to_no_other(office: Office) -> None:
    once = command(by=OPERATOR)
    first = office.webhooks.subscribe("https://so.example.vn/", ACCEPTED, by=OPERATOR, command=once)
    assert office.webhooks.subscribe("https://so.example.vn/", ACCEPTED, by=OPERATOR, command=once) == first
    assert subscribed(office, "https://so.example.vn/")["secret"] != first["secret"]
