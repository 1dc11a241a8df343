"""What the chassis keeps about an erased person loses its words; whatever still has to happen happens."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.erasure import worker
from infra.chassis.erasure.requests import ErasureRequests
from infra.chassis.erasure.worker import STEPS, ErasureWorker
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.topology import retry_exchange, retry_queue
from infra.chassis.redaction import PLACEHOLDER
from infra.chassis.storage.tables import command_log, dead_letter, forgotten_subject, outbox
from infra.embedded.broker import Broker
from tests.support.cloud_events import event_of

PERSON, APPLICATION = "3f6c1f0a-6f5c-4b0e-9a51-0e3a1d2c4b5f", "00000002-7c1d-4e2a-9b3f-5d6e7f809a1b"
OTHER = "9a1d7c55-0000-4000-8000-000000000001"
WORDS = "Bà Hoàng Yến bị từ chối"
HEAR = "evt-echo-counted.v1--echo.hear"


class EchosErasures(ErasureRequests):
    service, answer = "echo", "subject_forgotten.v1"


class Cut(BaseException):
    """The process ended here."""


def noted(echo: Any) -> ErasureWorker:
    duty = ErasureWorker(echo.settings, EchosErasures(echo.database))
    event_data = {"account_id": PERSON, "application_id": None, "application_ids": [APPLICATION], "erasure_id": "e-1"}
    duty.erasures.note(event_of("applications:beside-1", event_data))
    return duty


def done(duty: ErasureWorker) -> None:
    while duty.step():
        pass


def about(who: str, **more: Any) -> dict[str, Any]:
    return {"applicant_id": who, "status": "rejected", "reason": WORDS, **more}


def rows(echo: Any, table: Any) -> list[Any]:
    with echo.database.session() as session:
        return list(session.execute(select(table)))


def publish_about(echo: Any, *people: str) -> None:
    with echo.database.session() as session:
        for who in people:
            enqueue(session, "counted.v1", about(who, count=1), subject=who)


def test_an_event_that_waits_is_still_told_and_says_no_words(echo):
    publish_about(echo, PERSON, OTHER)
    done(noted(echo))
    hers, others, answer = rows(echo, outbox)
    assert hers.data == about(PERSON, count=1) | {"reason": PLACEHOLDER} and others.data["reason"] == WORDS
    assert answer.type == "subject_forgotten.v1" and answer.data["removed"] == {"outbox": 1}
    echo.follower.once()
    assert all(row.published_at for row in rows(echo, outbox))
    echo.until(lambda: len(echo.counter.received) == 2)


def test_what_an_official_did_for_others_stays_when_the_official_is_erased(echo):
    hers = {"applicant_id": OTHER, "officer_id": PERSON, "by": {"account_id": PERSON}, "reason": WORDS, "count": 1}
    with echo.database.session() as session:
        enqueue(session, "counted.v1", hers, subject=OTHER)
    done(noted(echo))
    assert rows(echo, outbox)[0].data == hers


def test_a_person_is_also_found_by_their_applications(echo):
    publish_about(echo, OTHER)
    with echo.database.session() as session:
        enqueue(session, "counted.v1", {"application_id": APPLICATION, "count": 1, "note": WORDS}, subject=APPLICATION)
    done(noted(echo))
    assert [WORDS in json.dumps(row.data, ensure_ascii=False) for row in rows(echo, outbox)] == [True, False, False]


def test_a_dead_letter_that_waits_can_be_replayed_and_one_that_is_settled_is_only_its_id(echo):
    letters = DeadLetters(echo.database)
    for number in (1, 2):
        event = {"id": f"echo:{number}", "type": "counted.v1", "source": "/echo", "data": about(PERSON, count=number)}
        letters.record("evt-echo-counted.v1--echo.received", event, {"x": WORDS}, f"ValueError: {WORDS}", 6, 0.0)
    letters.drop(2, "không dùng nữa")
    done(noted(echo))
    waiting, dropped = rows(echo, dead_letter)
    assert json.loads(waiting.body)["data"] == about(PERSON, count=1) | {"reason": PLACEHOLDER}
    assert json.loads(dropped.body) == {"id": "echo:2", "type": "counted.v1", "source": "/echo"}
    assert (waiting.headers, waiting.error) == ({}, "ValueError")


def test_what_dies_after_its_person_was_erased_is_kept_without_words(echo):
    noted(echo)
    event = {"id": "echo:1", "type": "counted.v1", "source": "/echo", "data": about(PERSON)}
    DeadLetters(echo.database).record("evt-echo", event, {"portal-error": WORDS}, f"ValueError: {WORDS}", 6, 0.0)
    assert WORDS not in "".join(str((json.loads(row.body), *row)) for row in rows(echo, dead_letter))


def failing(echo: Any, *people: str) -> list[str]:
    """Events about people that the handler gives up; what the quarantine holds then."""
    echo.counter.failures = 3 * len(people)
    for who in people:
        event = {"id": f"echo:{who}", "type": "counted.v1", "source": "/echo", "data": about(who, count=1)}
        publish(echo, event, exchange="", routing_key=HEAR, headers={"said": WORDS})
    echo.until(lambda: len(rows(echo, dead_letter)) == len(people))
    return in_quarantine(echo)


def publish(echo: Any, body: Any, **options: Any) -> None:
    Publisher(echo.settings.amqp_uri).publish(body, **options)


def broker(echo: Any) -> Broker:
    return Broker.named(echo.settings.amqp_uri.removeprefix("embedded://"))


def in_quarantine(echo: Any) -> list[str]:
    """Every message there as text: as it is, and its body read."""
    raw = [message["body"] for message in broker(echo).queues[QUARANTINE]]
    read = [base64.b64decode(json.loads(entry).get("body_base64", "")).decode() for entry in raw]
    return [f"{json.loads(entry)} {body}" for entry, body in zip(raw, read, strict=True)]


def test_what_dies_after_its_person_was_erased_goes_to_the_quarantine_without_words(echo):
    noted(echo)
    [letter] = failing(echo, PERSON)
    assert WORDS not in letter and PERSON in letter and "echo:" in letter


def test_what_was_given_up_before_its_person_was_erased_loses_its_words_in_the_quarantine(echo):
    before = failing(echo, PERSON, OTHER)
    assert all(WORDS in entry for entry in before)
    duty = noted(echo)
    done(duty)
    words = {who: WORDS in message for who in (PERSON, OTHER) for message in in_quarantine(echo) if who in message}
    assert words == {PERSON: False, OTHER: True}
    hers = next(message for message in in_quarantine(echo) if PERSON in message)
    assert f"'message_id': 'echo:{PERSON}'" in hers and "'why': 'ValueError'" in hers and '"status": "rejected"' in hers
    with echo.database.session() as session:
        (row,) = session.execute(select(forgotten_subject))
    assert row.removed["quarantine"] == row.removed["dead_letter"] == 1


def test_an_event_whose_queue_was_gone_loses_the_words_of_an_erased_person(echo):
    for who in (PERSON, OTHER):
        event = {"id": f"echo:{who}", "type": "counted.v1", "data": about(who)}
        publish(echo, event, exchange="portal.unroutable", routing_key="gone", headers={"portal-error": WORDS})
    done(noted(echo))
    left = {json.loads(message["body"])["id"]: message for message in broker(echo).queues[QUARANTINE]}
    hers, others = left[f"echo:{PERSON}"], left[f"echo:{OTHER}"]
    assert json.loads(hers["body"])["data"] == about(PERSON) | {"reason": PLACEHOLDER}
    assert json.loads(others["body"])["data"] == about(OTHER)
    assert ("portal-error" in str(hers), "portal-error" in str(others)) == (False, True)
    assert hers["properties"]["delivery_info"]["routing_key"] == "gone", "whose it was"


def test_ones_own_commands_keep_their_id_and_other_peoples_the_facts(echo):
    reply = {"account_id": PERSON, "full_name": WORDS, "status": "draft"}
    with echo.database.session() as session:
        for number, caller in enumerate((PERSON, "anonymous", OTHER)):
            session.execute(
                command_log.insert().values(
                    caller=caller, command_id=f"c-{number}", name="n", fingerprint="f", reply=reply, at=clock.now()
                )
            )
    done(noted(echo))
    stored = {row.caller: (row.reply, row.fingerprint) for row in rows(echo, command_log)}
    assert stored[PERSON] == stored["anonymous"] == (None, "forgotten")
    assert stored[OTHER] == ({"account_id": PERSON, "full_name": PLACEHOLDER, "status": "draft"}, "f")


def test_messages_nobody_could_read_and_messages_that_wait_lose_their_text(echo):
    publisher, tier, waits = Publisher(echo.settings.amqp_uri), retry_exchange(100), retry_queue(100).name
    for who in (OTHER, PERSON, OTHER):
        letter = {"service": "echo", "why": "no reply_to", "routing_key": "rpc", "headers": {}, "content_type": "json"}
        letter["body_base64"] = base64.b64encode(json.dumps(about(who)).encode()).decode()
        publisher.publish(letter, exchange="", routing_key=QUARANTINE)
        event = {"id": f"echo:{who}", "type": "counted.v1", "data": about(who)}
        publisher.publish(event, exchange=tier, routing_key="nowhere", headers={"portal-error": WORDS})
    done(noted(echo))
    queues = Broker.named(echo.settings.amqp_uri.removeprefix("embedded://")).queues
    bodies = [json.loads(message["body"]) for message in queues[QUARANTINE]]
    assert sorted(bool(body["body_base64"]) for body in bodies) == [False, True, True]
    assert next(body for body in bodies if not body["body_base64"])["why"] == "no reply_to"
    waiting = {
        variant["applicant_id"]: variant["reason"] for variant in (json.loads(m["body"])["data"] for m in queues[waits])
    }
    assert waiting == {OTHER: WORDS, PERSON: PLACEHOLDER}


LEFT_THERE = (
    b"{no json", b"[" * 100_000, b"[1]", b'"text"', b"\xff\xfe", b'{"body_base64": "%%%", "message_id": "x"}',
    b'{"body_base64": 7}', b'{"body_base64": "W10=", "message_id": "x"}', b'{"id": {"a": 1}, "data": []}',
)  # fmt: skip


@pytest.mark.parametrize("name", [QUARANTINE, retry_queue(100).name])
def test_whatever_somebody_left_in_a_queue_stops_no_erasure(echo, name):
    queue = Broker.named(echo.settings.amqp_uri.removeprefix("embedded://")).queues[name]
    event = {"id": "echo:1", "type": "counted.v1", "data": about(PERSON)}
    Publisher(echo.settings.amqp_uri).publish(event, exchange="", routing_key=name)
    for body in LEFT_THERE:
        queue.append({**queue[0], "body": body.decode("latin-1")})
        queue.append({**queue[0], "body": (body + PERSON.encode()).decode("latin-1")})
    done(noted(echo))
    bodies = [str(message["body"]) for message in queue]
    assert len(bodies) == 1 + 2 * len(LEFT_THERE) and not any(body.endswith(PERSON) for body in bodies)
    [data] = [json.loads(body)["data"] for body in bodies if "counted.v1" in body]
    assert data["reason"] == PLACEHOLDER


@pytest.mark.parametrize("cut", range(1, len(STEPS) + 1))
def test_a_process_that_dies_on_the_way_goes_on_where_it_was_and_answers_once(echo, monkeypatch, cut):
    publish_about(echo, PERSON)
    duty, passed = noted(echo), iter(range(1, 100))

    def crash(point: str) -> None:
        if next(passed) == cut:
            raise Cut(point)

    monkeypatch.setattr(worker, "crash_at", crash)
    with pytest.raises(Cut):
        done(duty)
    done(ErasureWorker(echo.settings, EchosErasures(echo.database)))
    first, *answers = rows(echo, outbox)
    assert first.data["reason"] == PLACEHOLDER and [answer.type for answer in answers] == ["subject_forgotten.v1"]
    assert [row.finished_at is not None for row in rows(echo, forgotten_subject)] == [True]


def test_being_told_twice_changes_nothing(echo):
    done(noted(echo))
    done(noted(echo))
    assert len(rows(echo, forgotten_subject)) == len(rows(echo, outbox)) == 1
