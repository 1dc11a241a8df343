"""What a citizen is notified of, in which words, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.refusals import ServiceUnavailable
from services.notifications.errors import DeliveryNotFound
from services.notifications.messages import MESSAGE_KINDS
from tests.component.notifications.use_cases import Office
from tests.support.cloud_events import event_of
from tests.unit.notifications.actors import CITIZEN, OPERATOR
from tests.unit.notifications.builders import CONTRACT, command, event
from tests.unit.notifications.fakes import Catalogue, Directory

INTERNAL = {
    "answers_saved.v1",
    "application_attached.v1",
    "application_detached.v1",
    "consultation_requested.v1",
    "consultation_answered.v1",
    "outcome_proposed.v1",
    "proposal_returned.v1",
    "application_due_soon.v1",
    "application_read.v1",
    "subject_erased.v1",
    "contact_code_requested.v1",
}


@pytest.mark.parametrize("event_type", sorted(MESSAGE_KINDS))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_event_is_one_message_in_the_citizens_language(office: Office, event_type: str, language: str) -> None:
    office.receive(event(event_type), Directory(language))
    [message] = office.messages()
    assert (message.account_id, message.language, message.template_version) == (CITIZEN.account_id, language, 1)
    assert message.subject and "H01.01-261120-0001" in message.subject + message.body
    assert "{" not in message.subject + message.body and "None" not in message.body


@pytest.mark.parametrize("event_type", sorted(MESSAGE_KINDS))
def test_an_email_says_what_the_inbox_says_and_greets_by_name(office: Office, event_type: str) -> None:
    office.receive(event(event_type))
    [message] = office.messages()
    mails = office.deliveries()
    assert len(mails) == int(MESSAGE_KINDS[event_type].email)
    for mail in mails:
        assert mail.subject == message.subject and message.body in mail.body
        assert mail.body.startswith("Kính gửi Nguyễn Thị Mẫu,") and mail.recipient == "mau@example.vn"


def test_the_same_event_twice_is_one_message(office: Office) -> None:
    for _ in range(3):
        office.receive(event("application_approved.v1", "applications:7"))
    assert len(office.messages()) == 1 and len(office.deliveries()) == 1


def test_a_delivery_that_fails_leaves_no_message_behind(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no paper")

    monkeypatch.setattr("services.notifications.message_writer._delivery", broken)
    with pytest.raises(RuntimeError):
        office.receive(event("application_approved.v1"))
    assert office.messages() == []
    monkeypatch.undo()
    office.receive(event("application_approved.v1"))
    assert len(office.messages()) == 1


def test_nobody_is_written_to_about_the_offices_own_business() -> None:
    consumed = {name.partition("/")[2] for name in CONTRACT["consumes"]}
    assert not INTERNAL & set(MESSAGE_KINDS)
    assert consumed - set(MESSAGE_KINDS) == {"subject_erased.v1", "contact_code_requested.v1"}


def test_vietnamese_is_spoken_when_the_language_is_not_known(office: Office) -> None:
    office.receive(event("application_approved.v1"), Directory("fr"))
    assert office.messages()[0].language == "vi"


def test_dates_and_money_are_written_as_in_viet_nam(office: Office) -> None:
    office.receive(event("application_accepted.v1", "applications:1"))
    office.receive(event("application_submitted.v1", "applications:2"))
    accepted, submitted = office.messages()
    assert "16:00 ngày 25/11/2026" in accepted.body and "hẹn trả 25/11/2026" in accepted.subject
    assert "135.000\N{NO-BREAK SPACE}₫" in submitted.body


def test_the_marks_of_a_supplement_are_listed_by_name(office: Office) -> None:
    office.receive(event("supplement_requested.v1", "applications:1"))
    office.receive(event("supplement_requested.v1", "applications:2"), Directory("en"))
    vi, en = (message.body for message in office.messages())
    assert "- Giấy chứng sinh: Ảnh bị mờ, cần chụp lại." in vi and "- Họ và tên: Sai dấu." in vi
    assert "- Birth notification: Ảnh bị mờ, cần chụp lại." in en and "- Full name: Sai dấu." in en


def test_a_mark_on_something_without_a_name_says_where_it_is(office: Office) -> None:
    marks = [
        {"requirement": "khac", "problem": "Thiếu."},
        {"pointer": "/answers/khac/0", "problem": "Sai."},
        {"field": "ho_ten"},
        {"attachment_id": "7", "problem": "Hỏng."},
    ]
    office.receive(event("supplement_requested.v1", marks=marks))
    body = office.messages()[0].body
    assert all(
        line in body
        for line in ("- khac: Thiếu.", "- /answers/khac/0: Sai.", "- Họ và tên: ", "- Giấy tờ đính kèm: Hỏng.")
    )


def test_procedures_are_called_by_name_and_fetched_once(office: Office) -> None:
    catalogue = Catalogue()
    for number, language in enumerate(("vi", "en", "vi")):
        office.receive(event("application_submitted.v1", f"applications:{number}"), Directory(language), catalogue)
    vi, en, _ = (message.body for message in office.messages())
    assert "“Đăng ký khai sinh”" in vi and "“Birth registration”" in en and catalogue.calls == 1


def test_a_procedure_the_catalogue_does_not_know_is_called_by_its_code(office: Office) -> None:
    office.receive(event("application_submitted.v1"), catalog=Catalogue(is_known=False))
    assert "“1.001193”" in office.messages()[0].body


def test_a_character_no_database_keeps_does_not_stop_a_message(office: Office) -> None:
    office.receive(event("intake_refused.v1", reason="Thiếu\0 giấy."))
    assert "Thiếu giấy." in office.messages()[0].body


def test_the_tracking_number_is_in_the_message(office: Office) -> None:
    office.receive(event("result_returned.v1"))
    assert "qua dịch vụ bưu chính công ích" in office.messages()[0].body
    assert "EX123456785VN" in office.messages()[0].body


@pytest.mark.parametrize("event_type", sorted(MESSAGE_KINDS))
def test_optional_facts_may_be_missing(office: Office, event_type: str) -> None:
    happening = event(event_type)
    for fact in MESSAGE_KINDS[event_type].optional:
        happening["data"].pop(fact, None)
    office.receive(happening)
    assert len(office.messages()) == 1


def test_a_payment_without_reference_takes_the_one_known_of_its_application(office: Office) -> None:
    office.receive(event("application_submitted.v1", "applications:1", reference="H01.01-261120-0042"))
    office.receive(event("payment_settled.v1", "payments:1", reference=None))
    assert "H01.01-261120-0042" in office.messages()[1].body


def test_without_an_address_there_is_the_inbox_alone(office: Office) -> None:
    office.receive(event("application_approved.v1"), Directory(email=None))
    assert len(office.messages()) == 1 and office.deliveries() == []


def test_an_account_that_is_gone_still_gets_its_record(office: Office) -> None:
    office.receive(event("application_approved.v1"), Directory(is_known=False))
    assert len(office.messages()) == 1 and office.deliveries() == []


def test_while_identity_does_not_answer_nothing_is_written(office: Office) -> None:
    class Silent(Directory):
        def contact(self, *, account_id: str) -> Any:
            raise ServiceUnavailable(service="identity")

    with pytest.raises(ServiceUnavailable):
        office.receive(event("application_approved.v1"), Silent())
    office.receive(event("application_approved.v1"))
    assert len(office.messages()) == 1


def test_erasing_a_subject_takes_texts_and_addresses_and_leaves_the_fact_of_sending(office: Office) -> None:
    office.receive(event("application_approved.v1", "applications:1"))
    office.erase(CITIZEN.account_id)
    [message], [mail] = office.messages(), office.deliveries()
    assert (message.subject, message.body) == ("", "") and message.erased_at is not None
    assert (mail.recipient, mail.recipient_name, mail.body, mail.status) == ("", "", "", "permanent_failure")


def test_after_an_erasure_nobody_is_written_to_and_no_subscriber_is_called(office: Office) -> None:
    happening = {"account_id": CITIZEN.account_id, "application_id": None, "application_ids": [], "erasure_id": "e-1"}
    office.personal_data.note(event_of("applications:beside-1", happening))
    office.receive(event("application_approved.v1", "applications:2"))
    assert (office.messages(), office.deliveries()) == ([], [])


def test_a_call_about_an_erased_person_is_not_made_again(office: Office) -> None:
    expected: dict[str, Any] = {"url": "http://subscriber.example.vn/hook", "event_types": ["application_approved.v1"]}
    office.webhooks.subscribe(**expected, by=OPERATOR, command=command(by=OPERATOR))
    office.receive(event("application_approved.v1", "applications:1"))
    office.erase(CITIZEN.account_id)
    call = next(delivery for delivery in office.deliveries() if delivery.channel == "webhook")
    assert (call.body, call.status, call.recipient) == ("", "permanent_failure", expected["url"])
    with pytest.raises(DeliveryNotFound):
        office.webhooks.redeliver(call.id, by=OPERATOR, command=command(by=OPERATOR))


def test_an_answer_about_an_erased_persons_email_is_not_stored(office: Office) -> None:
    office.receive(event("application_approved.v1", "applications:1"))
    office.erase(CITIZEN.account_id)
    assert office.erase(CITIZEN.account_id).keys() <= {"delivery"}  # again: nothing is found but the empty mail
    assert all(attempt.detail is None for attempt in office.attempts())
