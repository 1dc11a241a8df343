"""Every row of the table of moves through RPC, on a real broker and PostgreSQL, with all five services running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from nameko.exceptions import RemoteError

from infra.cli.connection import first_operator
from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from services.applications.domain.moves import MOVES
from services.applications.verification.verifier import Key, Verdict, verify_bundle
from tests.e2e.platforms import RealServers, real_servers
from tests.support.days import years_ahead

pytestmark = pytest.mark.timeout(300)  # eleven processes start

PROCEDURE = "1.004873"  # level 4, no fee, one paper
WALKED: set[str] = set()


class RpcSession:
    """The doors of applications as one person calls them; commands get ids of their own."""

    def __init__(self, rpc: Any, account_id: str) -> None:
        self.rpc, self.account_id = rpc, account_id

    def __getattr__(self, door: str) -> Callable[..., Any]:
        reads = {"application", "mine", "queue", "history", "state_at", "diff", "explain_due_date", "events", "verify"}
        reads |= {"statistics", "export", "evidence", "findings", "erasure", "attachment", "affected_due_dates"}

        def call(application_id: str | None = None, **arguments: Any) -> Any:
            about = {"application_id": application_id} if application_id else {}
            command = {} if door in reads else {"command_id": str(uuid4())}
            WALKED.add(door)
            return getattr(self.rpc.applications, door)(**{**about, **command, **arguments})

        return call


class Town:
    """Everybody of the seeded world, signed in."""

    def __init__(self, world: RealServers) -> None:
        self.world, self.agency = world, world.seeded["agency_code"]
        people = {
            **world.seeded["officials"],
            "citizen": world.seeded["citizens"][0],
            "neighbour": world.seeded["citizens"][1],
        }
        self.people = people
        self.desks = {name: self.session(person) for name, person in people.items()}
        self.other_agency_desk = self.desks["other_agency"]
        self.other_agency = self.other_agency_desk.rpc.identity.whoami()["agencies"][0]["code"]
        form = self.desks["citizen"].rpc.catalog.procedure(code=PROCEDURE)["form"]
        self.answers = answers_for(form, people["citizen"])

    def session(self, person: dict[str, Any]) -> RpcSession:
        token = self.world.portal.sign_in(person["username"], person["password"])
        return RpcSession(self.world.portal.as_(token), person["account_id"])

    def __getattr__(self, name: str) -> RpcSession:
        try:
            return self.__dict__["desks"][name]
        except KeyError:
            raise AttributeError(name) from None

    def filled(self) -> str:
        key = str(self.citizen.start(procedure_code=PROCEDURE, channel="online")["application_id"])
        self.citizen.save_answers(key, answers=self.answers)
        self.attached(key)
        return key

    def attached(self, key: str) -> dict[str, Any]:
        paper = {
            "file_name": "to-khai.pdf",
            "media_type": "application/pdf",
            "content_base64": as_base64(a_pdf("to khai")),
        }
        return dict(self.citizen.attach(key, requirement="to-khai", **paper))

    def submitted(self) -> str:
        key = self.filled()
        self.citizen.submit(key)
        return key

    def accepted(self) -> str:
        key = self.submitted()
        self.intake_officer.accept(key)
        return key

    def proposed(self, outcome: str = "approve") -> str:
        key = self.accepted()
        self.approver.assign(key, officer_id=self.case_officer.account_id)
        self.case_officer.propose(key, outcome=outcome, reason="Đã thẩm định.")
        return key

    def status(self, key: str) -> str:
        return str(self.citizen.application(key)["status"])

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def town(broker_server: Any, database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made: list[str] = []

    def make(service: str) -> str:
        made.append(database_server.make(service))
        return made[-1]

    with broker_server.virtual_host() as uri, real_servers(tmp_path_factory.mktemp("doors"), uri, make) as world:
        yield Town(world)
    for url in made:
        database_server.drop(url)


def refused(call: Callable[[], Any]) -> str:
    started = time.monotonic()
    with pytest.raises(RemoteError) as error:
        call()
    assert time.monotonic() - started < 40, "before anybody would have stopped to wait"
    return str(error.value.exc_type)


def test_a_long_life_with_everything_that_can_happen_on_the_way(town: Town) -> None:
    key = town.filled()
    extra = town.attached(key)
    town.citizen.detach(key, attachment_id=extra["attachment_id"])
    town.citizen.submit(key)
    marks = [{"requirement": "to-khai", "problem": "Thiếu chữ ký"}]
    town.intake_officer.request_supplement(key, marks=marks, reason="Đề nghị bổ sung.")
    town.attached(key)
    assert town.citizen.supplement(key)["status"] == "submitted"
    accepted = town.intake_officer.accept(key)
    assert accepted["due_at"] and accepted["receipt_number"].startswith("TN-")
    town.citizen.request_withdrawal(key, reason="Tôi muốn rút.")
    assert town.intake_officer.decline_withdrawal(key, reason="Đã xử lý.")["status"] == "accepted"
    town.approver.assign(key, officer_id=town.case_officer.account_id)
    consultation = town.case_officer.consult(
        key, agency_code=town.other_agency, question="Có ý kiến gì không?", due_at=years_ahead(3)
    )
    town.other_agency_desk.answer_consultation(
        key, consultation_id=consultation["consultation_id"], opinion="Không có ý kiến."
    )
    town.case_officer.extend(key, due_at=years_ahead(4), reason="Cần xác minh.")
    town.case_officer.request_payment(key, reason="Phí xác minh", amount={"amount": 50_000, "currency": "VND"})
    town.until(lambda: bool(town.accountant.rpc.payments.demands(application_id=key)["items"]))
    waiver = town.accountant.rpc.payments.waive(
        application_id=key, reason="Hộ nghèo", legal_basis="Điều 10 Luật Phí và lệ phí", command_id=str(uuid4())
    )
    town.approver.rpc.payments.approve_waiver(waiver_id=waiver["waiver_id"], command_id=str(uuid4()))
    WALKED.add("settle_fee")
    town.until(lambda: town.status(key) == "in_processing")
    town.case_officer.propose(key, outcome="reject", reason="Chưa đủ.")
    town.approver.send_back(key, reason="Xem lại.")
    town.case_officer.propose(key, outcome="reject", reason="Vẫn chưa đủ.")
    town.approver.reject(key, reason="Không đủ điều kiện.")
    town.citizen.appeal(key, grounds="Hồ sơ đủ điều kiện.")
    assert town.approver_2.decide_appeal(key, outcome="uphold", reason="Khiếu nại đúng.")["status"] == "in_processing"
    town.case_officer.propose(key, outcome="approve")
    town.approver.approve(key, result={"number": "01/2026", "title": "Giấy xác nhận"})
    town.citizen.choose_delivery(key, method="post", address="Số 1, phố Mẫu")
    town.intake_officer.return_result(key, method="post", tracking_number="EE123456789VN")
    town.citizen.rate(key, stars=5, comment="Tốt.")
    town.citizen.appeal(key, grounds="Sai tên.")
    town.approver_2.decide_appeal(key, outcome="dismiss", reason="Không có căn cứ.")
    view = town.citizen.application(key)
    assert (view["status"], view["official_status"], len(view["set_aside"])) == ("result_returned", 10, 1)
    explained = town.citizen.explain_due_date(key)
    assert explained["days"]


def test_the_other_endings(town: Town) -> None:
    refused_key, withdrawn, stopped = town.submitted(), town.accepted(), town.accepted()
    assert town.intake_officer.refuse_intake(refused_key, reason="Không thuộc thẩm quyền.")["official_status"] == 3
    town.citizen.request_withdrawal(withdrawn, reason="Tôi rút.")
    assert town.intake_officer.confirm_withdrawal(withdrawn)["status"] == "withdrawn"
    assert town.approver.stop(stopped, reason="Đối tượng không còn.")["official_status"] == 8


def test_refusals_come_by_name_in_time_and_record_nothing(town: Town) -> None:
    key = town.submitted()
    version = town.citizen.application(key)["version"]
    assert refused(lambda: town.approver.approve(key, result="x")) == "TransitionNotAllowed"
    assert refused(lambda: town.neighbour.submit(key)) == "Forbidden"
    assert refused(lambda: town.neighbour.application(key)) == "Forbidden"
    assert refused(lambda: town.other_agency_desk.accept(key)) == "Forbidden"
    assert refused(lambda: town.citizen.accept(key)) == "Forbidden"
    assert refused(lambda: town.citizen.rpc.applications.submit(application_id=key)) == "InvalidRequest"
    assert refused(lambda: town.citizen.request_withdrawal(key, reason="x" * 10_000_000)) == "InvalidRequest"
    assert refused(lambda: town.citizen.request_withdrawal(key, reason=7)) == "InvalidRequest"
    assert refused(lambda: town.citizen.rate(key, stars=5, surplus=1)) == "InvalidRequest"
    assert refused(lambda: town.citizen.submit(str(uuid4()))) == "ApplicationNotFound"
    assert refused(lambda: town.world.portal.as_("bịa").applications.mine()) == "Unauthenticated"
    assert refused(lambda: town.world.portal.as_().applications.history(application_id=key)) == "Unauthenticated"
    once = str(uuid4())
    town.intake_officer.accept(key, command_id=once)
    assert refused(lambda: town.intake_officer.assign(key, officer_id="x", command_id=once)) == "CommandIdReused"
    assert town.citizen.application(key)["version"] == version + 1


def test_the_read_models_follow_and_agree_with_the_events(town: Town) -> None:
    reply = town.citizen.start(procedure_code=PROCEDURE, channel="online")
    result = town.citizen.mine(min_position=reply["position"])
    assert reply["application_id"] in {item["application_id"] for item in result["items"]}
    tracked = town.world.portal.as_().applications.track(
        reference=reply["reference"], tracking_code=reply["tracking_code"]
    )
    assert (tracked["status"], "*" in tracked["applicant_name"]) == ("draft", True)
    key = town.submitted()
    position = town.citizen.choose_delivery(key, method="counter")["position"]
    queued = town.intake_officer.queue(agency_code=town.agency, status="submitted", min_position=position)
    assert key in {item["application_id"] for item in queued["items"]}
    assert town.auditor.verify()["first_bad"] is None
    figures = town.auditor.statistics(from_at="2020-01-01", to_at="2100-01-01", by="province", min_position=position)
    assert figures["total"]["received"] >= 1
    assert {row["key"] for row in figures["rows"]} == {town.world.seeded["province_code"]}


def test_what_another_system_handles_stands_in_its_citizen_s_list_and_is_tracked(town: Town) -> None:
    operator, number = town.desks["operator"].rpc, town.people["citizen"]["citizen_number"]
    holder = [{"LoaiDinhDanh": "1", "SoDinhDanh": number}]
    record = {
        "MaHoSo": "G09.20-20260609-0092637", "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh",
        "NgayTiepNhan": "20260302080000", "TrangThaiHoSo": "2", "DonViXuLy": "000.00.20.G09", "DinhDanhCHS": holder,
    }  # fmt: skip
    outcome = operator.interchange.mirror(source="G09", dossiers=[record], command_id=str(uuid4()))
    assert outcome["items"][0]["outcome"] == "accepted"
    step = {"MaHoSo": record["MaHoSo"], "TrangThai": "4", "ThoiDiemXuLy": "20260303080000"}
    operator.interchange.report_progress(source="G09", items=[step], command_id=str(uuid4()))

    def listed() -> list[tuple[str, int]]:
        items = town.citizen.mine()["items"]
        return [(item["reference"], item["official_status"]) for item in items if item["handled_in"]]

    town.until(lambda: listed() == [(record["MaHoSo"], 4)])
    march = {"form": "II.06", "unit": "VN", "from_date": "2026-03-01", "to_date": "2026-03-31"}
    town.until(lambda: town.auditor.rpc.oversight.report(**march)["rows"][-1]["synchronised"] == 1)
    assert not any(item["handled_in"] for item in town.neighbour.mine()["items"])
    public = town.world.portal.as_().applications
    tracked = public.track(reference=record["MaHoSo"], tracking_code=number)
    assert tracked["handled_in"] == {"source": "G09", "agency_code": "000.00.20.G09"}
    assert refused(lambda: public.track(reference=record["MaHoSo"], tracking_code="001199000999")) == (
        "ApplicationNotFound"
    )


def test_an_auditor_replays_compares_exports_and_proves(town: Town) -> None:
    key = town.proposed()
    town.approver.approve(key, result="Giấy xác nhận")
    history = town.auditor.history(key)["items"]
    assert [event["kind"] for event in history][-1] == "Approved"
    assert town.auditor.state_at(key, version=4)["status"] == "submitted"
    assert town.auditor.state_at(key, at=history[4]["at"])["status"] == "accepted"
    assert any(
        change["field"] == "/status" for change in town.auditor.diff(key, from_version=4, to_version=5)["changes"]
    )
    assert town.auditor.events(application_id=key, kind="Approved")["items"][0]["position"] > 0
    assert town.auditor.export(format="jsonl", limit=10)["events"] == 10
    assert town.auditor.affected_due_dates()["items"] == []
    public = town.world.portal.as_().applications

    def is_sealed() -> bool:
        try:
            return bool(town.citizen.evidence(key))
        except RemoteError:
            return False

    town.until(is_sealed)
    bundle = town.citizen.evidence(key)
    verdict = Verdict("bundle", "doors", keys_given=True)
    verify_bundle(bundle, [Key.parse(key) for key in bundle["keys"]], verdict)
    assert verdict.ok
    assert public.inclusion_proof(position=bundle["events"][0]["notification_id"])["proof"] is not None
    assert public.consistency_proof(first=1)["second"] >= 1
    assert "items" in town.auditor.findings()


def test_a_day_decided_later_shows_beside_the_promise_and_lists_whom_it_moves(town: Town) -> None:
    key = town.accepted()
    # What is accepted in the evening counts from the next opening: its own day has no minute.
    counted = [
        day["date"] for day in town.auditor.explain_due_date(key)["days"] if day["minutes"] and day["kind"] != "start"
    ]
    position = town.citizen.choose_delivery(key, method="counter")["position"]
    town.intake_officer.queue(agency_code=town.agency, min_position=position)
    editor = town.catalog_editor.rpc.catalog

    def decide(kind: str) -> None:
        editor.set_calendar_day(date=counted[0], kind=kind, reason="Thông báo của Chính phủ", command_id=str(uuid4()))

    def corrected() -> dict[str, Any]:
        return dict(town.auditor.explain_due_date(key)["corrected"])

    assert not corrected()["affected"]
    decide("day_off")
    town.until(lambda: corrected()["affected"])
    explained = town.auditor.explain_due_date(key)
    assert explained["promised_at"] == explained["due_at"] == corrected()["recorded_due_at"]
    assert corrected()["corrected_due_at"] > explained["due_at"]
    assert corrected()["corrected_days"] == [counted[0]]
    for request in ({}, {"date": counted[0]}, {"agency_code": town.agency}):
        assert key in {item["application_id"] for item in town.auditor.affected_due_dates(**request)["items"]}
    assert town.auditor.affected_due_dates(date="2020-01-02")["items"] == []
    decide("as_published")
    town.until(lambda: not corrected()["affected"])


def test_two_auditors_erase_a_person_and_the_history_holds(town: Town) -> None:
    neighbour = town.neighbour
    key = neighbour.start(procedure_code=PROCEDURE, channel="online")["application_id"]
    neighbour.save_answers(key, answers=town.answers)
    operator = town.world.portal.as_(town.world.portal.sign_in(**first_operator(town.world.portal.settings)))
    second = town.people["case_officer_2"]
    request = operator.identity.appoint(account_id=second["account_id"], agency_code=town.agency, roles=["auditor"])
    other = town.people["operator"]
    other_operator = town.world.portal.as_(town.world.portal.sign_in(other["username"], other["password"]))
    other_operator.identity.approve_appointment(request_id=request["request_id"])
    erasing = {"account_id": neighbour.account_id, "legal_basis": "Điều 14 Luật Bảo vệ dữ liệu cá nhân"}
    town.auditor.erase_subject(**erasing)
    assert refused(lambda: town.auditor.erase_subject(**erasing)) == "ErasureNeedsTwoPersons"
    erasure = town.session(second).erase_subject(**erasing)
    town.until(lambda: town.auditor.erasure(erasure_id=erasure["erasure_id"])["state"] == "finished")
    view = town.auditor.state_at(key)
    assert view["erased"] and view["answers"] is None
    town.until(lambda: town.auditor.verify()["first_bad"] is None)


def test_every_row_of_the_table_was_walked(town: Town) -> None:
    assert {move.command for move in MOVES} - WALKED == set()
