"""Texts to a gateway that can be asked: sent once, though answers get lost, processes die and gateways go away."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from infra.chassis.settings import Settings
from infra.sandbox.sms_provider import SmsProvider, serve
from services.notifications import sms_carrier
from services.notifications.delivery_worker import LEASE, DeliveryWorker
from services.notifications.errors import TemplateNotAllowed
from services.notifications.follower import duties
from services.notifications.messages import MESSAGE_KINDS
from services.notifications.models import Attempt, Delivery, Table
from services.notifications.reports import DeliveryReports, signature
from services.notifications.sms_carrier import SmsCarrier, SmsGateway, sms_carrier_of
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.actors import CITIZEN, EDITOR, OPERATOR
from tests.unit.notifications.builders import command, event
from tests.unit.notifications.fakes import Directory

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PHONE, TOKEN = "+84901234567", "only a test"
SHORTER = timedelta(seconds=31)  # more than the lease of a carrier that gives up after half a second
MINUTE = timedelta(minutes=1)


@pytest.fixture
def office() -> Office:
    return Office(sms=True)


@pytest.fixture
def gateway() -> Iterator[SmsProvider]:
    texts = serve(token=TOKEN)
    yield texts
    texts.stop()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def worker(office: Office, gateway: SmsProvider, token: str = TOKEN, timeout: float = 0.5) -> DeliveryWorker:
    return DeliveryWorker(office.database, SmsCarrier(SmsGateway.of(gateway.url, token, "DICHVUCONG"), timeout))


def text_to(office: Office, phone: str | None = PHONE, event_id: str = "applications:1", language: str = "vi") -> None:
    office.receive(event("supplement_requested.v1", event_id), Directory(language, email=None, phone=phone))


def puts(gateway: SmsProvider) -> list[int]:
    """How often each text was handed over."""
    return [entry["puts"] for entry in gateway.all()]


def only(office: Office) -> Delivery:
    [delivery] = office.deliveries()
    return delivery


def outcomes(office: Office) -> list[str | None]:
    return [attempt.outcome for attempt in office.attempts()]


def test_a_text_arrives_under_the_id_of_the_effect_without_diacritics(office: Office, gateway: SmsProvider) -> None:
    text_to(office)
    assert [worker(office, gateway).step() for _ in range(3)] == [1, 0, 0]
    [arrived], delivery = gateway.all(), only(office)
    assert (arrived["id"], arrived["to"], arrived["from"]) == (delivery.id, PHONE, "DICHVUCONG")
    assert arrived["text"].startswith("Ho so H01.01-261120-0001 can bo sung") and arrived["text"].isascii()
    assert (delivery.status, delivery.attempts, delivery.problem) == ("sent", 1, None)
    assert puts(gateway) == [1] and outcomes(office) == ["sent"]


@pytest.mark.parametrize("event_type", sorted(MESSAGE_KINDS))
def test_texts_are_for_what_must_be_acted_on_or_has_ended(office: Office, event_type: str) -> None:
    office.receive(event(event_type))
    assert [delivery.channel for delivery in office.deliveries() if delivery.channel == "sms"] == [
        "sms"
    ] * MESSAGE_KINDS[event_type].sms


def test_without_a_way_there_are_no_texts() -> None:
    office = Office()
    text_to(office)
    assert office.deliveries() == []


@pytest.mark.parametrize("phone", [None, "", "024 3825 5555", "không có"])
def test_without_a_number_that_takes_texts_there_is_none(office: Office, phone: str | None) -> None:
    text_to(office, phone)
    assert office.deliveries() == [] and len(office.messages()) == 1


def test_who_wants_no_texts_has_e_mail_and_inbox(office: Office) -> None:
    office.preferences.set_preferences({"sms": False}, by=CITIZEN, command=command())
    office.receive(event("supplement_requested.v1"))
    assert [delivery.channel for delivery in office.deliveries()] == ["email"]


def test_texts_wait_for_the_end_of_the_quiet_hours(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    night = {"quiet_hours": {"from": "09:00", "until": "11:00"}}  # it is 10:00 in Viet Nam
    office.preferences.set_preferences(night, by=CITIZEN, command=command())
    text_to(office)
    assert worker(office, gateway).step() == 0
    clock.move_to(START + timedelta(hours=1))
    assert worker(office, gateway).step() == 1 and puts(gateway) == [1]


@pytest.mark.parametrize("lost", ["drop", "hang"])
def test_a_text_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller, lost: str
) -> None:
    text_to(office)
    gateway.misbehave(lost)
    sending = worker(office, gateway)
    sending.step()
    assert only(office).status == "temporary_failure"
    clock.shift(MINUTE)
    sending.step()
    assert only(office).status == "sent" and outcomes(office) == ["temporary_failure", "sent"]
    assert puts(gateway) == [1] and gateway.all()[0]["asked"] == 1


@pytest.mark.parametrize("code", ["500", "408", "425"])
def test_a_text_refused_for_now_is_sent_later_and_others_meanwhile(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller, code: str
) -> None:
    text_to(office)
    text_to(office, "+84901234568", "applications:2")
    gateway.misbehave(code)
    sending = worker(office, gateway)
    assert sending.step() == 2
    assert [delivery.status for delivery in office.deliveries()] == ["temporary_failure", "sent"]
    clock.shift(MINUTE)
    sending.step()
    assert [delivery.status for delivery in office.deliveries()] == ["sent", "sent"]
    assert puts(gateway) == [1, 1] and gateway.asked_in_vain == 1


@pytest.mark.parametrize("code", ["429", "401", "404", "503"])
def test_a_closed_way_is_left_alone_and_nothing_is_given_up(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller, code: str
) -> None:
    for number in range(3):
        text_to(office, event_id=f"applications:{number}")
    gateway.misbehave(code)
    sending = worker(office, gateway)
    assert [sending.step(), sending.step()] == [1, 0]
    assert [delivery.attempts for delivery in office.deliveries()] == [1, 0, 0]
    clock.shift(MINUTE)
    assert sending.step() == 3 and puts(gateway) == [1, 1, 1]


def test_a_wrong_token_loses_no_text(office: Office, gateway: SmsProvider, clock: time_machine.Traveller) -> None:
    text_to(office)
    worker(office, gateway, token="wrong").step()
    clock.shift(MINUTE)
    worker(office, gateway, token="wrong").step()
    assert only(office).status == "temporary_failure" and "401" in (only(office).problem or "")
    clock.shift(timedelta(minutes=5))
    worker(office, gateway).step()
    assert only(office).status == "sent" and puts(gateway) == [1]


def test_a_token_that_is_refused_is_read_anew(office: Office, gateway: SmsProvider, tmp_path: Path) -> None:
    token = tmp_path / "sms-token"
    token.write_text("the-one-before", encoding="utf-8")
    settings = {"SMS_URL": gateway.url, "SMS_TOKEN_FILE": str(token), "PORTAL_HOME": str(tmp_path)}
    carrier = sms_carrier_of(Settings(settings))
    assert carrier is not None
    gateway.token = "the-one-after"
    token.write_text(gateway.token, encoding="utf-8")  # exchanged while the process runs
    text_to(office)
    assert DeliveryWorker(office.database, carrier).step() == 1
    assert only(office).status == "sent" and puts(gateway) == [1]


def test_a_gateway_that_is_down_gets_the_texts_when_it_is_back(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    port = gateway.port
    gateway.stop()
    for number in range(3):
        text_to(office, event_id=f"applications:{number}")
    sending = worker(office, gateway)
    assert [sending.step(), sending.step()] == [1, 0]
    gateway.start(port)
    clock.shift(MINUTE)
    assert sending.step() == 3 and puts(gateway) == [1, 1, 1]


@pytest.mark.parametrize("phone", ["+84900000400", "+84900000410", "+84900000422"])
def test_a_text_refused_for_good_is_given_up_at_once(office: Office, gateway: SmsProvider, phone: str) -> None:
    text_to(office, phone)
    worker(office, gateway).step()
    assert only(office).status == "permanent_failure" and only(office).next_attempt_at is None


def test_what_the_gateway_could_not_deliver_is_given_up(office: Office, gateway: SmsProvider) -> None:
    text_to(office, "+84900003000")
    worker(office, gateway).step()
    assert only(office).status == "permanent_failure" and "failed" in (only(office).problem or "")


def test_a_text_refused_for_days_is_given_up(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    text_to(office, "+84900000500")
    sending = worker(office, gateway)
    while sending.step():
        if (due := only(office).next_attempt_at) is not None:
            clock.move_to(due)
    assert only(office).status == "permanent_failure" and "given up after 7 attempts" in (only(office).problem or "")


def test_a_gateway_that_never_comes_to_an_end_is_hung_up_on(office: Office) -> None:
    letters = itertools.count(1)

    def drip(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, suppress(OSError):
            for letter in itertools.cycle(b"HTTP/1.1 200 OK"):
                line.sendall(bytes([letter]))
                next(letters)
                time.sleep(0.05)

    text_to(office)
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=(server,), daemon=True)
        dripping.start()
        carrier = SmsCarrier(SmsGateway.of(f"http://127.0.0.1:{server.getsockname()[1]}"), 0.5)
        DeliveryWorker(office.database, carrier).step()
        # Half a second is ten of them; a busy machine slows both sides down.
        assert next(letters) < 40
        dripping.join(20)
        assert not dripping.is_alive()
    assert only(office).status == "temporary_failure"


# A process that dies between call and result


def died_after_the_call(office: Office, gateway: SmsProvider) -> None:
    sending = worker(office, gateway)
    message = sending._begin_attempt(only(office).id)
    assert message is not None
    with sending.carrier.open() as carry:
        carry(message)


def test_an_attempt_without_result_is_looked_up_and_closed(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    text_to(office)
    died_after_the_call(office, gateway)
    assert worker(office, gateway).step() == 0, "the attempt may still be under way"
    clock.shift(SHORTER)
    assert SHORTER < LEASE and worker(office, gateway).step() == 1
    assert (only(office).status, only(office).attempts, puts(gateway)) == ("sent", 1, [1])
    assert outcomes(office) == ["sent"] and "asked" in (office.attempts()[0].detail or "")


def test_an_attempt_unknown_to_the_gateway_is_sent_again_under_the_same_id(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    text_to(office)
    worker(office, gateway)._begin_attempt(only(office).id)  # and here the process dies
    clock.shift(SHORTER)
    later = worker(office, gateway)
    assert later.step() == 1 and outcomes(office) == ["temporary_failure"]
    clock.shift(MINUTE)
    assert later.step() == 1 and outcomes(office) == ["temporary_failure", "sent"]
    assert puts(gateway) == [1] and gateway.all()[0]["id"] == only(office).id


def test_while_nobody_answers_an_attempt_stays_open_and_is_looked_up_later(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    text_to(office)
    died_after_the_call(office, gateway)
    port = gateway.port
    gateway.stop()
    later = worker(office, gateway)
    for _ in range(30):
        clock.shift(MINUTE)
        assert later.step() == 0
    assert (only(office).status, outcomes(office)) == ("sending", [None])
    gateway.start(port)
    clock.shift(MINUTE)
    assert later.step() == 1 and only(office).status == "sent" and puts(gateway) == [1]


def test_a_leader_that_was_only_slow_changes_nothing_afterwards(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller
) -> None:
    text_to(office)
    slow, successor = worker(office, gateway), worker(office, gateway)

    def overtaken(message: Any) -> Any:
        clock.shift(SHORTER)
        assert successor.step() == 1 and outcomes(office) == ["temporary_failure"]
        with slow.carrier.open() as carry:
            return carry(message)

    slow._send_all([(only(office).id, "")], overtaken)
    assert outcomes(office) == ["temporary_failure"]
    clock.shift(MINUTE)
    assert successor.step() == 1
    assert (outcomes(office), puts(gateway)) == (["temporary_failure", "sent"], [1])


# What is listed, reported, written


def test_numbers_are_shown_only_as_far_as_their_owner_needs(office: Office, gateway: SmsProvider) -> None:
    text_to(office, "+84900000422")
    worker(office, gateway).step()
    listed = office.inbox.deliveries(office.messages()[0].id, by=CITIZEN)
    [row] = listed["items"]
    assert (row["channel"], row["recipient"]) == ("sms", "+84***422")
    assert "900000422" not in str(listed) and "+84***422" in row["problem"]


def test_a_provider_may_report_later_that_a_text_arrived(office: Office, gateway: SmsProvider) -> None:
    text_to(office)
    worker(office, gateway).step()
    reports = DeliveryReports(office.database, Settings({"DELIVERY_REPORT_SECRET_SMS": "shared secret"}))
    report = {"delivery_id": only(office).id, "event": "delivered", "at": "2026-11-20T02:30:00Z"}
    reports.delivery_report("sms", {**report, "signature": signature(report, "shared secret")})
    assert only(office).status == "delivered"


def test_an_operators_text_is_sent_in_plain_letters_and_never_in_more_than_three_parts(
    office: Office, gateway: SmsProvider
) -> None:
    def publish(body: str) -> None:
        which = ("supplement_requested", "sms", "vi", "Bổ sung")
        request = office.desk.publish_template(*which, body, by=OPERATOR, command=command(by=OPERATOR))
        office.desk.approve_template(request["request_id"], by=EDITOR, command=command(by=EDITOR))

    with pytest.raises(TemplateNotAllowed, match="3 parts"):
        publish("dài quá " * 60)
    publish("Bổ sung: {{ reason }}")
    report = event("supplement_requested.v1", reason="Giấy chứng sinh mờ. " * 100)
    office.receive(report, Directory(email=None, phone=PHONE))
    assert only(office).template_version == 2
    assert only(office).body.startswith("Bo sung: Giay chung sinh mo.") and len(only(office).body) <= 459
    preview = office.templates.preview("supplement_requested", "sms", "vi", {"reason": "Thiếu"})
    assert preview["body"] == "Bo sung: Thieu"


# Erasure

CANARY = "+84912345678"


def everything_stored(office: Office) -> str:
    with office.database.session() as session:
        return str([list(session.execute(table.select())) for table in Table.metadata.sorted_tables])


@pytest.mark.parametrize("is_erased", [False, True])
def test_of_an_erased_person_neither_number_nor_text_stays(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller, is_erased: bool
) -> None:
    text_to(office, CANARY)
    if is_erased:
        gateway.misbehave("422")  # whose words repeat the number
        worker(office, gateway).step()
    assert CANARY in everything_stored(office) and "Ho so H01" in everything_stored(office)
    office.erase(CITIZEN.account_id)
    stored = everything_stored(office)
    assert CANARY[1:] not in stored and "Ho so H01" not in stored
    assert only(office).status == "permanent_failure"
    clock.shift(timedelta(hours=1))
    assert worker(office, gateway).step() == 0 and gateway.all() == []


@pytest.mark.parametrize("arrived", [False, True])
def test_a_text_under_way_when_its_person_was_erased_is_settled_and_not_sent_again(
    office: Office, gateway: SmsProvider, clock: time_machine.Traveller, arrived: bool
) -> None:
    text_to(office, CANARY)
    if arrived:
        died_after_the_call(office, gateway)
    else:
        worker(office, gateway)._begin_attempt(only(office).id)
    office.erase(CITIZEN.account_id)
    clock.shift(SHORTER)
    assert worker(office, gateway).step() == 1
    assert only(office).status == ("sent" if arrived else "permanent_failure")
    assert puts(gateway) == [1] * arrived and CANARY[1:] not in everything_stored(office)


# Settings


def test_without_a_gateway_no_worker_runs_for_texts(tmp_path: Path) -> None:
    home = {"PORTAL_HOME": str(tmp_path)}
    assert sms_carrier.sms_carrier_of(Settings(home)) is None
    assert "delivery-sms" not in [duty.name for duty in duties(Settings(home))]
    assert "delivery-sms" in [duty.name for duty in duties(Settings({**home, "SMS_URL": "http://gateway"}))]


def test_the_address_may_have_a_path(office: Office, gateway: SmsProvider) -> None:
    carrier = SmsCarrier(SmsGateway.of(f"{gateway.url}/elsewhere/", TOKEN), 0.5)
    text_to(office)
    DeliveryWorker(office.database, carrier).step()
    assert "404" in (only(office).problem or "") and only(office).status == "temporary_failure"


def test_attempts_of_texts_are_recorded_like_those_of_emails(office: Office, gateway: SmsProvider) -> None:
    text_to(office)
    worker(office, gateway).step()
    [attempt] = office.attempts()
    assert isinstance(attempt, Attempt) and attempt.finished_at is not None and attempt.detail == "HTTP 201 accepted"
