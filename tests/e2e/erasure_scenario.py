"""A citizen of canaries and what they live through: three applications, money, e-mails, messages nobody can handle."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kombu import Connection, Producer
from nameko.exceptions import RemoteError

from infra.chassis.settings import Settings
from infra.cli.connection import Portal, first_operator
from infra.cli.journey.narration import command, eventually
from infra.cli.journey.payment import pay_at_gateway
from infra.cli.sample_documents import answers_for, as_base64
from tests.e2e import canaries as canary
from tests.e2e.canaries import WORDS
from tests.support.days import years_ahead
from tests.support.signed_events import signed

AGENCY, CONSULTED = "H26.01", "H29.01"
SHOP = "1.001612"  # household business: a fee at intake, one paper, words in its form
OFFICIALS = (
    "intake_officer",
    "case_officer",
    "approver",
    "approver_2",
    "accountant",
    "accountant_2",
    "auditor",
    "auditor_2",
    "catalog_editor",
    "operator",
)
TIERS = 3  # retry tiers of these installations; the last one outlasts any test
SETTINGS = {"RETRY_TIERS": "0.2,0.4,900", "PORTAL_ENVIRONMENT": "development", "AUDIT_SEAL_SECONDS": "0.2"}


def register(path: Path) -> Path:
    """A population register of fictional people, the canary among them."""
    people = [(f"0011990001{number:02d}", f"Người Mẫu Số {number}") for number in range(len(OFFICIALS) + 2)]
    lines = [_person(number, name, "1999-01-01") for number, name in people]
    lines.append(_person(canary.NUMBER, canary.NAME, canary.BIRTH_DATE, WORDS["địa chỉ"]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _person(number: str, name: str, birth_date: str, address: str = "–") -> str:
    about = {"citizen_number": number, "full_name": name, "birth_date": birth_date}
    return json.dumps({**about, "sex": "female", "province_code": "01", "address": address}, ensure_ascii=False)


@dataclass
class ErasureScenario:
    """The installation and what became of the canary in it."""

    settings: Settings
    portal: Portal
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)
    payment: str = ""

    def __post_init__(self) -> None:
        self._people()
        self._catalogue()
        self.tokens["citizen"] = self._registered("citizen", canary.NUMBER, canary.NAME, canary.BIRTH_DATE)

    def call(self, service: str, door: str, person: str | None, **arguments: Any) -> Any:
        rpc = self.portal.as_(self.tokens[person] if person else None)
        return getattr(getattr(rpc, service), door)(**arguments)

    def do(self, person: str, door: str, name: str, **arguments: Any) -> Any:
        """A command on the application called ``name``."""
        about = {"application_id": self.applications[name], "command_id": command()}
        return self.call("applications", door, person, **about, **arguments)

    def refused(self, work: Callable[[], Any]) -> str:
        try:
            work()
        except RemoteError as refusal:
            return str(refusal.exc_type)
        raise AssertionError("it was not refused")

    # who there is

    def _people(self) -> None:
        self.tokens["first"] = self.portal.sign_in(**first_operator(self.settings))
        for code in (AGENCY, CONSULTED):
            self.call("identity", "create_agency", "first", code=code, name=f"Cơ quan mẫu {code}", province_code="01")
        for number, who in enumerate((*OFFICIALS, "neighbour", "asked")):
            self._registered(who, f"0011990001{number:02d}", f"Người Mẫu Số {number}", "1999-01-01")
            if who != "neighbour":
                role = who.removesuffix("_2") if who != "asked" else "case_officer"
                post = {"agency_code": CONSULTED if who == "asked" else AGENCY, "roles": [role]}
                self.call("identity", "appoint", "first", account_id=self.accounts[who], **post, command_id=command())
            self.tokens[who] = self.portal.sign_in(f"0011990001{number:02d}", f"mật khẩu dài của {who}")

    def _registered(self, who: str, number: str, name: str, birth_date: str) -> str:
        own = who == "citizen"
        password = canary.PASSWORD if own else f"mật khẩu dài của {who}"
        reached = (canary.PHONE, canary.EMAIL) if own else (f"+8491234{number[-4:]}", f"{who}@example.vn")
        about = {"citizen_number": number, "full_name": name, "birth_date": birth_date, "password": password}
        opened = self.call(
            "identity", "register_citizen", None, **about, phone=reached[0], email=reached[1], command_id=command()
        )
        self.accounts[who] = opened["account_id"]
        return self.portal.sign_in(number, password)

    def _catalogue(self) -> None:
        samples = self.call("catalog", "sample_procedures", None, agency_code=AGENCY)["items"]
        self.shop = next(sample for sample in samples if sample["code"] == SHOP)
        self.call(
            "catalog",
            "publish",
            "catalog_editor",
            definition=self.shop,
            effective_from="2025-01-01",
            command_id=command(),
        )

    # what they live through

    def live(self) -> None:
        """All of it; at the end some e-mails and calls wait, one event is dead, one waits long, two were unreadable."""
        self.call(
            "notifications",
            "subscribe",
            "operator",
            url="http://127.0.0.1:9/hook",
            command_id=command(),
            event_types=["application_submitted.v1", "application_accepted.v1"],
        )
        self._trust()
        for name in ("granted", "refused", "withdrawn"):
            self._filed(name)
        self._paid("granted", "refused", "withdrawn")
        self._granted()
        self._refused()
        self._withdrawn()
        self._money_back()
        self._undigested()
        self._waiting_letters()
        self._draft()

    def _trust(self) -> None:
        until = {"scope": "*", "until": years_ahead(4)}
        self.call("identity", "delegate", "citizen", to_citizen_number="001199000110", **until, command_id=command())
        self.call("identity", "delegate", "neighbour", to_citizen_number=canary.NUMBER, **until, command_id=command())
        wrong = {"username": canary.NUMBER, "password": "không phải mật khẩu này"}
        assert self.refused(lambda: self.portal.as_().identity.sign_in(**wrong)) == "Unauthenticated"

    def _begun(self, name: str) -> None:
        started = self.call(
            "applications", "start", "citizen", procedure_code=SHOP, channel="online", command_id=command()
        )
        self.applications[name] = started["application_id"]
        person_fields = {"full_name": canary.NAME, "birth_date": canary.BIRTH_DATE, "citizen_number": canary.NUMBER}
        answers = answers_for(self.shop["form"], {**person_fields, "phone": canary.LOCAL_PHONE})
        answers |= {"address": WORDS["địa chỉ"], "trade": WORDS["ngành nghề"], "business_name": WORDS["tên cửa hàng"]}
        wrong = {**answers, "capital": WORDS["trả lời sai kiểu"], WORDS["trả lời sai kiểu"]: 1}
        assert self.refused(lambda: self.do("citizen", "save_answers", name, answers=wrong)) == "InvalidRequest"
        self.do("citizen", "save_answers", name, answers=answers)
        spare = self._attached(name, WORDS["tệp đã rút"])
        self.do("citizen", "detach", name, attachment_id=spare)
        self._attached(name, WORDS["tên tệp"])

    def _attached(self, name: str, file_name: str) -> str:
        needed = next(requirement["id"] for requirement in self.shop["requirements"] if requirement["required"])
        content = as_base64(f"{WORDS['nội dung tệp']} {file_name} {name}".encode())
        paper = {"file_name": f"{file_name}.txt", "media_type": "text/plain", "content_base64": content}
        return str(self.do("citizen", "attach", name, requirement=needed, **paper)["attachment_id"])

    def _filed(self, name: str) -> None:
        self._begun(name)
        self.do("citizen", "submit", name)
        purpose = {"application_id": self.applications[name], "purpose": WORDS["mục đích xem"]}
        self.call("applications", "application", "intake_officer", **purpose)

    def _paid(self, by_gateway: str, by_transfer: str, waived: str) -> None:
        about = {"application_id": self.applications[by_gateway], "command_id": command()}
        back = f"http://127.0.0.1/return?{canary.RETURN_TOKEN}=1"
        payment = self.call("payments", "start_payment", "citizen", method="vnpay", return_url=back, **about)
        pay_at_gateway(payment["redirect_url"])
        self.payment = payment["payment_id"]
        eventually(lambda: self._payment()["status"] == "settled", "the payment settles")
        transfer = self.call(
            "payments",
            "start_payment",
            "citizen",
            method="vietqr",
            command_id=command(),
            application_id=self.applications[by_transfer],
        )
        line = {"order_ref": transfer["order_ref"], "transaction_no": "FT7001", "amount": transfer["amount"]}
        request = self.call(
            "payments",
            "reconcile",
            "accountant",
            gateway="vietqr",
            command_id=command(),
            statement=[line | {"description": f"{WORDS['nội dung chuyển khoản']} {canary.NAME}"}],
        )
        approval = {"reconciliation_id": request["reconciliation_id"], "command_id": command()}
        self.call("payments", "approve_statement", "operator", **approval)
        remit = {"reason": WORDS["miễn phí"], "legal_basis": "Nghị quyết mẫu 01/2026", "command_id": command()}
        waiver = self.call("payments", "waive", "accountant", application_id=self.applications[waived], **remit)
        approval = {"waiver_id": waiver["waiver_id"], "command_id": command()}
        self.call("payments", "approve_waiver", "approver", **approval)

    def _payment(self) -> Any:
        return self.call("payments", "payment", "citizen", payment_id=self.payment)

    def _accepted(self, name: str) -> None:
        def accepted() -> bool:
            try:
                self.do("intake_officer", "accept", name)
            except RemoteError as refusal:
                assert refusal.exc_type == "FeeNotPaid", refusal
                return False
            return True

        eventually(accepted, "the fee reaches the office")

    def _granted(self) -> None:
        name = "granted"
        self._accepted(name)
        marks = [{"field": "address", "problem": WORDS["đánh dấu"]}, {"field": WORDS["nơi đánh dấu"]}]
        self.do("intake_officer", "request_supplement", name, marks=marks, reason=WORDS["yêu cầu bổ sung"])
        supplied = self.call("applications", "application", "citizen", application_id=self.applications[name])[
            "answers"
        ]
        self.do("citizen", "supplement", name, answers=supplied | {"trade": WORDS["bổ sung"]})
        self.do("approver", "assign", name, officer_id=self.accounts["case_officer"])
        consultation = self.do(
            "case_officer", "consult", name, agency_code=CONSULTED, question=WORDS["câu hỏi"], due_at=years_ahead(4)
        )
        self.do(
            "asked",
            "answer_consultation",
            name,
            consultation_id=consultation["consultation_id"],
            opinion=WORDS["ý kiến"],
        )
        self.do("case_officer", "extend", name, due_at=years_ahead(4), reason=WORDS["gia hạn"])
        self.do("case_officer", "propose", name, outcome="approve", reason=WORDS["đề xuất"])
        result = {
            "file_name": f"{WORDS['kết quả']}.txt",
            "media_type": "text/plain",
            "content_base64": as_base64(WORDS["kết quả"].encode()),
        }
        self.do("approver", "approve", name, result=result)
        self.do("citizen", "choose_delivery", name, method="post", address=WORDS["nơi nhận kết quả"])
        self.do("intake_officer", "return_result", name, method="post", tracking_number="VN000007001VN")
        self.do("citizen", "rate", name, stars=5, comment=WORDS["nhận xét"])

    def _refused(self) -> None:
        name = "refused"
        self._accepted(name)
        self.do("approver", "assign", name, officer_id=self.accounts["case_officer"])
        extra = {"amount": {"amount": 20_000, "currency": "VND"}, "reason": WORDS["yêu cầu nộp thêm"]}
        self.do("case_officer", "request_payment", name, **extra)
        about = {"application_id": self.applications[name]}
        owed = eventually(
            lambda: [
                item
                for item in self.call("payments", "demands", "citizen", **about)["items"]
                if item["status"] == "due"
            ],
            "the further demand",
        )
        self.call(
            "payments",
            "record_offline",
            "accountant",
            **about,
            method="cash",
            amount=owed[0]["amount"],
            receipt_book_number="AA/26E-7001",
            command_id=command(),
        )
        eventually(lambda: self._status(name) == "in_processing", "the further fee reaches the office")
        self.do("case_officer", "propose", name, outcome="reject")
        self.do("approver", "reject", name, reason=WORDS["từ chối"])
        self.do("citizen", "appeal", name, grounds=WORDS["lý do khiếu nại"])
        self.do("approver_2", "decide_appeal", name, outcome="dismiss", reason=WORDS["trả lời khiếu nại"])

    def _withdrawn(self) -> None:
        self.do("citizen", "request_withdrawal", "withdrawn", reason=WORDS["lý do rút"])
        self.do("intake_officer", "confirm_withdrawal", "withdrawn", reason=WORDS["trả lời rút"])

    def _status(self, name: str) -> str:
        about = {"application_id": self.applications[name]}
        return str(self.call("applications", "application", "citizen", **about)["status"])

    def _money_back(self) -> None:
        amount = self._payment()["amount"]
        refund_request = self.call(
            "payments",
            "refund",
            "citizen",
            payment_id=self.payment,
            amount=amount,
            available=amount,
            reason=WORDS["lý do hoàn tiền"],
            command_id=command(),
        )
        self.call(
            "payments",
            "decline_refund",
            "accountant",
            refund_id=refund_request["refund_id"],
            reason=WORDS["từ chối hoàn tiền"],
            command_id=command(),
        )

    def _draft(self) -> None:
        self._begun("draft")

    def _waiting_letters(self) -> None:
        quiet = {"from": "00:00", "until": "23:59"}
        self.call(
            "notifications", "set_preferences", "citizen", preferences={"quiet_hours": quiet}, command_id=command()
        )
        self._begun("waiting")
        self.do("citizen", "submit", "waiting")
        eventually(lambda: self._letters_wait(), "a letter that waits for the morning")

    def _letters_wait(self) -> bool:
        items = self.call("notifications", "inbox", "citizen", limit=5)["items"]
        letters = [
            letter
            for item in items
            for letter in self.call("notifications", "deliveries", "citizen", message_id=item["message_id"])["items"]
        ]
        return any(letter["status"] == "created" for letter in letters)

    # what nobody digests

    def _undigested(self) -> None:
        """Events of an application nobody knows, past their last try and before it; and calls nobody can answer."""
        queue = "evt-applications-payment_requested.v1--payments.supplementary_demand"
        for attempt, words in ((TIERS + 1, WORDS["thư chết"]), (TIERS, WORDS["chờ thử lại"])):
            self._publish(queue, self._event(attempt, words), {"portal-attempt": attempt})
        token = {"nameko.auth_token": self.tokens["citizen"]}
        call = {"application_id": str(uuid.uuid4()), "answers": {"trade": WORDS["không đọc được"]}}
        self._publish("rpc-applications", {"args": [], "kwargs": call}, token, "applications.save_answers")
        person_fields = {"citizen_number": canary.NUMBER, "full_name": canary.NAME, "phone": canary.LOCAL_PHONE}
        self._publish("rpc-identity", {"args": [], "kwargs": person_fields}, {}, "identity.register_citizen")

    def _event(self, number: int, words: str) -> dict[str, Any]:
        about = {"application_id": str(uuid.uuid4()), "applicant_id": self.accounts["citizen"], "reason": words}
        money = {"amount": {"amount": 1000, "currency": "VND"}, "moments": ["supplement"], "answer_by": None}
        event = {
            "id": f"applications:made-{number}",
            "type": "payment_requested.v1",
            "source": "/applications",
            "specversion": "1.0",
            "time": "2026-11-20T02:30:00+00:00",
            "data": {**about, **money},
        }
        return signed(self.settings, event)

    def _publish(self, queue: str, body: Any, headers: dict[str, Any], key: str | None = None) -> None:
        with Connection(self.settings.amqp_uri) as connection:
            exchange = "nameko-rpc" if key else ""
            Producer(connection.channel()).publish(
                body, exchange=exchange, routing_key=key or queue, headers=headers, serializer="json", delivery_mode=2
            )
