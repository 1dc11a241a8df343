"""Recall, update and replacement: asked for, answered, and never without the receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra.chassis.refusals import Forbidden, InvalidRequest
from services.interchange.documents.changes import DocumentChanges
from services.interchange.errors import (
    AttachmentNotFound,
    DocumentNotFound,
    DocumentNumberUsed,
    TransitionNotAllowed,
)
from tests.component.interchange.correspondents import (
    DOCUMENT,
    OFFICER_OF,
    RECEIVER,
    RECEIVER_AGENCY,
    SENDER,
    SENDER_AGENCY,
    THIRD,
    THIRD_PARTY,
    AgencyRegister,
    Offices,
    command,
    file_with,
)

WHY = "Ban hành nhầm"


class ChangingOffices(Offices):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.changes = DocumentChanges.from_settings(self.settings)

    def recall(self, document_id: str, *agencies: str, by: Any = SENDER) -> dict[str, str]:
        return outcomes(self.changes.recall(document_id, WHY, agencies or None, by=by, command=command(by)))

    def update(self, document_id: str, *, add: Any = (), remove: Any = (), files: Any = (), **changes: Any) -> Any:
        document = {**DOCUMENT, "subject": "V/v xác minh (đính chính)", **changes}
        return outcomes(
            self.changes.update(
                document_id, document, files, WHY, add, remove, catalog=AgencyRegister(), by=SENDER,
                command=command(SENDER),
            )
        )  # fmt: skip

    def replace(self, document_id: str, **changes: Any) -> dict[str, Any]:
        document = {**DOCUMENT, "number": "14", **changes}
        return self.changes.replace(document_id, document, [file_with(b"moi")], WHY, by=SENDER, command=command(SENDER))

    def answer(self, document_id: str, agree: bool, agency: str = RECEIVER_AGENCY) -> dict[str, Any]:
        by = OFFICER_OF[agency]
        return self.changes.answer(document_id, agency, agree, None, by=by, command=command(by))


def outcomes(reply: dict[str, Any]) -> dict[str, str]:
    return {row["agency_code"]: row["outcome"] for row in reply["receivers"]}


@pytest.fixture
def offices(tmp_path: Path) -> ChangingOffices:
    return ChangingOffices(tmp_path)


def test_a_recall_is_asked_of_each_receiver_and_each_answers_for_itself(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    offices.respond(document_id, "accepted")
    assert offices.recall(document_id) == {RECEIVER_AGENCY: "requested", THIRD: "requested"}
    assert {row["status_code"] for row in offices.outbox()[0]["receivers"]} == {"103"}
    assert offices.answer(document_id, True)["status_code"] == "13"
    assert offices.answer(document_id, False, THIRD)["status"] == "arrived"
    history = offices.standing(document_id)["history"]
    assert [step["status_code"] for step in history] == [None, "01", "03", "103", "15"]
    assert history[3]["reason"] == WHY
    assert offices.inbox()[0]["subject"], "what was recalled stays readable"


def test_a_recall_of_what_is_finished_is_recorded_and_declined(offices: ChangingOffices) -> None:
    document_id = offices.send()["document_id"]
    offices.respond(document_id, "accepted", "finished")
    assert offices.recall(document_id) == {RECEIVER_AGENCY: "declined"}
    standing = offices.standing(document_id)
    assert (standing["status"], [step["status_code"] for step in standing["history"]][-2:]) == (
        "finished",
        ["103", "16"],
    )


def test_while_a_request_waits_nothing_else_goes_on(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    offices.recall(document_id, THIRD)
    for act in (
        lambda: offices.respond(document_id, "accepted", agency=THIRD), lambda: offices.recall(document_id),
        lambda: offices.update(document_id), lambda: offices.replace(document_id),
    ):  # fmt: skip
        with pytest.raises(TransitionNotAllowed):
            act()
    offices.respond(document_id, "accepted")
    assert len(offices.outbox()) == 1, "what was refused left nothing"


def test_an_update_is_shown_to_whoever_agrees_and_the_old_version_to_the_others(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    new_file = file_with(b"dinh chinh")
    offices.update(document_id, due_date="2026-04-01", files=[new_file])
    view = offices.enquiries.document(document_id, None, by=RECEIVER)
    assert (view["content_version"], view["pending_request"]["request"]) == (1, "update")
    proposed = view["pending_request"]["document"]
    assert proposed["subject"] == "V/v xác minh (đính chính)"
    file_id = proposed["attachments"][0]["attachment_id"]
    assert offices.enquiries.attachment(document_id, file_id, by=RECEIVER)["file_name"] == "phu-luc.pdf"
    offices.answer(document_id, True)
    offices.answer(document_id, False, THIRD)
    subjects = [offices.inbox(agency)[0]["subject"] for agency in (RECEIVER_AGENCY, THIRD)]
    assert subjects == ["V/v xác minh (đính chính)", DOCUMENT["subject"]]
    due = {row["agency_code"]: row["due_on"] for row in offices.outbox()[0]["receivers"]}
    assert due == {RECEIVER_AGENCY: "2026-04-01", THIRD: "2026-03-09"}
    with pytest.raises(AttachmentNotFound):
        offices.enquiries.attachment(document_id, file_id, by=THIRD_PARTY)
    assert offices.send(RECEIVER_AGENCY)["receivers"][0]["outcome"] == "unchanged", "the first version again is known"


def test_who_is_added_gets_the_new_version_and_who_is_removed_is_asked_for_a_recall(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY)["document_id"]
    assert offices.update(document_id, add=[THIRD], remove=[RECEIVER_AGENCY]) == {
        RECEIVER_AGENCY: "requested", THIRD: "sent",
    }  # fmt: skip
    assert offices.standing(document_id)["pending"] == "recall"
    assert offices.inbox(THIRD)[0]["subject"] == "V/v xác minh (đính chính)"


def test_a_replacement_comes_when_it_is_agreed_to_and_the_old_document_is_marked(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY, THIRD)["document_id"]
    offices.respond(document_id, "accepted")
    reply = offices.replace(document_id)
    replacement_id = reply["replacement_id"]
    proposed = offices.enquiries.document(document_id, None, by=RECEIVER)["pending_request"]["document"]
    file_id = proposed["attachments"][0]["attachment_id"]
    assert offices.enquiries.attachment(document_id, file_id, by=RECEIVER)["file_name"] == "phu-luc.pdf"
    assert [row["document_id"] for row in offices.inbox()] == [document_id]
    assert offices.answer(document_id, True)["superseded_by"] == replacement_id
    offices.answer(document_id, False, THIRD)
    assert {row["document_id"]: row["status"] for row in offices.inbox()} == {
        document_id: "superseded", replacement_id: "arrived",
    }  # fmt: skip
    assert [row["document_id"] for row in offices.inbox(THIRD)] == [document_id]
    assert offices.enquiries.document(document_id, None, by=RECEIVER)["document"]["subject"] == DOCUMENT["subject"]
    assert offices.enquiries.document(replacement_id, None, by=RECEIVER)["replaces"] == document_id
    with pytest.raises(AttachmentNotFound):
        offices.enquiries.attachment(document_id, file_id, by=THIRD_PARTY)


def test_who_refused_a_document_gets_its_replacement_at_once(offices: ChangingOffices) -> None:
    document_id = offices.send()["document_id"]
    offices.respond(document_id, "refused", reason="Thiếu phụ lục")
    assert outcomes(offices.replace(document_id)) == {RECEIVER_AGENCY: "sent"}
    assert {row["status"] for row in offices.inbox()} == {"refused", "arrived"}


def test_a_request_that_nobody_is_left_to_answer_is_refused(offices: ChangingOffices) -> None:
    document_id = offices.send()["document_id"]
    offices.respond(document_id, "refused", reason="Gửi nhầm")
    for act in (offices.recall, offices.update):
        with pytest.raises(TransitionNotAllowed):
            act(document_id)
    assert len(offices.store.notifications(0, 10)) == 3


def test_an_update_keeps_the_number_and_a_replacement_has_one_of_its_own(offices: ChangingOffices) -> None:
    document_id = offices.send()["document_id"]
    with pytest.raises(InvalidRequest):
        offices.update(document_id, number="99")
    with pytest.raises(DocumentNumberUsed):
        offices.replace(document_id, number="12")


def test_only_the_sender_asks_only_the_receiver_answers_and_only_what_was_asked(offices: ChangingOffices) -> None:
    document_id = offices.send(RECEIVER_AGENCY)["document_id"]
    with pytest.raises(DocumentNotFound):
        offices.recall(document_id, by=RECEIVER)
    with pytest.raises(DocumentNotFound):
        offices.recall(str(uuid4()))
    with pytest.raises(InvalidRequest):
        offices.recall(document_id, THIRD)
    with pytest.raises(TransitionNotAllowed):
        offices.answer(document_id, True)
    offices.recall(document_id)
    with pytest.raises(Forbidden):
        offices.changes.answer(document_id, RECEIVER_AGENCY, True, None, by=SENDER, command=command(SENDER))
    with pytest.raises(DocumentNotFound):
        offices.answer(document_id, True, SENDER_AGENCY)
