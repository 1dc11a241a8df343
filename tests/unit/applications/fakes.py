"""A small catalogue of these tests' own, and the neighbours as fakes that answer from it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from infra.chassis.refusals import Forwarded, ServiceUnavailable
from infra.working_time.records import CalendarReply, DayRecord

if TYPE_CHECKING:
    from services.applications.clients import DelegationReply, DelegationsReply, PostsReply, ProcedureDefinition, Quote

PROCEDURE: dict[str, Any] = {
    "code": "9.000001",
    "version": 1,
    "status": "in_force",
    "title": {"vi": "Thủ tục thử", "en": "A procedure for tests"},
    "level": 4,
    "authority": {"level": "commune", "name": {"vi": "UBND xã", "en": "Commune"}, "agency_codes": ["H01.01"]},
    "channels": {
        "online": {"processing_time": {"amount": 3, "unit": "working_days"}},
        "counter": {"processing_time": {"amount": 5, "unit": "working_days"}},
    },
    "requirements": [
        {
            "id": "to-khai",
            "name": {"vi": "Tờ khai", "en": "Form"},
            "required": True,
            "condition": None,
            "register": None,
        },
        {"id": "anh", "name": {"vi": "Ảnh", "en": "Photo"}, "required": False, "condition": None, "register": None},
    ],
    "form": {
        "type": "object",
        "required": ["ho_ten"],
        "properties": {"ho_ten": {"type": "string", "minLength": 1}, "ghi_chu": {"type": "string"}},
        "additionalProperties": False,
    },
    "limits": {"supplement_days": 30, "payment_days": 15},
    "may_pause": True,
    "may_extend": True,
}
FEES = {"intake": 8_000, "supplement": 20_000, "result": 30_000}
HOLIDAYS = {
    2026: [("2026-01-01", "holiday"), ("2026-04-30", "holiday"), ("2026-05-01", "holiday"), ("2026-09-02", "holiday")],
    2027: [("2027-01-01", "holiday")],
}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\nxref\n0 0\ntrailer << >>\nstartxref\n45\n%%EOF\n"


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "VND"}


def quote_of(*moments: str) -> Any:
    items = [
        {
            "fee_id": f"phi-{moment}",
            "kind": "charge",
            "name": {"vi": "Phí", "en": "Fee"},
            "amount": money(FEES[moment]),
            "collected_at": moment,
            "reason": {"vi": "", "en": ""},
            "legal_basis": None,
        }
        for moment in moments
    ]
    total = money(sum(FEES[moment] for moment in moments))
    return {"code": PROCEDURE["code"], "version": 1, "channel": "online", "items": items, "total": total}


NO_AGENCY = "H99.99"  # nobody has recorded it


class Catalog:
    """The catalogue as applications asks it."""

    def __init__(self, *moments: str, **changes: Any) -> None:
        self.definition: Any = deepcopy(PROCEDURE) | changes
        self.moments = moments
        self.days = {year: list(days) for year, days in HOLIDAYS.items()}
        self.silent = False
        self.merged: dict[str, str] = {}

    def procedure(self, *, code: str, version: int | None = None) -> ProcedureDefinition:
        self._answer()
        if code != self.definition["code"]:
            raise Forwarded("ProcedureNotFound", "Không tìm thấy thủ tục.")
        definition: ProcedureDefinition = deepcopy(self.definition)
        return definition

    def quote(self, *, code: str, channel: str, version: int, choices: dict[str, Any], quantity: int) -> Quote:
        self._answer()
        quote: Quote = quote_of(*self.moments) | {"channel": channel, "version": version}
        return quote

    def calendar(self, *, year: int) -> CalendarReply:
        self._answer()
        days: list[DayRecord] = [
            {"date": on, "kind": kind, "name": {"vi": "Nghỉ lễ", "en": "Holiday"}}
            for on, kind in self.days.get(year, [])
        ]
        return {"year": year, "days": days, "version": 1}

    def agency(self, *, code: str, at: str | None = None) -> dict[str, Any]:
        self._answer()
        if code == NO_AGENCY:
            raise Forwarded("AgencyUnknown", "Không có cơ quan.")
        return {"code": code, "carried_on_by": self.merged.get(code, code)}

    def _answer(self) -> None:
        if self.silent:
            raise ServiceUnavailable(service="catalog")


class Identity:
    """Delegations in force: (delegate, principal, procedure); ``posts_held``: roles by account and agency."""

    def __init__(self, *delegations: tuple[str, str, str]) -> None:
        self.delegations = set(delegations)
        self.posts_held: dict[str, dict[str, list[str]]] = {"case-1": {"H01.01": ["case_officer"]}}

    def posts(self, *, account_id: str) -> PostsReply:
        posts = self.posts_held.get(account_id, {})
        return {"items": [{"agency_code": code, "roles": roles} for code, roles in posts.items()]}

    def delegations_in_force(self, *, delegate_account_id: str) -> DelegationsReply:
        return {
            "items": [
                {"principal_account_id": principal, "scope": [scope]}
                for delegate, principal, scope in sorted(self.delegations)
                if delegate == delegate_account_id
            ]
        }

    def delegation_for(
        self,
        *,
        delegate_account_id: str,
        scope: str,
        principal_citizen_number: str | None = None,
        principal_account_id: str | None = None,
    ) -> DelegationReply:
        principal = principal_account_id or f"of-{principal_citizen_number}"
        if (delegate_account_id, principal, scope) not in self.delegations:
            raise Forwarded("DelegationNotFound", "Không có ủy quyền.")
        return {"principal_account_id": principal, "principal_name": "Lê Thị Ủy Quyền"}
