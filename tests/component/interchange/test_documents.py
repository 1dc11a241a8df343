"""Documents between agencies on the real store, on SQLite: sending, statuses that flow back, boxes, erasure."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import AgencyUnknown, CommandIdReused, Forbidden, InvalidRequest
from services.interchange.documents.consignments import consignment_with, receiver_columns
from services.interchange.documents.tables import DocumentReceiver
from services.interchange.domain.document_events import KIND_OF
from services.interchange.errors import (
    AttachmentNotFound,
    DocumentNotFound,
    DocumentNumberUsed,
    ResendLimitReached,
    StreamNotAuthentic,
    TransitionNotAllowed,
)
from services.interchange.personal_data import PersonalData
from tests.component.interchange.correspondents import (
    AUDITOR,
    FILE,
    MERGED,
    RECEIVER,
    RECEIVER_AGENCY,
    REGISTER,
    SENDER,
    SENDER_AGENCY,
    THIRD,
    THIRD_PARTY,
    Offices,
    command,
    file_with,
)


@pytest.fixture
def offices(tmp_path: Path) -> Offices:
    return Offices(tmp_path)


def test_a_document_goes_to_many_and_what_they_do_flows_back_each_step_an_event(offices: Offices) -> None:
    sent = offices.send(RECEIVER_AGENCY, THIRD)
    document_id = sent["document_id"]
    assert [(row["agency_code"], row["outcome"], row["status"]) for row in sent["receivers"]] == [
        (RECEIVER_AGENCY, "sent", "arrived"), (THIRD, "sent", "arrived"),
    ]  # fmt: skip
    receipt = offices.respond(document_id, "03", "assigned", "in_work", "06")
    assert (receipt["status"], receipt["status_code"], receipt["allowed"]) == ("finished", "06", ["reply"])
    offices.respond(document_id, "refused", agency=THIRD, reason="Không thuộc thẩm quyền")
    [row] = offices.outbox()
    assert {item["agency_code"]: item["status_code"] for item in row["receivers"]} == {
        RECEIVER_AGENCY: "06",
        THIRD: "02",
    }
    history = offices.standing(document_id, THIRD)["history"]
    assert [(step["step"], step["status_code"], step["reason"]) for step in history] == [
        ("send", None, None), ("arrive", "01", None), ("refuse", "02", "Không thuộc thẩm quyền"),
    ]  # fmt: skip
    kinds = [KIND_OF[event.topic] for event in offices.store.notifications(0, 100)]
    assert kinds == ["send", "arrive"] * 2 + ["accept", "assign", "begin", "finish", "refuse"]


def test_the_stream_has_nobody_s_words_and_the_row_is_what_the_events_come_to(offices: Offices) -> None:
    document_id = offices.send()["document_id"]
    offices.respond(document_id, "refused", reason="Ông Mẫu không còn cư trú")
    stored = b"".join(bytes(event.state) for event in offices.store.notifications(0, 10)).decode()
    assert "Mẫu" not in stored and "xác minh" not in stored
    with offices.store.database.session() as session:
        row = session.get_one(DocumentReceiver, (document_id, RECEIVER_AGENCY))
        expected = receiver_columns(consignment_with(offices.store, document_id, RECEIVER_AGENCY))
        assert {name: getattr(row, name) for name in expected} == expected


def test_the_same_command_has_one_effect_and_its_id_serves_no_other(offices: Offices) -> None:
    command_id = str(uuid4())
    first, again = (offices.send(command_id=command_id) for _ in range(2))
    assert first == again and len(offices.store.notifications(0, 10)) == 2
    with pytest.raises(CommandIdReused):
        offices.send(command_id=command_id, subject="Khác")


def test_the_same_document_again_goes_to_whom_it_has_not_reached_and_changes_nothing_with_others(
    offices: Offices,
) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    offices.respond(document_id, "refused", reason="Gửi nhầm")
    again = offices.send(RECEIVER_AGENCY, THIRD)
    assert (again["document_id"], [row["outcome"] for row in again["receivers"]]) == (
        document_id, ["sent_again", "unchanged"],
    )  # fmt: skip


def test_a_number_is_used_for_one_content_alone(offices: Offices) -> None:
    offices.send()
    for changes in ({"subject": "Khác"}, {"files": (file_with(b"khac"),)}):
        with pytest.raises(DocumentNumberUsed):
            offices.send(**changes)


def test_what_is_refused_five_times_is_not_sent_again(offices: Offices) -> None:
    for _ in range(5):
        document_id = offices.send()["document_id"]
        offices.respond(document_id, "02", reason="Không đúng nơi nhận")
    with pytest.raises(ResendLimitReached):
        offices.send()
    assert offices.standing(document_id)["sendings"] == 5


def test_a_document_for_an_agency_that_was_merged_goes_to_whoever_carries_on_its_work(offices: Offices) -> None:
    assert [row["agency_code"] for row in offices.send(MERGED, THIRD)["receivers"]] == [THIRD]


@pytest.mark.parametrize("to", [("H99.99",), (RECEIVER_AGENCY, "H99.99"), (SENDER_AGENCY,)])
def test_nothing_is_sent_to_an_agency_that_nobody_knows_or_to_oneself(offices: Offices, to: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest):
        offices.send(*to)
    assert offices.outbox() == []


def test_only_officers_of_an_agency_act_for_it(offices: Offices) -> None:
    document_id = offices.send()["document_id"]
    for by, agency in ((SENDER, RECEIVER_AGENCY), (THIRD_PARTY, RECEIVER_AGENCY)):
        with pytest.raises(Forbidden):
            offices.respond(document_id, "accepted", agency=agency, by=by)
    with pytest.raises(Forbidden):
        offices.send(by=RECEIVER)
    with pytest.raises(DocumentNotFound):
        offices.respond(document_id, "accepted", agency=THIRD)


def test_a_refusal_says_why_and_what_is_out_of_order_is_refused(offices: Offices) -> None:
    document_id = offices.send()["document_id"]
    with pytest.raises(InvalidRequest):
        offices.respond(document_id, "refused", reason="  ")
    with pytest.raises(TransitionNotAllowed):
        offices.respond(document_id, "finished")
    offices.respond(document_id, "accepted")
    with pytest.raises(TransitionNotAllowed) as refused:
        offices.respond(document_id, "refused", reason="Muộn")
    assert "assign" in refused.value.text("en")


def test_each_sees_what_it_has_a_part_in(offices: Offices) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    views = {name: offices.enquiries.document(document_id, None, by=by)
             for name, by in (("sender", SENDER), ("receiver", RECEIVER), ("auditor", AUDITOR))}  # fmt: skip
    assert {name: [row["agency_code"] for row in view["receivers"]] for name, view in views.items()} == {
        "sender": [RECEIVER_AGENCY, THIRD], "receiver": [RECEIVER_AGENCY], "auditor": [RECEIVER_AGENCY, THIRD],
    }  # fmt: skip
    assert "history" in views["receiver"] and "history" not in views["sender"]
    stranger = Actor(str(uuid4()), agencies={"H77": frozenset({"approver"})})
    with pytest.raises(DocumentNotFound):
        offices.enquiries.document(document_id, None, by=stranger)
    with pytest.raises(Forbidden):
        offices.boxes.documents(SENDER_AGENCY, "out", None, 10, None, catalog=REGISTER, by=stranger)


def test_files_come_with_the_document_and_are_read_by_those_who_have_a_part_in_it(offices: Offices) -> None:
    document_id = offices.send(files=(FILE, file_with(b"hai")))["document_id"]
    files = offices.enquiries.document(document_id, None, by=RECEIVER)["document"]["attachments"]
    assert [(row["file_name"], row["size"]) for row in files] == [("cong-van.pdf", 9), ("phu-luc.pdf", 3)]
    opened = offices.enquiries.attachment(document_id, files[1]["attachment_id"], by=RECEIVER)
    assert base64.b64decode(opened["content_base64"]) == b"hai" and opened["sha256"] == files[1]["sha256"]
    with pytest.raises(AttachmentNotFound):
        offices.enquiries.attachment(document_id, str(uuid4()), by=RECEIVER)
    with pytest.raises(DocumentNotFound):
        offices.enquiries.attachment(document_id, files[0]["attachment_id"], by=THIRD_PARTY)
    with pytest.raises(InvalidRequest):
        offices.send(number="13", files=({**FILE, "content_base64": "!!"},))


def test_an_answering_document_is_linked_to_what_it_answers(offices: Offices) -> None:
    due = (clock.now() + timedelta(days=3)).date().isoformat()
    original = offices.send(due_date=due)["document_id"]
    offices.respond(original, "accepted")
    answered = {"agency_code": SENDER_AGENCY, "number": "12", "notation": "TTPVHCC-NV", "date": "2026-03-02"}
    own: dict[str, Any] = {"by": RECEIVER, "from_agency": RECEIVER_AGENCY, "number": "5", "due_date": None}
    answer = offices.send(SENDER_AGENCY, response_for=[answered], **own)["document_id"]
    offices.send(SENDER_AGENCY, response_for=[answered], **own)
    standing = offices.standing(original)
    assert standing["replied_on"] is not None and not standing["overdue"]
    replies = offices.enquiries.document(original, None, by=RECEIVER)["replies"]
    assert [reply["document_id"] for reply in replies] == [answer]


@pytest.mark.parametrize(
    ("due", "until"),
    [
        ("2026-03-09", "2026-03-09"),
        ("2026-03-07", "2026-03-09"),
        ("2027-02-06", "2027-02-11"),
        ("2026-01-10", "2026-01-10"),
    ],
)
def test_an_answer_due_on_a_day_without_work_is_due_on_the_next_working_day(
    offices: Offices, due: str, until: str
) -> None:
    document_id = offices.send(date="2026-01-05", due_date=due)["document_id"]
    assert offices.standing(document_id)["due_on"] == until
    assert offices.enquiries.document(document_id, None, by=RECEIVER)["document"]["due_date"] == due


@pytest.mark.parametrize("due", ["2026-03-01", "9000-01-01"])
def test_a_due_date_before_the_document_or_beyond_every_calendar_is_refused(offices: Offices, due: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        offices.send(date="2026-03-02", due_date=due)
    assert refusal.value.facts["problems"][0]["pointer"] == "/document/due_date"


def test_boxes_are_filtered_by_word_or_code_and_paged(offices: Offices) -> None:
    ids = [offices.send(number=str(number))["document_id"] for number in range(1, 6)]
    offices.respond(ids[0], "accepted")
    assert [row["document_id"] for row in offices.inbox(status="03")] == [ids[0]]
    assert [row["document_id"] for row in offices.outbox(status="accepted")] == [ids[0]]
    pages, cursor = [], None
    while True:
        listed = offices.boxes.documents(RECEIVER_AGENCY, "in", None, 2, cursor, catalog=REGISTER, by=RECEIVER)
        pages.append([row["document_id"] for row in listed["items"]])
        if (cursor := listed["next_cursor"]) is None:
            break
    assert [len(part) for part in pages] == [2, 2, 1] and sorted(key for part in pages for key in part) == sorted(ids)
    assert {row["subject"] for row in offices.inbox()} == {"V/v phối hợp xác minh hồ sơ"}


def test_figures_count_what_was_read_in_time_refused_and_overdue(offices: Offices) -> None:
    ids = [offices.send(RECEIVER_AGENCY, THIRD, number=str(number))["document_id"] for number in (1, 2, 3)]
    offices.respond(ids[0], "accepted", "finished")
    offices.respond(ids[1], "refused", reason="Không rõ")
    day = clock.now().astimezone(clock.OFFICE_ZONE).date()
    period = ((day - timedelta(days=1)).isoformat(), (day + timedelta(days=1)).isoformat())
    figures = offices.boxes.figures(RECEIVER_AGENCY, *period, 24, catalog=REGISTER, by=RECEIVER)["in"]
    expected = {"documents": 3, "receivers": 3, "read_in_time": 2, "unread": 1, "refused": 1, "finished": 1, "due": 3}
    assert {name: figures[name] for name in expected} == expected
    out = offices.boxes.figures(SENDER_AGENCY, *period, 24, catalog=REGISTER, by=AUDITOR)["out"]
    assert (out["documents"], out["receivers"], out["unread"]) == (3, 6, 4)
    assert (
        offices.boxes.figures(RECEIVER_AGENCY, "2020-01-01", "2020-12-31", 24, catalog=REGISTER, by=RECEIVER)["in"][
            "documents"
        ]
        == 0
    )
    with pytest.raises(InvalidRequest):
        offices.boxes.figures(RECEIVER_AGENCY, "2020-12-31", "2020-01-01", 24, catalog=REGISTER, by=RECEIVER)


def test_an_event_that_was_not_recorded_here_stops_every_step(offices: Offices) -> None:
    document_id = offices.send()["document_id"]
    with offices.store.database.session() as session:
        session.execute(text("DROP TRIGGER event_mac_is_kept_update"))
        session.execute(text("UPDATE event_mac SET mac = x'00'"))
    with pytest.raises(StreamNotAuthentic):
        offices.respond(document_id, "accepted")


def test_of_an_erased_person_s_documents_the_way_is_left_and_no_word(offices: Offices) -> None:
    application_id = str(uuid4())
    document_id = offices.send(application_ids=[application_id])["document_id"]
    offices.respond(document_id, "refused", reason="Đương sự không cư trú")
    other = offices.send(number="13")["document_id"]
    with offices.store.database.session() as session:
        erasing = PersonalData(offices.store.database)
        removed = erasing.forget(session, str(uuid4()), {application_id})
        again = erasing.forget(session, str(uuid4()), {application_id})
    expected = {"document_content": 1, "document_attachment": 1, "document_words": 1, "document_about": 1}
    assert removed == expected and again == {}
    view = offices.enquiries.document(document_id, None, by=RECEIVER)
    assert view["erased"] and view["document"] == {"attachments": []}
    assert [step["reason"] for step in view["history"]] == [None] * 3
    assert offices.enquiries.document(other, None, by=RECEIVER)["document"]["subject"]
    with pytest.raises(DocumentNumberUsed):
        offices.send(application_ids=[application_id])


def test_a_command_without_effect_leaves_nothing(offices: Offices) -> None:
    with pytest.raises(DocumentNotFound):
        offices.dispatch.respond(
            str(uuid4()), RECEIVER_AGENCY, "accepted", None, None, by=RECEIVER, command=command(RECEIVER)
        )
    assert offices.store.notifications(0, 10) == []


def test_an_auditor_who_names_an_agency_that_nobody_has_recorded_is_told_so(offices: Offices) -> None:
    period = ("2026-01-01", "2026-12-31")
    with pytest.raises(AgencyUnknown):
        offices.boxes.documents("H99.99", "in", None, 10, None, catalog=REGISTER, by=AUDITOR)
    with pytest.raises(AgencyUnknown):
        offices.boxes.figures("H99.99", *period, 24, catalog=REGISTER, by=AUDITOR)
    assert offices.boxes.figures(MERGED, *period, 24, catalog=REGISTER, by=AUDITOR)["in"]["documents"] == 0
