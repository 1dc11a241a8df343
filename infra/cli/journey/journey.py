"""One citizen's application from catalogue to result, through public RPCs and HTTP only, every outcome checked.

The demo narrates it; the end-to-end tests run it on the embedded default, on real servers and in compose.
"""

from __future__ import annotations

import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.cli.connection import Portal
from infra.cli.sample_documents import a_pdf, answers_for, as_base64

SEARCH = "doi giay phep lai xe"
PATIENCE = 20.0  # seconds an eventually consistent outcome may take
MESSAGES = 10  # started, submitted, paid, fees done, accepted, supplement asked and given, assigned, approved, returned
MAILS = 7  # of these, the ones that also go by e-mail unless the citizen says otherwise


class JourneyFailed(AssertionError):
    """An outcome of the journey was not what it must be."""


@dataclass
class Step:
    """One step as it is narrated: what happened, by which service, what it cost."""

    number: int
    part: int
    service: str
    title: str
    milliseconds: float
    facts: dict[str, Any] = field(default_factory=dict)


def require(truth: Any, what: str) -> None:
    if not truth:
        raise JourneyFailed(what)


def command() -> str:
    return str(uuid.uuid4())


def eventually(ask: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true answer of ``look``; :class:`JourneyFailed` when there is none in time."""
    until = time.monotonic() + patience
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > until:
            raise JourneyFailed(f"{what}: not within {patience:.0f} s")
        time.sleep(0.05)


class Journey:
    """The steps, in order. ``mails()`` gives the e-mails received so far, or ``None`` where nobody can look."""

    def __init__(
        self,
        portal: Portal,
        world: dict[str, Any],
        report: Callable[[Step], None],
        mails: Callable[[], list[str]] | None = None,
    ) -> None:
        self.portal, self.world, self.report, self.mails = portal, world, report, mails
        self.agency: str = world["agency_code"]
        self.part, self.steps = 0, 0
        self.tokens: dict[str, str] = {}
        self.application_id = self.reference = ""
        self.marks: list[tuple[int, str, str]] = []  # version, instant, status: what replay must give again

    @contextmanager
    def step(self, service: str, vi: str, en: str) -> Iterator[dict[str, Any]]:
        """One step, narrated when it has ended; what is put into the facts is shown with it."""
        facts: dict[str, Any] = {}
        started = time.perf_counter()
        yield facts
        self.steps += 1
        self.report(Step(self.steps, self.part, service, f"{vi} / {en}", (time.perf_counter() - started) * 1000, facts))

    def who(self, role: str) -> Any:
        """RPC as somebody who has signed in."""
        return self.portal.as_(self.tokens[role])

    def run(self) -> dict[str, Any]:
        """Everything; answers what a caller may want to look at afterwards."""
        parts = (self.catalogue, self.people, self.filing, self.payment, self.office, self.messages, self.audit)
        for number, part in enumerate(parts, 1):
            self.part = number
            part()
        return {"application_id": self.application_id, "reference": self.reference, "steps": self.steps}

    # 1 ── the catalogue and the places
    def catalogue(self) -> None:
        public = self.portal.as_()
        with self.step("catalog", "danh mục thủ tục mẫu đã công bố", "sample procedures published") as facts:
            items = self._all(public.catalog.search)
            levels, fields = {item["level"] for item in items}, {item["field"]["code"] for item in items}
            facts.update(procedures=len(items), fields=len(fields), levels=sorted(levels))
            require(
                len(items) >= 40 and len(fields) >= 8 and levels == {1, 2, 3, 4},
                "40 procedures of 8 fields and all four levels",
            )
        with self.step(
            "catalog", "34 tỉnh, thành phố; 63 trước 01/07/2025", "34 provinces; 63 before 1 July 2025"
        ) as facts:
            facts.update(
                now=len(public.catalog.provinces()["items"]),
                before=len(public.catalog.provinces(at="2024-01-01")["items"]),
            )
            require((facts["now"], facts["before"]) == (34, 63), "34 provinces now and 63 before the merger")
        with self.step("identity", "cơ quan, cán bộ", "agencies and officials") as facts:
            facts.update(agencies=len(public.identity.agencies()["items"]), officials=len(self.world["officials"]))
            require(facts["agencies"] >= 2, "agencies are there")

    def _all(self, listing: Callable[..., dict[str, Any]], **about: Any) -> list[dict[str, Any]]:
        items, cursor = [], None
        while True:
            page = listing(limit=200, **about, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    # 2 ── people
    def people(self) -> None:
        public = self.portal.as_()
        usernames = {account["username"] for account in [*self.world["officials"].values(), *self.world["citizens"]]}
        register = [
            person for person in public.identity.sample_people()["items"] if person["citizen_number"] not in usernames
        ]
        with self.step(
            "identity",
            "công dân đăng ký tài khoản, đối chiếu cơ sở dữ liệu dân cư",
            "a citizen registers, checked against the population register",
        ) as facts:
            facts.update(self._register(register))
        for role in ("intake_officer", "case_officer", "approver", "auditor"):
            official = self.world["officials"][role]
            with self.step("identity", f"đăng nhập: {role}", "sign in"):
                self.tokens[role] = self.portal.sign_in(official["username"], official["password"])
        with self.step("identity", "đăng nhập: công dân", "sign in: citizen") as facts:
            self.tokens["citizen"] = self.portal.sign_in(self.citizen["citizen_number"], self.citizen["password"])
            me = self.who("citizen").identity.whoami()
            facts.update(name=me["full_name"], roles=me["roles"])
            require(me["roles"] == ["citizen"], "a citizen is a citizen and nothing else")

    def _register(self, register: list[dict[str, Any]]) -> dict[str, Any]:
        from nameko.exceptions import RemoteError

        for person in register:
            self.citizen = {
                **{key: person[key] for key in ("citizen_number", "full_name", "birth_date")},
                "phone": "+84912345678",
                "email": f"cong-dan-{uuid.uuid4().hex[:8]}@example.vn",
                "password": f"mật-khẩu {uuid.uuid4().hex[:12]}",
            }
            try:
                account = self.portal.as_().identity.register_citizen(**self.citizen)
            except RemoteError as refused:
                if refused.exc_type == "AccountAlreadyExists":
                    continue
                raise
            return {"account_id": account["account_id"], "name": person["full_name"]}
        raise JourneyFailed("somebody of the sample register has no account yet")

    # 3 ── filing
    def filing(self) -> None:
        citizen = self.who("citizen")
        with self.step("catalog", f"tìm kiếm không dấu: {SEARCH!r}", "search without accents") as facts:
            items = citizen.catalog.search(text=SEARCH, limit=5)["items"]
            require(
                items and "giấy phép lái xe" in items[0]["title"]["vi"].lower(),
                "the best match is a driving licence procedure",
            )
            self.procedure = citizen.catalog.procedure(code=items[0]["code"])
            facts.update(
                code=self.procedure["code"], title=self.procedure["title"]["vi"], level=self.procedure["level"]
            )
        with self.step("catalog", "báo giá lệ phí", "fee quote") as facts:
            self.quote = citizen.catalog.quote(code=self.procedure["code"], channel="online", choices=self._choices())
            facts.update(total=self.quote["total"]["amount"], currency=self.quote["total"]["currency"])
        with self.step("applications", "bắt đầu hồ sơ", "start an application") as facts:
            started = citizen.applications.start(
                procedure_code=self.procedure["code"], channel="online", command_id=command()
            )
            self.application_id, self.reference = started["application_id"], started["reference"]
            facts.update(reference=self.reference)
        with self.step("applications", "lưu tờ khai", "save the form"):
            answers = answers_for(self.procedure["form"], self.citizen)
            citizen.applications.save_answers(application_id=self.application_id, answers=answers, command_id=command())
        for requirement in self.procedure["requirements"]:
            self._attach(requirement)
        with self.step("applications", "nộp hồ sơ", "submit") as facts:
            self.remember(citizen.applications.submit(application_id=self.application_id, command_id=command()))
            facts.update(status=self.marks[-1][2])
            require(self.marks[-1][2] == "submitted", "a submitted application is submitted")

    def _choices(self) -> dict[str, str]:
        rules = [fee["rule"] for fee in self.procedure["fees"]]
        return {rule["choice"]: rule["options"][0]["id"] for rule in rules if rule["type"] == "choice"}

    def _attach(self, requirement: dict[str, Any]) -> None:
        if not requirement["required"]:
            return
        with self.step("applications", f"đính kèm: {requirement['name']['vi'][:60]}", "attach a paper") as facts:
            paper = a_pdf(requirement["name"]["en"])
            reply = self.who("citizen").applications.attach(
                application_id=self.application_id,
                requirement=requirement["id"],
                file_name=f"{requirement['id']}.pdf",
                media_type="application/pdf",
                content_base64=as_base64(paper),
                command_id=command(),
            )
            facts.update(sha256=reply["sha256"][:16])

    def remember(self, reply: dict[str, Any]) -> dict[str, Any]:
        """Note version, instant and status, so that replay can be held against what was seen at the time."""
        now = self.who("auditor").applications.history(application_id=self.application_id)["items"][-1]
        self.marks.append((now["version"], now["at"], now["status"]))
        return reply

    # 4 ── payment
    def payment(self) -> None:
        citizen = self.who("citizen")
        with self.step("payments", "khoản phải nộp theo báo giá đã ghim", "what is owed by the pinned quote") as facts:
            owed = eventually(
                lambda: citizen.payments.demands(application_id=self.application_id)["items"],
                "the demand of the submission",
            )
            total = sum(demand["amount"]["amount"] for demand in owed)
            facts.update(owed=total)
            require(total == self.quote["total"]["amount"], "what is owed is what was quoted")
        with self.step("payments", "khởi tạo thanh toán qua cổng", "start a payment at the gateway") as facts:
            payment = citizen.payments.start_payment(
                application_id=self.application_id,
                method="vnpay",
                return_url="http://127.0.0.1/return",
                command_id=command(),
            )
            facts.update(payment_id=payment["payment_id"], expires_at=payment["expires_at"])
        with self.step(
            "payments",
            "người nộp xác nhận; cổng ký và gọi lại qua HTTP",
            "the payer confirms; the gateway signs and calls back over HTTP",
        ) as facts:
            facts.update(page=pay_at_gateway(payment["redirect_url"]))
            settled = eventually(lambda: self._settled(payment["payment_id"]), "the payment settles")
            facts.update(status=settled["status"], amount=settled["amount"]["amount"])
        with self.step("payments", "biên lai", "receipt") as facts:
            receipt = citizen.payments.receipt(payment_id=payment["payment_id"])
            facts.update(
                number=receipt.get("receipt_number") or receipt.get("number"), words=receipt.get("amount_in_words")
            )

    def _settled(self, payment_id: str) -> dict[str, Any] | None:
        payment: dict[str, Any] = self.who("citizen").payments.payment(payment_id=payment_id)
        require(payment["status"] not in {"failed", "expired", "cancelled"}, f"the payment is {payment['status']}")
        return payment if payment["status"] == "settled" else None

    # 5 ── the office
    def office(self) -> None:
        about = {"application_id": self.application_id}
        with self.step("applications", "hồ sơ trong hàng đợi của cơ quan", "in the agency's queue"):
            eventually(lambda: self._queued(), "the application shows in the office's queue")
        with self.step("applications", "tiếp nhận, hẹn ngày trả", "accepted, with a promised date") as facts:
            accepted = eventually(lambda: self._accepted(), "the fee reaches the office")
            self.remember(accepted)
            facts.update(due_at=accepted["due_at"], receipt_number=accepted["receipt_number"])
        with self.step("applications", "giải thích ngày hẹn trả", "the due date explained") as facts:
            days = self.who("auditor").applications.explain_due_date(**about)["days"]
            facts.update(days=[f"{day['date']} {day['kind']}" for day in days])
            require(any(day["kind"] == "counted" for day in days), "the proof names the days that count")
        self._supplement(about)
        self._decision(about)

    def _queued(self) -> bool:
        items = self.who("intake_officer").applications.queue(agency_code=self.agency, status="submitted")["items"]
        return any(item["application_id"] == self.application_id for item in items)

    def _accepted(self) -> dict[str, Any] | None:
        from nameko.exceptions import RemoteError

        try:
            reply: dict[str, Any] = self.who("intake_officer").applications.accept(
                application_id=self.application_id, command_id=command()
            )
        except RemoteError as refused:
            require(refused.exc_type == "FeeNotPaid", f"accept was refused: {refused}")
            return None
        return reply

    def _supplement(self, about: dict[str, Any]) -> None:
        paper = next(requirement for requirement in self.procedure["requirements"] if requirement["required"])
        with self.step(
            "applications", "yêu cầu bổ sung: đồng hồ tạm dừng", "supplement requested: the clock pauses"
        ) as facts:
            request = self.who("case_officer").applications.request_supplement(
                **about,
                marks=[{"pointer": f"/requirements/{paper['id']}", "reason": "Bản chụp mờ, đề nghị gửi lại"}],
                reason="Giấy tờ chưa rõ",
                command_id=command(),
            )
            self.remember(request)
            paused = self.who("citizen").applications.application(**about)
            facts.update(status=paused["status"], official_status=paused["official_status"])
            require(
                paused["status"] == "supplement_requested" and paused["official_status"] == 5,
                "the application waits for its supplement",
            )
        self._attach(paper)
        with self.step(
            "applications", "công dân bổ sung: đồng hồ chạy tiếp", "supplement given: the clock runs on"
        ) as facts:
            self.who("citizen").applications.supplement(**about, command_id=command())
            facts.update(due_at=self.who("citizen").applications.application(**about)["due_at"])

    def _decision(self, about: dict[str, Any]) -> None:
        officer = self.world["officials"]["case_officer"]["account_id"]
        with self.step("applications", "phân công xử lý", "assigned to a case officer"):
            self.remember(self.who("approver").applications.assign(**about, officer_id=officer, command_id=command()))
        with self.step("applications", "chuyên viên đề xuất", "outcome proposed"):
            self.who("case_officer").applications.propose(
                **about, outcome="approve", reason="Đủ điều kiện", command_id=command()
            )
        with self.step(
            "applications",
            "lãnh đạo khác phê duyệt, có văn bản kết quả",
            "approved by another official, with the result",
        ) as facts:
            result = {
                "file_name": "ket-qua.pdf",
                "media_type": "application/pdf",
                "content_base64": as_base64(a_pdf("Result")),
            }
            self.remember(self.who("approver").applications.approve(**about, result=result, command_id=command()))
            facts.update(status=self.marks[-1][2])
        with self.step("applications", "trả kết quả qua bưu chính", "result returned by post") as facts:
            self.who("citizen").applications.choose_delivery(
                **about, method="post", address="Số 1, phố Mẫu, phường Mẫu, Hà Nội", command_id=command()
            )
            self.remember(
                self.who("intake_officer").applications.return_result(
                    **about, method="post", tracking_number="VN000000001VN", command_id=command()
                )
            )
            done = self.who("citizen").applications.application(**about)
            facts.update(status=done["status"], official_status=done["official_status"])
            require((done["status"], done["official_status"]) == ("result_returned", 10), "the result is returned")

    # 6 ── messages
    def messages(self) -> None:
        with self.step(
            "notifications",
            "hộp thư của công dân: một tin cho mỗi bước",
            "the citizen's inbox: a message for each step",
        ) as facts:
            inbox = eventually(lambda: self._received(), "a message for every step")
            facts.update(messages=[message["subject"] for message in inbox])
        if self.mails is not None:
            with self.step(
                "notifications", "thư điện tử đã tới máy chủ SMTP", "e-mails reached the SMTP server"
            ) as facts:
                received = eventually(lambda: self._mailed(), "the e-mails arrive")
                facts.update(mails=len(received))

    def _received(self) -> list[dict[str, Any]] | None:
        inbox = self._all(self.who("citizen").notifications.inbox)
        return inbox if len(inbox) >= MESSAGES else None

    def _mailed(self) -> list[str] | None:
        mails = [mail for mail in (self.mails() if self.mails else []) if self.citizen["email"] in mail]
        return mails if len(mails) >= MAILS else None

    # 7 ── the auditor
    def audit(self) -> None:
        auditor, about = self.who("auditor"), {"application_id": self.application_id}
        with self.step(
            "applications", "lịch sử đầy đủ từ chuỗi sự kiện", "the whole history from the event stream"
        ) as facts:
            items = auditor.applications.history(**about)["items"]
            facts.update(events=[f"{item['kind']} → {item['status']}" for item in items])
            require([item["version"] for item in items] == list(range(1, len(items) + 1)), "versions are dense from 1")
        for version, at, status in (self.marks[0], self.marks[len(self.marks) // 2], self.marks[-1]):
            with self.step("applications", f"trạng thái tại {at}", "state at that instant") as facts:
                then = auditor.applications.state_at(**about, at=at)
                facts.update(status=then["status"], version=then["version"])
                require(
                    (then["status"], then["version"]) == (status, version),
                    f"replay to {at} gives {status} at version {version}",
                )
        with self.step("applications", "phát lại bằng mô hình đọc", "replay agrees with the read model") as facts:
            verdict = eventually(lambda: self._verified(), "replay equals the read model")
            facts.update({name: verdict[name] for name in ("events", "applications", "first_bad")})
        with self.step(
            "applications",
            "nhật ký đã niêm phong đến sự kiện cuối, không có gì bị sửa",
            "the log is sealed to its last event, nothing altered",
        ) as facts:
            log = eventually(lambda: self._sealed(), "every event is sealed")
            facts.update({name: log[name] for name in ("events", "leaves", "checkpoints", "unsealed")})

    def _verified(self) -> dict[str, Any] | None:
        verdict: dict[str, Any] = self.who("auditor").applications.verify()
        return verdict if verdict["first_bad"] is None and verdict["events"] > 0 else None

    def _sealed(self) -> dict[str, Any] | None:
        log: dict[str, Any] = self.who("auditor").applications.verify()["log"]
        require(log["ok"], f"the log is whole: {log['first_bad']}")
        return log if log["unsealed"] == 0 and log["leaves"] == log["events"] > 0 else None


def pay_at_gateway(redirect_url: str) -> str:
    """What the payer's browser does: open the gateway's page, then confirm. The title of the page."""
    with urllib.request.urlopen(redirect_url, timeout=10) as page:
        text = page.read().decode()
    title = text.split("<title>")[1].split("</title>")[0] if "<title>" in text else ""
    parts = urllib.parse.urlsplit(redirect_url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    fields = urllib.parse.urlencode({**query, "choice": "success"}).encode()
    confirm = urllib.request.Request(f"{parts.scheme}://{parts.netloc}{parts.path}", data=fields, method="POST")
    opener = urllib.request.build_opener(_StayHere())
    opener.open(confirm, timeout=10).read()
    return title


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The gateway sends the browser back to the portal; the journey has seen enough by then."""

    def redirect_request(self, *_about: Any) -> None:
        return None

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp

    http_error_303 = http_error_302
