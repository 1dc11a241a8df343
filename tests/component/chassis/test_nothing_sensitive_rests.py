"""What a contract marks as sensitive reaches its door and lies nowhere: no queue, no table, no line of a log."""

from __future__ import annotations

import base64
import json

import pytest
from kombu import Connection, Exchange, Producer
from nameko.exceptions import RemoteError
from sqlalchemy import select
from structlog.testing import capture_logs

from infra.chassis import logs
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.storage.tables import ALL
from infra.embedded.broker import Broker
from tests.component.chassis.test_handlers import HEAR

CANARY = "kanari-2468"
CALLER = "0b7e6a3c-4f5d-4c61-9d5e-0a2b8a2c1d11"
TOKEN = ".".join(
    base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    for part in (b'{"alg":"EdDSA"}', json.dumps({"sub": CALLER}).encode(), CANARY.encode() * 3)
)
CREDENTIALS = {"nameko.auth_token": TOKEN, "authorization": f"Bearer {TOKEN}", "x": TOKEN, "nameko.Auth_Token": CANARY}
CALL = {"args": [], "kwargs": {"text": "chào", "secret": CANARY}}
ENVELOPES_NOBODY_ANSWERS = {
    "no reply_to": CALL,
    "a misspelt name": {"args": [], "kwargs": {"text": "chào", "secrte": CANARY}},
    "a value in the wrong place": {"args": [CANARY], "kwargs": {}},
    "an object for a text": {"args": [], "kwargs": {"secret": {"value": [CANARY]}}},
    "no call at all": {"secret": CANARY},
    "a type with a hook": {"args": [], "kwargs": {"secret": {"__type__": "datetime", "__value__": CANARY}}},
}


def send(echo, body, *, key="echo.shout", headers=CREDENTIALS, content_type="application/json"):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Connection(echo.settings.amqp_uri) as connection:
        exchange = Exchange("nameko-rpc", type="topic", no_declare=True) if key.startswith("echo.") else Exchange("")
        Producer(connection.channel(), exchange, auto_declare=False).publish(
            body, routing_key=key, content_type=content_type, content_encoding="utf-8", headers=headers
        )


def stored(echo):
    """All that is in queues and tables, as text; bodies and tokens as what they say."""
    queues = Broker.named(echo.settings.amqp_uri.removeprefix("embedded://")).queues
    texts = [str(message) for messages in queues.values() for message in messages]
    texts += [base64.b64decode(letter["body_base64"]).decode("utf-8", "replace") for letter in quarantined(echo)]
    with echo.database.session() as session:
        for table in ALL[0].metadata.sorted_tables:
            texts += [str(row) for row in session.execute(select(table)).all()]
    return "\n".join(texts)


def quarantined(echo):
    queue = Broker.named(echo.settings.amqp_uri.removeprefix("embedded://")).queues[QUARANTINE]
    messages = [json.loads(message) if isinstance(message, str) else message for message in queue]
    return [json.loads(message["body"]) for message in messages]


def is_clean(text):
    spelled = {CANARY, TOKEN, base64.b64encode(CANARY.encode()).decode().rstrip("=")[:-2]}
    return not any(canary in text for canary in spelled)


@pytest.mark.parametrize("body", ENVELOPES_NOBODY_ANSWERS.values(), ids=ENVELOPES_NOBODY_ANSWERS)
def test_a_call_that_nobody_answers_is_quarantined_without_what_is_secret(echo, body):
    with capture_logs() as lines:
        send(echo, body)
        [letter] = echo.until(lambda: quarantined(echo))
        echo.until(lambda: DeadLetters(echo.database).unresolved())
    assert is_clean(stored(echo)) and is_clean(str(lines))
    assert letter["headers"]["ids_in_token"] == CALLER


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps(CALL).encode()[:-1], "application/json"),
        (json.dumps(CALL).encode(), "application/x-yaml"),
        (CANARY.encode(), "application/data"),
        (b"\xff" + CANARY.encode(), "application/json"),
    ],
)
@pytest.mark.parametrize("key", ["echo.shout", "echo.nothing", "rpc-echo"])
def test_of_a_call_that_nobody_can_read_only_the_size_is_stored(echo, body, content_type, key):
    with capture_logs() as lines:
        send(echo, body, key=key, content_type=content_type)
        [letter] = echo.until(lambda: quarantined(echo))
    assert is_clean(stored(echo)) and is_clean(str(lines))
    body_stored = base64.b64decode(letter["body_base64"])
    assert json.loads(body_stored) == {"withheld_bytes": len(body)} or b'"kwargs"' in body_stored


def test_what_is_not_secret_of_a_call_stays_in_the_quarantine(echo):
    send(echo, CALL)
    [letter] = echo.until(lambda: quarantined(echo))
    call = json.loads(base64.b64decode(letter["body_base64"]))
    assert call == {"args": [], "kwargs": {"text": "chào", "secret": "–"}}


def test_an_event_waits_and_lies_without_its_senders_credentials(echo):
    echo.counter.failures = 100
    waited, publish = [], Publisher.publish_durably

    def watch(self, event, queue, **options):
        waited.append(str((event, options)))
        publish(self, event, queue, **options)

    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr(Publisher, "publish_durably", watch)
        event = {"id": "echo:7", "type": "counted.v1", "source": "/echo", "data": {"count": 1}}
        Publisher(echo.settings.amqp_uri).publish(event, exchange="", routing_key=HEAR, headers=CREDENTIALS)
        echo.until(lambda: DeadLetters(echo.database).waiting())
    assert len(waited) == 3  # two tiers and the quarantine
    assert is_clean("".join(waited)) and is_clean(stored(echo)) and is_clean(str(lines))


@pytest.mark.parametrize(
    "arguments",
    [{"secret": CANARY * 5}, {"text": "x" * 30, "secret": CANARY}, {"otp_code": CANARY, "secret_id": CANARY}],
)
def test_a_refused_call_is_logged_without_what_is_secret(echo, arguments):
    with capture_logs() as lines, pytest.raises(RemoteError):
        echo.call("shout", **arguments)
    assert [line["event"] for line in lines].count("refused") == 1
    assert is_clean(str(lines))


def test_a_token_in_an_error_is_no_word_of_the_log():
    line = logs.drop_tokens(None, "error", {"event": f"GET /?t={TOKEN}", "error": f"bad token {TOKEN}", "count": 3})
    assert is_clean(str(line)) and line["count"] == 3
