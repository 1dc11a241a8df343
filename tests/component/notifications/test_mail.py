"""E-mails to a real mail server: taken, refused for now, refused for good, slow, down, and cut off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.settings import Settings
from services.notifications import delivery_worker
from services.notifications.deliveries import OutgoingMessage
from services.notifications.delivery_worker import LEASE, DeliveryWorker, abandoned_deliveries
from services.notifications.mail_carrier import MailCarrier, MailServer, mail_carrier_of
from services.notifications.mail_folder import FolderCarrier
from tests.component.notifications import mail_server
from tests.component.notifications.use_cases import Office
from tests.support.local_servers import free_port
from tests.unit.notifications.actors import CITIZEN
from tests.unit.notifications.builders import command, event
from tests.unit.notifications.fakes import Directory

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mail_server.MailServer]:
    with mail_server.running(tmp_path_factory.mktemp("mailbox")) as server:
        yield server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def worker(office: Office, port: int, timeout: float = 5.0) -> DeliveryWorker:
    server = MailServer.of(f"smtp://127.0.0.1:{port}")
    return DeliveryWorker(
        office.database, MailCarrier(server, "Cổng dịch vụ công <no-reply@portal.example.vn>", timeout)
    )


def letter_to(office: Office, address: str, event_id: str = "applications:1") -> None:
    office.receive(event("application_accepted.v1", event_id), Directory(email=address))


def received(mailbox: mail_server.MailServer, office: Office) -> int:
    """How often the mail of this office's only delivery arrived."""
    [delivery] = office.deliveries()
    return sum(delivery.id in (mail["Message-ID"] or "") for mail in mailbox.mails())


def test_an_email_arrives_in_vietnamese_under_the_id_of_the_effect(
    office: Office, mailbox: mail_server.MailServer
) -> None:
    letter_to(office, "mau@example.vn")
    assert worker(office, mailbox.port).step() == 1
    [delivery] = office.deliveries()
    mail = mailbox.mails()[-1]
    assert mail["Message-ID"] == f"<{delivery.id}@portal.example.vn>"
    assert mail["To"] == "Nguyễn Thị Mẫu <mau@example.vn>" and mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Hồ sơ H01.01-261120-0001 đã được tiếp nhận, hẹn trả 25/11/2026"
    assert "Kính gửi Nguyễn Thị Mẫu," in mail.get_content()
    assert (delivery.status, delivery.attempts, delivery.problem) == ("sent", 1, None)
    assert [(attempt.number, attempt.outcome) for attempt in office.attempts()] == [(1, "sent")]


def test_a_sent_email_is_not_sent_again(office: Office, mailbox: mail_server.MailServer) -> None:
    letter_to(office, "mau@example.vn")
    sending = worker(office, mailbox.port)
    assert [sending.step() for _ in range(3)] == [1, 0, 0]
    assert received(mailbox, office) == 1


