"""Whose inbox it is, what is unread, and how pages go on."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.refusals import CommandIdReused, InvalidRequest
from services.notifications.errors import MessageNotFound
from services.notifications.models import Delivery
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.actors import CITIZEN, OPERATOR, STRANGER
from tests.unit.notifications.builders import command, event


@pytest.fixture
def filled(office: Office) -> Office:
    for number in range(5):
        office.receive(event("application_approved.v1", f"applications:{number}"))
    return office


def test_the_newest_message_comes_first(filled: Office) -> None:
    listed = filled.inbox.inbox(None, 50, None, by=CITIZEN)
    assert [item["message_id"] for item in listed["items"]] == [message.id for message in reversed(filled.messages())]
    assert (listed["next_cursor"], listed["unread"]) == (None, 5)


def test_messages_stand_in_the_order_of_events_not_of_their_arrival(office: Office) -> None:
    for minute in (5, 1, 3, 2, 4):
        office.receive(
            event("application_approved.v1", f"applications:{minute}", at=f"2026-11-20T02:0{minute}:00+00:00")
        )
    first = office.inbox.inbox(None, 3, None, by=CITIZEN)
    rest = office.inbox.inbox(None, 3, first["next_cursor"], by=CITIZEN)
    minutes = [item["happened_at"][14:16] for item in first["items"] + rest["items"]]
    assert minutes == ["05", "04", "03", "02", "01"]


def test_nobody_sees_anothers_messages(filled: Office) -> None:
    assert filled.inbox.inbox(None, 50, None, by=STRANGER) == {"items": [], "next_cursor": None, "unread": 0}
    theirs = filled.messages()[0].id
    for reader in (STRANGER, OPERATOR):
        with pytest.raises(MessageNotFound):
            filled.inbox.mark_read(theirs, by=reader, command=command(by=reader))
    with pytest.raises(MessageNotFound):
        filled.inbox.deliveries(theirs, by=STRANGER)


def test_operators_see_what_became_of_a_message_but_not_to_whom_exactly(filled: Office) -> None:
    [delivery] = filled.inbox.deliveries(filled.messages()[0].id, by=OPERATOR)["items"]
    assert (delivery["recipient"], delivery["status"], delivery["attempts"]) == ("m***@example.vn", "created", [])


def test_a_mail_servers_answer_does_not_give_the_address_away(filled: Office) -> None:
    with filled.database.session() as session:
        fields: Any = {"problem": "550 <mau@example.vn> unknown"}
        session.query(Delivery).update(fields)
    [delivery] = filled.inbox.deliveries(filled.messages()[0].id, by=OPERATOR)["items"]
    assert delivery["problem"] == "550 <m***@example.vn> unknown"


def test_pages_cover_everything_once_even_while_messages_arrive(filled: Office) -> None:
    first = filled.inbox.inbox(None, 2, None, by=CITIZEN)
    filled.receive(event("application_approved.v1", "applications:99"))
    second = filled.inbox.inbox(None, 2, first["next_cursor"], by=CITIZEN)
    third = filled.inbox.inbox(None, 2, second["next_cursor"], by=CITIZEN)
    collected = [item["message_id"] for part in (first, second, third) for item in part["items"]]
    assert len(collected) == len(set(collected)) == 5 and third["next_cursor"] is None


def test_reading_counts_once_and_the_first_time(filled: Office) -> None:
    message_id = filled.messages()[0].id
    first = filled.inbox.mark_read(message_id, by=CITIZEN, command=command())
    assert filled.inbox.mark_read(message_id, by=CITIZEN, command=command()) == first
    assert filled.inbox.inbox(True, 50, None, by=CITIZEN)["unread"] == 4
    assert [item["message_id"] for item in filled.inbox.inbox(False, 50, None, by=CITIZEN)["items"]] == [message_id]
    assert len(filled.inbox.inbox(True, 50, None, by=CITIZEN)["items"]) == 4


def test_the_same_command_id_cannot_mean_another_message(filled: Office) -> None:
    entry, other = (message.id for message in filled.messages()[:2])
    same = "7c1d4e2a-0000-4000-8000-000000000000"
    filled.inbox.mark_read(entry, by=CITIZEN, command=command("mark_read", command_id=same, message_id=entry))
    with pytest.raises(CommandIdReused):
        filled.inbox.mark_read(other, by=CITIZEN, command=command("mark_read", command_id=same, message_id=other))


@pytest.mark.parametrize("cursor", ["", "-1", "1 or 1=1", "٣.٣", "9" * 30, "9" * 18 + ".1", "1.2\n"])
def test_a_cursor_nobody_gave_is_refused_with_a_pointer(filled: Office, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="/cursor"):
        filled.inbox.inbox(None, 50, cursor, by=CITIZEN)
