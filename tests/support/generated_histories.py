"""Made-up histories of applications as their events are published: 63 provinces, every road through the statuses.

Nobody's data: everything is drawn from a seed, so that a run can be repeated anywhere. One history at a time, so that
a country's worth needs no more memory than one application.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]
FIRST = datetime(2025, 1, 2, 1, 0, tzinfo=UTC)
SPAN_DAYS = 540  # submissions are spread over a year and a half, across the reform of July 2025
FIELDS = ("ho-tich", "dat-dai", "doanh-nghiep", "xay-dung", "cu-tru")
COMMUNES = 2

# Code, field, level and fee of each.
PROCEDURES = [
    (f"{1 + n // 10}.{100_000 + n}", FIELDS[n % len(FIELDS)], 2 + n % 3, (0, 0, 50_000, 150_000)[n % 4])
    for n in range(24)
]


def agencies(province_codes: list[str]) -> list[dict[str, Any]]:
    """Per province a department and its communes, as ``agency_created.v1`` says them, all before the reform."""
    rows = []
    for code in province_codes:
        rows.append(_agency(f"H{code}", f"Sở Tư pháp tỉnh {code}", None, code))
        rows += [
            _agency(f"H{code}.{number:02}", f"Ủy ban nhân dân xã {code}-{number}", f"H{code}", code)
            for number in range(1, COMMUNES + 1)
        ]
    return rows


def _agency(code: str, name: str, parent: str | None, province: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "parent_code": parent,
        "province_code": province,
        "created_at": "2024-12-01T02:00:00+00:00",
    }


def procedures() -> list[dict[str, Any]]:
    """The catalogue as ``procedure_published.v1`` says it; every agency offers everything."""
    return [
        {"code": code, "version": 1, "field": field, "level": level, "agency_codes": [], "has_fees": fee > 0}
        for code, field, level, fee in PROCEDURES
    ]


def histories(count: int, province_codes: list[str], seed: int = 766) -> Iterator[list[Event]]:
    """``count`` applications, each a list of events in the order of its stream. Positions count on through all."""
    chance = random.Random(seed)
    codes = [row["code"] for row in agencies(province_codes)]
    position = 0
    for number in range(count):
        history = _History(chance, chance.choice(codes), number, position)
        events = history.as_events()
        position += len(events)
        yield events


class _History:
    """One application on its way."""

    def __init__(self, chance: random.Random, agency_code: str, number: int, position: int) -> None:
        self.chance, self.position = chance, position
        self.procedure_code, _field, self.level, self.fee = chance.choice(PROCEDURES)
        self.channel = chance.choices(("online", "counter", "post"), (6, 3, 1))[0]
        self.at = FIRST + timedelta(minutes=chance.randrange(SPAN_DAYS * 24 * 60))
        self.due: datetime | None = None
        self.common = {
            "application_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "reference": f"{agency_code}-{number:07}",
            "procedure_code": self.procedure_code,
            "procedure_version": 1,
            "agency_code": agency_code,
            "applicant_id": f"applicant-{number % 1000}",
        }
        self.events: list[Event] = []

    def as_events(self) -> list[Event]:
        self._record("application_started", "draft", "citizen", channel=self.channel, level=self.level)
        for paper in range(self.chance.randrange(3)):
            self._record("application_attached", "draft", "citizen", minutes=2, attachment_id=f"paper-{paper}")
        if self.chance.random() < 0.03:
            return self.events  # a draft for ever
        self._submitted()
        road = self.chance.random()
        if road < 0.05:
            self._record("intake_refused", "intake_refused", "intake_officer", minutes=self._some(3))
        elif road > 0.06:
            self._handled()
        return self.events

    def _submitted(self) -> None:
        paper_flags = {"reused": self.chance.random() < 0.3, "from_store": self.chance.random() < 0.2}
        self._record(
            "application_submitted", "submitted", "citizen", minutes=self._some(1), channel=self.channel,
            level=self.level, quote={"total": {"amount": self.fee, "currency": "VND"}},
            verified_sign_in=self.channel == "online" and self.chance.random() < 0.8,
            **(paper_flags if self.chance.random() < 0.9 else {}),
        )  # fmt: skip

    def _handled(self) -> None:
        promised = self.chance.randrange(1, 20)
        accepted_after = self._some(2)
        self.due = self._moment(accepted_after) + timedelta(days=promised)
        if self.chance.random() < 0.03:
            self.due = None
        self._record(
            "application_accepted", "accepted", "intake_officer", minutes=accepted_after, due_at=self._due_text()
        )
        if self.fee and self.chance.random() < 0.8:
            self._paid("accepted")
        self._record("application_assigned", "in_processing", "approver", minutes=self._some(1))
        for _ in range(self.chance.choices((0, 1, 2, 3), (70, 22, 6, 2))[0]):
            if not self._supplement():
                return
        if self.due and self.chance.random() < 0.06:
            previous, self.due = self.due, self.due + timedelta(days=5)
            self._record(
                "deadline_extended", "in_processing", "case_officer", minutes=60, due_at=self._due_text(),
                previous_due_at=previous.isoformat(),
            )  # fmt: skip
        self._ended()

    def _paid(self, status: str) -> None:
        self._record(
            "fee_settled", status, "system", minutes=5, how="paid" if self.chance.random() < 0.95 else "waived",
            method=self.chance.choice(("vnpay", "vietqr", "cash", "transfer")),
            amount={"amount": self.fee, "currency": "VND"},
        )  # fmt: skip

    def _supplement(self) -> bool:
        """Whether handling goes on afterwards."""
        self._record("supplement_requested", "supplement_requested", "case_officer", minutes=self._some(3))
        if self.chance.random() < 0.1:
            if self.chance.random() < 0.5:
                self._record("application_stopped", "stopped", "system", minutes=self._some(40), cause="limit")
            return False
        waited = self._some(10)
        if self.due:
            self.due += timedelta(minutes=waited)
        self._record("application_supplemented", "in_processing", "citizen", minutes=waited, due_at=self._due_text())
        return True

    def _ended(self) -> None:
        road = self.chance.random()
        if road < 0.04:
            self._record("withdrawal_requested", "withdrawal_requested", "citizen", minutes=self._some(4))
            self._record("application_withdrawn", "withdrawn", "intake_officer", minutes=self._some(2))
        elif road < 0.07:
            self._record("application_stopped", "stopped", "approver", minutes=self._some(10), cause="approver")
        elif road < 0.14:
            self._record("application_rejected", "rejected", "approver", minutes=self._some(18))
            if self.chance.random() < 0.5:
                self._appeal()
        elif road < 0.95:
            self._approved()

    def _appeal(self) -> None:
        self._record("appealed", "rejected", "citizen", minutes=self._some(20), appeal_id="a")
        if self.chance.random() < 0.5:
            self.due = self._moment(600) + timedelta(days=10)
            self._record(
                "appeal_upheld", "in_processing", "approver", minutes=600, due_at=self._due_text(), appeal_id="a"
            )
            self._approved()

    def _approved(self) -> None:
        electronic = {"electronic_result": self.chance.random() < 0.7} if self.chance.random() < 0.95 else {}
        self._record("application_approved", "approved", "approver", minutes=self._some(18), **electronic)
        if self.chance.random() < 0.9:
            self._record("result_returned", "result_returned", "intake_officer", minutes=self._some(3))
            if self.chance.random() < 0.3:
                self._record(
                    "application_rated", "result_returned", "citizen", minutes=self._some(5),
                    stars=self.chance.choices((1, 2, 3, 4, 5), (4, 6, 10, 30, 50))[0],
                )  # fmt: skip

    def _some(self, days: int) -> int:
        """Minutes up to so many days, now and then to the very end of one."""
        return self.chance.randrange(1, days * 24 * 60)

    def _moment(self, minutes: int) -> datetime:
        return self.at + timedelta(minutes=minutes)

    def _due_text(self) -> str | None:
        return self.due.isoformat() if self.due else None

    def _record(self, kind: str, status: str, role: str, minutes: int = 1, **facts: Any) -> None:
        self.at = self._moment(minutes)
        self.position += 1
        data = {
            **self.common,
            "status": status,
            "version": len(self.events) + 1,
            "at": self.at.isoformat(),
            "by": {"account_id": role, "role": role, "agency_code": self.common["agency_code"], "on_behalf_of": None},
            **facts,
        }
        self.events.append({"id": f"applications:{self.position}@00000000", "type": f"{kind}.v1", "data": data})
