"""The doors from outside, events off the wire, e-mails out: embedded and on real servers."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
from nameko.exceptions import RemoteError

from infra.sandbox.sms_provider import SmsProvider
from tests.component.notifications.mail_server import MailServer
from tests.service.notifications.installation import Portal, StandIn, command_id, eventually
from tests.unit.notifications.builders import event


def refusal(call: Any, **arguments: Any) -> RemoteError:
    with pytest.raises(RemoteError) as refused:
        call(**arguments)
    return refused.value


def test_an_event_becomes_a_message_and_an_email(portal: Portal, mailbox: MailServer) -> None:
    for _ in range(2):
        portal.tell(event("application_accepted.v1", "applications:1"))
    portal.tell(event("payment_settled.v1", "payments:1"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 2)
        items = {item["key"]: item for item in mine.inbox(limit=1)["items"] + mine.inbox()["items"]}
        assert set(items) == {"application_accepted", "payment_settled"}
        assert "16:00 ngày 25/11/2026" in items["application_accepted"]["body"]
        read = mine.mark_read(message_id=items["payment_settled"]["message_id"], command_id=command_id())
        assert read["read_at"] and mine.inbox(unread=True)["unread"] == 1
        eventually(lambda: len(mailbox.mails()) == 2 or (portal.follower.once() and False))
        [sent] = mine.deliveries(message_id=items["application_accepted"]["message_id"])["items"]
        assert (sent["status"], sent["recipient"], len(sent["attempts"])) == ("sent", "m***@example.vn", 1)


def test_what_must_be_acted_on_becomes_a_text_too(portal: Portal, texts: SmsProvider) -> None:
    portal.tell(event("supplement_requested.v1", "applications:1"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 1)
        eventually(lambda: texts.all() or (portal.follower.once() and False))
        [message] = mine.inbox()["items"]
        sent = {item["channel"]: item for item in mine.deliveries(message_id=message["message_id"])["items"]}
        assert (sent["sms"]["status"], sent["sms"]["recipient"]) == ("sent", "+84***567") and "email" in sent
        mine.set_preferences(preferences={"sms": False}, command_id=command_id())
    portal.tell(event("supplement_requested.v1", "applications:2"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 2)
    portal.follower.once()
    assert [(text["to"], text["puts"]) for text in texts.all()] == [("+84901234567", 1)]


def test_an_event_whose_citizen_cannot_be_looked_up_is_tried_again(portal: Portal) -> None:
    StandIn.silent_for = 2
    portal.tell(event("application_approved.v1", "applications:5"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 1)
    assert StandIn.silent_for == 0


def test_pages_go_on_where_the_last_one_ended(portal: Portal) -> None:
    for number in range(5):
        portal.tell(event("application_approved.v1", f"applications:{number}"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 5)
        first = mine.inbox(limit=3)
        second = mine.inbox(limit=3, cursor=first["next_cursor"])
        assert len({item["message_id"] for item in first["items"] + second["items"]}) == 5
        assert second["next_cursor"] is None


def test_two_persons_publish_the_next_version_of_a_text(portal: Portal) -> None:
    which = {"key": "application_approved", "channel": "inbox", "language": "vi"}
    with portal.calling("operator") as client:
        request = client.publish_template(
            **which, subject="Tin vui về {{ reference }}", body="Đã phê duyệt.", command_id=command_id()
        )
        decision = {"request_id": request["request_id"], "command_id": command_id()}
        assert refusal(client.approve_template, **decision).exc_type == "SecondPersonNeeded"
    with portal.calling("catalog_editor", account_id=str(uuid4())) as second:
        assert second.approve_template(**decision)["version"] == 2
    with portal.calling("operator") as client:
        assert client.preview(**which, facts={"reference": "R1"}) == {
            "subject": "Tin vui về R1",
            "body": "Đã phê duyệt.",
            "version": 2,
        }
        texts = {(item["key"], item["channel"], item["language"]) for item in client.templates()["items"]}
        assert len({key for key, channel, _ in texts if channel == "inbox"}) == len({key for key, _, _ in texts})
        assert {channel for _, channel, _ in texts} == {"inbox", "email", "sms"}
    portal.tell(event("application_approved.v1", "applications:1"))
    with portal.calling("citizen") as mine:
        eventually(lambda: mine.inbox()["unread"] == 1)
        [message] = mine.inbox()["items"]
        assert (message["subject"], message["template_version"]) == ("Tin vui về H01.01-261120-0001", 2)


def test_refusals_have_names_and_pointers(portal: Portal) -> None:
    somebody = str(uuid4())
    with portal.calling("citizen") as mine:
        assert refusal(mine.mark_read, message_id=somebody, command_id=command_id()).exc_type == "MessageNotFound"
        assert refusal(mine.templates).exc_type == "Forbidden"
        wrong = refusal(mine.inbox, limit=0, surplus=1)
        assert wrong.exc_type == "InvalidRequest" and "/limit" in str(wrong) and "/surplus" in str(wrong)
        assert "/cursor" in str(refusal(mine.inbox, cursor="nonsense"))
        once = command_id()
        mine.set_preferences(preferences={"email": False}, command_id=once)
        assert mine.set_preferences(preferences={"email": False}, command_id=once)["email"] is False
        again = refusal(mine.set_preferences, preferences={"email": True}, command_id=once)
        assert again.exc_type == "CommandIdReused"
    with portal.calling() as nobody:
        assert refusal(nobody.inbox).exc_type == "Unauthenticated"
        parameters = {"delivery_id": somebody, "event": "delivered", "at": "2026-11-20T02:30:00Z", "signature": "00"}
        report = refusal(nobody.delivery_report, provider="post", parameters=parameters)
        assert report.exc_type == "DeliveryReportNotGenuine"
    with portal.calling("operator", language="en") as client:
        refused = refusal(client.preview, key="application_approved", channel="inbox", language="en", facts={})
        assert refused.exc_type == "TemplateFactMissing" and "needs the fact 'reference'" in str(refused)


def test_ten_megabytes_are_refused_for_less_than_a_second_of_processor_time(portal: Portal) -> None:
    with portal.calling("operator") as client:
        which = {"key": "application_approved", "channel": "inbox", "language": "vi", "command_id": command_id()}
        started = time.process_time()
        wrong = refusal(client.publish_template, **which, subject="x", body="x" * 10_000_000)
        assert wrong.exc_type == "InvalidRequest" and "/body" in str(wrong)
        assert time.process_time() - started < 1.0