def test_an_email_written_by_a_clock_ahead_of_ours_goes_out_all_the_same(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    clock.shift(600)
    letter_to(office, "mau@example.vn")
    clock.shift(-600)
    assert worker(office, mailbox.port).step() == 1 and received(mailbox, office) == 1


def test_a_greylisted_email_is_sent_again_after_a_minute(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    letter_to(office, "greylist@example.vn")
    sending = worker(office, mailbox.port)
    sending.step()
    [delivery] = office.deliveries()
    assert delivery.status == "temporary_failure" and "451" in (delivery.problem or "")
    assert delivery.next_attempt_at == START + timedelta(minutes=1)
    clock.shift(59)
    assert sending.step() == 0
    clock.shift(1)
    assert sending.step() == 1
    assert office.deliveries()[0].status == "sent" and received(mailbox, office) == 1


@pytest.mark.parametrize("address", ["defer-550@example.vn", "data-554@example.vn", "no address", "a@b@c", ""])
def test_an_address_nobody_has_is_given_up_at_once(
    office: Office, mailbox: mail_server.MailServer, address: str
) -> None:
    letter_to(office, address or "@")
    worker(office, mailbox.port).step()
    [delivery] = office.deliveries()
    assert (delivery.status, delivery.next_attempt_at) == ("permanent_failure", None) and delivery.problem


def test_one_refused_email_does_not_hold_up_the_next(office: Office, mailbox: mail_server.MailServer) -> None:
    for number, address in enumerate(["defer-550@example.vn", "data-451@example.vn", "mau@example.vn"]):
        letter_to(office, address, f"applications:{number}")
    assert worker(office, mailbox.port).step() == 3
    assert [delivery.status for delivery in office.deliveries()] == ["permanent_failure", "temporary_failure", "sent"]


def test_an_email_refused_for_days_is_given_up(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    letter_to(office, "defer-452@example.vn")
    sending, waits = worker(office, mailbox.port), []
    while sending.step():
        [delivery] = office.deliveries()
        if delivery.next_attempt_at is not None:
            waits.append(delivery.next_attempt_at - datetime.now(UTC))
            clock.move_to(delivery.next_attempt_at)
    assert delivery.status == "permanent_failure" and "given up after 9 attempts" in (delivery.problem or "")
    assert waits == sorted(waits) and waits[0] == timedelta(minutes=1) and waits[-1] == timedelta(days=1)


def test_a_clock_put_back_does_not_lengthen_the_pause_of_a_server_that_was_down(
    office: Office, tmp_path: Path, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_worker, "PAUSE", timedelta(seconds=0.05))
    port = free_port()
    for number in range(2):
        letter_to(office, "mau@example.vn", f"applications:{number}")
    sending = worker(office, port)
    assert sending.step() == 1
    clock.shift(-3600)  # an hour ahead, then corrected
    server = mail_server.MailServer(tmp_path, port)
    try:
        until = time.monotonic() + 60
        while not (sent := sending.step()):
            assert time.monotonic() < until, "the pause goes by a clock that was put back"
        assert sent == 1
    finally:
        server.stop()


def test_a_server_that_is_down_is_left_alone_and_the_mail_goes_out_when_it_is_back(
    office: Office, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    port = free_port()
    for number in range(3):
        letter_to(office, "mau@example.vn", f"applications:{number}")
    sending = worker(office, port)
    assert sending.step() == 1  # the first mail finds nobody there; the others are not tried
    assert [delivery.attempts for delivery in office.deliveries()] == [1, 0, 0]
    clock.shift(10)
    assert sending.step() == 0
    server = mail_server.MailServer(tmp_path, port)
    try:
        clock.shift(60)
        assert sending.step() == 3
        assert len(server.mails()) == 3
    finally:
        server.stop()


def test_a_server_that_is_too_slow_counts_as_no_answer(office: Office, mailbox: mail_server.MailServer) -> None:
    letter_to(office, "slow-2@example.vn")
    worker(office, mailbox.port, timeout=0.5).step()
    [delivery] = office.deliveries()
    assert delivery.status == "temporary_failure" and "timed out" in (delivery.problem or "")


def test_a_connection_lost_after_the_email_means_a_repeat_under_the_same_id(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    letter_to(office, "drop@example.vn")
    sending = worker(office, mailbox.port)
    sending.step()
    assert office.deliveries()[0].status == "temporary_failure"
    clock.shift(60)
    sending.step()
    assert office.deliveries()[0].status == "sent"
    assert received(mailbox, office) == 2  # at least once, and the receiver can see that both are one


def test_an_intent_without_result_is_found_and_sent_again(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    letter_to(office, "mau@example.vn")
    sending = worker(office, mailbox.port)
    sending._begin_attempt(office.deliveries()[0].id)  # and here the process dies
    later = worker(office, mailbox.port)
    assert later.step() == 0, "the attempt may still be under way"
    clock.shift(LEASE + timedelta(seconds=1))
    later.step()
    assert [attempt.outcome for attempt in office.attempts()] == ["temporary_failure"]
    clock.shift(60)
    later.step()
    assert [attempt.outcome for attempt in office.attempts()] == ["temporary_failure", "sent"]
    assert received(mailbox, office) == 1


def test_a_later_attempt_keeps_the_quiet_hours_too(
    office: Office, mailbox: mail_server.MailServer, clock: time_machine.Traveller
) -> None:
    night = {"quiet_hours": {"from": "10:01", "until": "12:00"}}  # it is 10:00 in Viet Nam
    office.preferences.set_preferences(night, by=CITIZEN, command=command())
    letter_to(office, "greylist@quiet.example.vn")
    worker(office, mailbox.port).step()
    assert office.deliveries()[0].next_attempt_at == datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@given(name=st.text(max_size=40), address=st.text(max_size=40), subject=st.text(max_size=40), body=st.text(max_size=99))
def test_any_text_and_address_is_sent_or_given_up_and_never_a_failure(
    tmp_path_factory: pytest.TempPathFactory, name: str, address: str, subject: str, body: str
) -> None:
    carrier = FolderCarrier(tmp_path_factory.getbasetemp(), "no-reply@portal.example.vn")
    with carrier.open() as carry:
        assert carry(OutgoingMessage("any", address, name, subject, body, "vi")).status in {"sent", "permanent_failure"}


def test_what_is_given_up_is_counted_and_logged_without_the_address(
    office: Office, mailbox: mail_server.MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = abandoned_deliveries.labels("email")._value.get()
    letter_to(office, "defer-550@example.vn")
    worker(office, mailbox.port).step()
    assert abandoned_deliveries.labels("email")._value.get() == before + 1
    text = "".join(capsys.readouterr())
    assert office.deliveries()[0].id in text and "example.vn" not in text


def test_the_embedded_default_writes_emails_into_a_folder(office: Office, tmp_path: Path) -> None:
    carrier = mail_carrier_of(Settings({"PORTAL_HOME": str(tmp_path)}))
    assert isinstance(carrier, FolderCarrier)
    letter_to(office, "mau@example.vn")
    assert DeliveryWorker(office.database, carrier).step() == 1
    [text] = (tmp_path / "outgoing-mail").iterdir()
    assert text.stem == office.deliveries()[0].id and office.deliveries()[0].status == "sent"
