"""E-mails and texts with a code: encrypted until they go out, emptied after, and to whom identity says."""

from datetime import UTC, datetime

import pytest

from infra.chassis.encryption import Encryption
from infra.chassis.refusals import NotFound
from infra.sandbox.sms_provider import serve
from services.notifications.code_mail import EVENT, CodeMailer
from services.notifications.code_texts import BODIES, SUBJECTS, TEXTS_OF_SMS
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.domain import delivery as states
from services.notifications.mail_carrier import MailCarrier, MailServer
from services.notifications.sms_carrier import SmsCarrier, SmsGateway
from tests.component.notifications import mail_server
from tests.component.notifications.use_cases import Office
from tests.support.cloud_events import event_of

ENCRYPTION = Encryption(["a key for the codes of these tests!!"], "messages with codes")
CODE, ADDRESS = "K7QX-2MND-R4TZ", "mau@example.vn"
DATA = {"request_id": "r", "kind": "password_reset", "at": "2026-03-02T02:15:00+00:00"}
REQUESTED = event_of("identity:7", DATA, EVENT)


class ContactCodeNotFound(NotFound):
    """As identity refuses."""


class Identity:
    """What identity answers; nothing once the code is over."""

    def __init__(self, purpose="password_reset", code=CODE, over=False, phone=None):
        self.purpose, self.code, self.over = purpose, code, over
        self.sent_to = {"email": "", "phone": phone} if phone else {"email": ADDRESS}

    def code_message(self, *, request_id):
        if self.over:
            raise ContactCodeNotFound(request_id=request_id)
        return {
            "purpose": self.purpose, "account_id": "a", **self.sent_to, "full_name": "Nguyễn Thị Mẫu",
            "language": "vi", "code": self.code, "expires_at": datetime(2026, 3, 2, 2, 45, tzinfo=UTC).isoformat(),
        }  # fmt: skip


@pytest.fixture
def mailer(office):
    return CodeMailer(office.database, ENCRYPTION)


def worker(office: Office, port: int) -> DeliveryWorker:
    carrier = MailCarrier(MailServer.of(f"smtp://127.0.0.1:{port}"), "Cổng <no-reply@portal.example.vn>", 5.0)
    return DeliveryWorker(office.database, carrier, ENCRYPTION)


def test_a_code_goes_out_once_and_nothing_of_it_stays(office, mailer, tmp_path):
    for _ in range(2):
        mailer.write(REQUESTED, identity=Identity())
    (waiting,) = office.deliveries()
    assert CODE not in waiting.body and waiting.recipient == ADDRESS
    with mail_server.running(tmp_path) as server:
        assert worker(office, server.port).step() == 1
        (mail,) = server.mails()
        assert CODE in mail.get_content() and ADDRESS in mail["To"] and "09:45 02/03/2026" in mail.get_content()
    (sent,) = office.deliveries()
    assert sent.status == states.SENT and ADDRESS not in sent.recipient and sent.body == "–"


def test_a_mail_server_that_is_away_gets_it_later(office, mailer, tmp_path):
    mailer.write(REQUESTED, identity=Identity())
    worker(office, 9).step()
    (waiting,) = office.deliveries()
    assert waiting.status == states.TEMPORARY_FAILURE and waiting.recipient == ADDRESS and CODE not in waiting.body


def test_a_code_that_is_over_is_not_sent(office, mailer):
    mailer.write(REQUESTED, identity=Identity(over=True))
    assert office.deliveries() == []


@pytest.mark.parametrize("purpose", sorted(BODIES))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_purpose_has_its_words(purpose, language):
    body = BODIES[purpose][language]
    assert SUBJECTS[purpose][language] and ("{code}" in body) == (
        purpose not in {"already_registered", "contact_changed"}
    )


def test_an_owner_is_warned_without_a_code(office, mailer):
    mailer.write(REQUESTED, identity=Identity("already_registered", None))
    (waiting,) = office.deliveries()
    assert "None" not in ENCRYPTION.decrypt(waiting.body)


def test_a_code_goes_to_a_telephone_as_a_text_and_nothing_of_it_stays(office):
    phone = "+84901234567"
    mailer = CodeMailer(office.database, ENCRYPTION, sms=True)
    mailer.write(REQUESTED, identity=Identity("contact_change", phone=phone))
    (waiting,) = office.deliveries()
    assert (waiting.channel, waiting.recipient) == ("sms", phone) and CODE not in waiting.body
    gateway = serve(token="only a test")
    try:
        carrier = SmsCarrier(SmsGateway.of(gateway.url, "only a test", "DICHVUCONG"))
        assert DeliveryWorker(office.database, carrier, ENCRYPTION).step() == 1
        (text,) = gateway.all()
    finally:
        gateway.stop()
    assert text["to"] == phone and CODE in text["text"] and text["text"].isascii() and len(text["text"]) <= 160
    (sent,) = office.deliveries()
    assert sent.status == states.SENT and phone not in sent.recipient and sent.body == "–"


@pytest.mark.parametrize(("sms", "phone"), [(False, "+84901234567"), (True, "+842438251234")])
def test_no_code_is_written_where_no_text_arrives(office, sms, phone):
    CodeMailer(office.database, ENCRYPTION, sms=sms).write(REQUESTED, identity=Identity("contact_change", phone=phone))
    assert office.deliveries() == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_texts_have_words_that_every_telephone_shows(language):
    assert TEXTS_OF_SMS["contact_change"][language].isascii() and "{code}" in TEXTS_OF_SMS["contact_change"][language]
