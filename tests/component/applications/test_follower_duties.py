"""The follower's work: published once, stopped in time, rebuilt alike, erased for good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, text, update

from infra.chassis import clock
from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from infra.chassis.storage.tables import outbox
from services.applications.duties.announcements import WIRE_NAMES, event_data
from services.applications.errors import AlreadyErased, ErasureNeedsTwoPersons, PersonErased, ServiceUnavailable
from services.applications.models import application_view
from services.applications.personal_data import PersonalData
from services.applications.private_data.pending_blobs import OrphanBlobs
from services.applications.private_data.vault import Words
from services.applications.read_model.rebuild import rebuild
from tests.component.applications.use_cases import ENCODED
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading

CANARIES = ("Canary Of Name", "canary-of-reason", "canary-of-address", "canary-of-file.pdf")


def test_a_rebuild_that_asks_first_replays_what_happened_while_somebody_thought(portal):
    key = portal.submitted()
    portal.follow()
    with portal.database.session() as session:
        session.execute(update(application_view).values(status="approved"))

    def thought_over(report) -> bool:
        assert (report["differing"], report["swapped"]) == (1, False)
        portal.filled()  # life goes on meanwhile
        portal.follow()
        return True

    assert rebuild(portal.settings, swap=True, agreed=lambda report: False)["swapped"] is False
    done = rebuild(portal.settings, swap=True, agreed=thought_over)
    assert (done["rows"], done["differing"], done["swapped"]) == (2, 1, True)
    assert portal.store.get(key).status == "submitted" and portal.verified()["first_bad"] is None


def kinds_told(portal):
    with portal.database.session() as session:
        return [
            row.type
            for row in session.execute(select(outbox).order_by(outbox.c.position))
            if row.type.startswith("application_")
        ]


def test_due_soon_and_overdue_are_told_once_whatever_restarts(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        portal.accepted()
        portal.follow()
        for moment in (
            "2026-03-03T02:00:00Z",
            "2026-03-04T11:00:00Z",
            "2026-03-05T09:59:00Z",
            "2026-03-05T10:01:00Z",
            "2026-03-09T02:00:00Z",
        ):
            clock.move_to(moment)
            portal.reminding.step()
            type(portal.reminding)(portal.store).step()
    assert kinds_told(portal) == ["application_due_soon.v1", "application_overdue.v1"]


def test_a_paused_application_is_not_overdue(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        key = portal.in_processing()
        portal.office.request_supplement(key, [], "Bổ sung.", catalog=portal.catalog, **call(actors.CASE))
        portal.follow()
        clock.move_to("2026-03-20T02:00:00Z")
        portal.reminding.step()
    assert kinds_told(portal) == []


@pytest.mark.parametrize(
    ("ask", "cause", "days"), [("request_supplement", "supplement_limit", 32), ("request_payment", "payment_limit", 17)]
)
def test_an_application_nobody_answers_for_is_stopped_by_the_system(portal, ask, cause, days):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        key = portal.in_processing()
        if ask == "request_supplement":
            portal.office.request_supplement(key, [], "Bổ sung.", catalog=portal.catalog, **call(actors.CASE))
        else:
            portal.office.request_payment(
                key, "Phí", amount={"amount": 5, "currency": "VND"}, catalog=portal.catalog, **call(actors.CASE)
            )
        portal.follow()
        assert portal.limits.step() == 0
        clock.shift(days * 86_400)
        assert portal.limits.step() == 1
        portal.follow()
        assert portal.limits.step() == 0
    last = list(portal.store.events(key))[-1]
    assert (portal.status(key), last.cause, last.by["role"]) == ("stopped", cause, "system")


def test_an_answer_that_came_while_the_read_model_was_behind_is_not_stopped(portal):
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        key = portal.in_processing()
        portal.office.request_supplement(key, [], "Bổ sung.", catalog=portal.catalog, **call(actors.CASE))
        portal.follow()
        portal.registry.supplement(key, **call(actors.CITIZEN), **portal.neighbours)
        clock.shift(40 * 86_400)
        assert portal.limits.step() == 0
    assert portal.status(key) == "in_processing"


def test_what_is_told_fits_the_contract_kind_by_kind(portal):
    key = portal.rejected()
    portal.registry.appeal(key, "Căn cứ", **portal.neighbours, **call(actors.CITIZEN))
    portal.decisions.decide_appeal(key, "uphold", "Thiếu căn cứ", catalog=portal.catalog, **call(actors.APPROVER_2))
    portal.office.request_supplement(
        key, [{"requirement": "anh", "problem": "Mờ"}], "Bổ sung", catalog=portal.catalog, **call(actors.CASE)
    )
    portal.registry.request_withdrawal(key, "Thôi", identity=portal.identity, **call(actors.CITIZEN))
    portal.follow()
    contract, collected = contract_of("applications"), set()
    with portal.database.session() as session:
        row = session.execute(select(application_view)).mappings().one()
        for event in portal.store.events(key):
            name = WIRE_NAMES[type(event).__name__]
            assert contract.event(name).problems(event_data(session, event, row)) == [], name
            collected.add(name)
    assert {
        "appeal_upheld.v1",
        "supplement_requested.v1",
        "application_rejected.v1",
        "withdrawal_requested.v1",
    } <= collected


def test_a_changed_read_model_is_found_and_a_rebuild_puts_it_right(portal):
    keys = [portal.approved(), portal.submitted(), portal.started()]
    assert portal.verified()["first_bad"] is None
    with portal.database.session() as session:
        session.execute(
            update(application_view).where(application_view.c.application_id == keys[1]).values(status="approved")
        )
    assert portal.verified()["first_bad"]["application_id"] == keys[1]
    looked = rebuild(portal.settings)
    assert looked["differences"] == [
        {"application_id": keys[1], "live": {"status": "approved"}, "replayed": {"status": "submitted"}}
    ]
    assert portal.verified()["first_bad"] is not None  # only looked
    collected = []
    assert rebuild(portal.settings, swap=True, progress=lambda done, of: collected.append((done, of)))["swapped"]
    assert portal.verified()["first_bad"] is None and collected[-1] == (13, 13)


def test_a_missing_row_is_found(portal):
    portal.submitted()
    key = portal.submitted()
    portal.follow()
    with portal.database.session() as session:
        session.execute(application_view.delete().where(application_view.c.application_id == key))
    assert portal.verified()["first_bad"] is not None


def test_a_batch_cut_anywhere_gives_the_same_rows(portal):
    portal.approved()
    portal.rejected()
    portal.projecting.batch = 1
    portal.follow()
    assert portal.verified()["first_bad"] is None


def filled_with_canaries(portal):
    key = portal.started()
    portal.registry.save_answers(key, {"ho_ten": CANARIES[0]}, **call(actors.CITIZEN), **portal.neighbours)
    portal.attachments.attach(
        key,
        "to-khai",
        file_name=CANARIES[3],
        media_type="application/pdf",
        content_base64=ENCODED,
        **call(actors.CITIZEN),
        **portal.neighbours,
    )
    portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    portal.registry.choose_delivery(key, "post", address=CANARIES[2], identity=portal.identity, **call(actors.CITIZEN))
    portal.office.refuse_intake(key, CANARIES[1], **call(actors.INTAKE))
    return key


def everything_stored(portal) -> str:
    """Every byte of the database and the blobs, as text."""
    home = Path(portal.settings.get("PORTAL_HOME"))
    return "".join(
        path.read_bytes().decode("utf-8", "replace") + str(path) for path in home.rglob("*") if path.is_file()
    )


def test_an_erased_person_is_nowhere_and_the_history_still_holds(portal):
    key, other = filled_with_canaries(portal), portal.submitted(actors.NEIGHBOUR)
    portal.follow()
    before = everything_stored(portal)
    assert all(canary in before for canary in CANARIES)
    rows_before = portal.store.notifications(0)
    portal.erasing.erase_subject("citizen-1", "Điều 14", **call(actors.AUDITOR))
    with pytest.raises(ErasureNeedsTwoPersons):
        portal.erasing.erase_subject("citizen-1", "Điều 14", **call(actors.AUDITOR))
    erasure = portal.erasing.erase_subject("citizen-1", "Điều 14", **call(actors.AUDITOR_2))
    assert erasure["state"] == "confirmed"
    while portal.erasing.step():
        pass
    after = everything_stored(portal)
    assert [canary for canary in CANARIES if canary in after] == []
    assert portal.store.notifications(0)[: len(rows_before)] == rows_before
    assert portal.verified()["first_bad"] is None
    report = portal.erasing.erasure(erasure["erasure_id"], by=actors.AUDITOR)
    assert report["state"] == "finished" and report["report"]["removed"]["statement"] == 2
    items = portal.audit.history(key, **reading(actors.AUDITOR))["items"]
    assert [item["kind"] for item in items][-2:] == ["IntakeRefused", "SubjectErased"] and items[-2]["reason"] is None
    assert portal.queries.application(other, identity=portal.identity, **reading(actors.NEIGHBOUR))["answers"] == {
        "ho_ten": "Nguyễn Thị Mẫu"
    }


def test_a_blob_somebody_else_handed_in_too_stays_theirs(portal):
    portal.submitted()
    other = portal.submitted(actors.NEIGHBOUR)
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        erasure = portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    paper = next(iter(portal.store.get(other).attachments))
    assert portal.queries.attachment(other, paper, identity=portal.identity, **reading(actors.NEIGHBOUR))[
        "content_base64"
    ]
    assert portal.erasing.erasure(erasure["erasure_id"], by=actors.AUDITOR)["report"]["blobs_removed"] == 0


def test_an_erasure_cut_off_at_any_step_is_finished_by_the_next_follower(portal, monkeypatch):
    keys = [filled_with_canaries(portal) for _ in range(3)]
    portal.follow()
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        erasure = portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    remove, cuts = portal.erasing.blobs.remove, iter([True, False, True, False, True])

    def cut(sha256):
        if next(cuts, False):
            raise ServiceUnavailable(service="blob store")
        return remove(sha256)

    monkeypatch.setattr(portal.erasing.blobs, "remove", cut)
    for _ in range(20):
        try:
            if not portal.erasing.step():
                break
        except ServiceUnavailable:
            continue
    assert portal.erasing.erasure(erasure["erasure_id"], by=actors.AUDITOR)["state"] == "finished"
    assert all([type(event).__name__ for event in portal.store.events(key)].count("SubjectErased") == 1 for key in keys)
    assert not any(canary in everything_stored(portal) for canary in CANARIES)


def test_nothing_new_is_written_about_an_erased_person(portal):
    key = portal.filled()
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    with pytest.raises(AlreadyErased):
        portal.registry.save_answers(key, {"ho_ten": "X"}, **call(actors.CITIZEN), **portal.neighbours)


def outbox_of(portal) -> list:
    with portal.database.session() as session:
        return list(session.execute(select(outbox).order_by(outbox.c.position)))


def erased(portal) -> str:
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        erasure = portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    return erasure["erasure_id"]


def test_whoever_is_erased_begins_nothing_new_whatever_token_is_still_in_hand(portal):
    portal.filled()
    erased(portal)
    with pytest.raises(PersonErased):
        portal.started()
    assert portal.started(actors.NEIGHBOUR)


def test_an_office_can_end_an_erased_persons_application_and_its_words_are_not_kept(portal):
    key = portal.in_processing()
    portal.follow()
    erased(portal)
    portal.office.stop(key, "canary-after-erasure", **call(actors.APPROVER))
    portal.follow()
    assert "canary-after-erasure" not in everything_stored(portal)
    last = portal.audit.history(key, **reading(actors.AUDITOR))["items"][-1]
    assert (last["kind"], last["reason"]) == ("Stopped", None)
    assert portal.verified()["first_bad"] is None
    with pytest.raises(AlreadyErased):
        portal.registry.appeal(key, "canary", **portal.neighbours, **call(actors.CITIZEN))


def test_an_erasure_asked_for_again_names_the_applications_of_the_first(portal):
    key = portal.filled()
    portal.follow()
    for _ in range(2):
        erased(portal)
        portal.follow()
    events = [row.data for row in outbox_of(portal) if row.type == "subject_erased.v1"]
    assert [entry["application_ids"] for entry in events] == [[key], [key]]


class Cut(BaseException):
    """The process ended here."""


def left_without_a_paper(portal, monkeypatch) -> Path:
    """Bytes of a citizen whose command ended between keeping them and keeping the paper."""
    key, put = portal.started(), portal.attachments.blobs.put

    def cut(content: bytes) -> str:
        put(content)
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(portal.attachments.blobs, "put", cut)
        with pytest.raises(Cut):
            portal.attached(key)
    [blob] = [path for path in (Path(portal.settings.get("PORTAL_HOME")) / "blobs").rglob("*") if path.is_file()]
    return blob


def test_bytes_of_a_command_that_was_cut_off_are_erased_with_their_person(portal, monkeypatch):
    blob = left_without_a_paper(portal, monkeypatch)
    erased(portal)
    assert not blob.exists()


def test_bytes_of_a_command_that_was_cut_off_are_removed_after_a_day_and_others_never(portal, monkeypatch):
    blob = left_without_a_paper(portal, monkeypatch)
    lost = OrphanBlobs(portal.database, portal.erasing.blobs)
    assert lost.step() == 0 and blob.exists()
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        assert (lost.step(), lost.step()) == (1, 0) and not blob.exists()
    key = portal.started()
    paper = portal.attached(key)
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        assert lost.step() == 0
    assert portal.queries.attachment(key, paper["attachment_id"], identity=portal.identity, **reading(actors.CITIZEN))


def test_money_of_an_erased_person_is_still_recorded(portal):
    key = portal.submitted()
    erased(portal)
    portal.paid(key, "intake")
    assert portal.store.get(key).owed("intake") == {}


def test_an_auditor_sees_which_services_have_confirmed(portal):
    portal.filled()
    erasure_id = erased(portal)
    forgetting = PersonalData(portal.database)
    waiting = portal.erasing.erasure(erasure_id, by=actors.AUDITOR)
    assert not waiting["complete"] and {service["confirmed_at"] for service in waiting["services"]} == {None}
    for number, service in enumerate(service for service in SERVICES if service != "applications"):
        event_data = {
            "erasure_id": erasure_id,
            "service": service,
            "at": "2026-11-21T00:00:00+00:00",
            "removed": {"a": 1},
        }
        for _ in range(2):  # every message may come twice
            forgetting.answered(event_of(f"{service}:{number}", event_data))
    with portal.database.session() as session:
        forgetting.confirm(session, erasure_id, "citizen-1", {})
    erasure = portal.erasing.erasure(erasure_id, by=actors.AUDITOR)
    assert erasure["complete"] and [service["service"] for service in erasure["services"]] == list(SERVICES)


def test_a_place_that_reads_like_a_sentence_is_not_written_into_the_history(portal):
    key = portal.accepted()
    marks = [{"field": "bà canary ở tổ 3", "problem": "mờ"}, {"pointer": "/answers/ho_ten", "problem": "sai"}]
    portal.office.request_supplement(key, marks, "bổ sung", catalog=portal.catalog, **call(actors.INTAKE))
    stored = "".join(bytes(notification.state).decode() for notification in portal.store.notifications(0))
    assert "canary" not in stored and "/answers/ho_ten" in stored


def test_words_open_in_place_and_an_erased_one_is_nothing():
    words = Words({"a": "Lý do"})
    sealed = {"statement_id": "a", "commitment": "c"}
    assert words.in_place({"x": [sealed, {"y": {**sealed, "statement_id": "gone"}}]}) == {"x": ["Lý do", {"y": None}]}


def test_recorded_events_are_kept_from_change_on_sqlite_too(portal):
    portal.started()
    for statement in ("UPDATE stored_events SET topic = 'x'", "DELETE FROM stored_events"):
        with pytest.raises(Exception, match="never changed or removed"), portal.database.session() as session:
            session.execute(text(statement))
