"""The classic calls as senders of today make them: one door, ``{session, madonvi, service, …}``, and the old answers.

An answer has ``error_code``, ``message`` and ``result``; senders read the words ``thành công`` and ``đã tồn tại``.
Nobody has to look up first or say whether it is an update: the same content is a success that changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from services.interchange.domain.dossiers import DOSSIER, PROGRESS
from services.interchange.errors import SenderUnknown, SessionEnded
from services.interchange.mirroring.intake import UNCHANGED, StatementOrigin
from services.interchange.mirroring.mirror import DONE, IN_PART, MirrorDesk, answer_of
from services.interchange.mirroring.senders import LIFETIME, Sender, Senders

if TYPE_CHECKING:
    from services.interchange.clients import AgencyList, ProcedureCatalogue, ProcedureList

SIGN_IN_AGAIN, WRONG_CALL, FOREIGN_UNIT = "401", "400", "403"
MOST = 500  # records of one call
PAGE = 500
PAGES = 40


class ClassicCalls:
    """Answers the classic calls."""

    def __init__(self, mirror: MirrorDesk, senders: Senders) -> None:
        self.mirror, self.senders = mirror, senders

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(MirrorDesk.from_settings(settings), Senders.from_settings(settings))

    def open_session(self, username: str, password: str) -> Json:
        """→ ``{session, expires_in, error_code, message}``"""
        try:
            session = self.senders.open(username, password)
        except SenderUnknown as refused:
            return classic_answer(SIGN_IN_AGAIN, refused.text(), None)
        return {**classic_answer(DONE, "Đăng nhập thành công", None), "session": session, "expires_in": LIFETIME}

    def classic_call(
        self,
        session: str,
        operation: str,
        unit: str | None,
        arguments: Mapping[str, object],
        catalog: ProcedureCatalogue,
    ) -> Json:
        """→ ``{error_code, message, result}``, with the outcome of each record beside it."""
        try:
            sender = self.senders.of_session(session)
        except SessionEnded as refused:
            return classic_answer(SIGN_IN_AGAIN, refused.text(), None)
        if unit is not None and unit != sender.unit:
            return classic_answer(FOREIGN_UNIT, f"madonvi {unit} không phải đơn vị của phiên này ({sender.unit})", None)
        call = _CALLS.get(operation)
        if call is None:
            return classic_answer(WRONG_CALL, f"Không có dịch vụ {operation}; có: {', '.join(_CALLS)}", None)
        return call(self, sender, arguments, catalog)

    def dossiers(self, sender: Sender, arguments: Mapping[str, object], _catalog: object) -> Json:
        return self._records(sender, DOSSIER, arguments)

    def progress(self, sender: Sender, arguments: Mapping[str, object], _catalog: object) -> Json:
        return self._records(sender, PROGRESS, arguments)

    def _records(self, sender: Sender, kind: str, arguments: Mapping[str, object]) -> Json:
        records = arguments.get("data")
        if not isinstance(records, list) or not 0 < len(records) <= MOST:
            return classic_answer(WRONG_CALL, f"data phải là danh sách 1–{MOST} bản ghi", None)
        outcomes = self.mirror.take(StatementOrigin(sender.source, sender.source), kind, records)
        answer = answer_of(outcomes)
        if kind == DOSSIER and all(outcome.outcome == UNCHANGED for outcome in outcomes):
            answer["message"] += " (đã tồn tại, không thay đổi)"
        return {**answer, "result": answer["items"]}

    def look_up(self, sender: Sender, arguments: Mapping[str, object], _catalog: object) -> Json:
        number = arguments.get("mahoso")
        if not isinstance(number, str):
            return classic_answer(WRONG_CALL, "thiếu mahoso", None)
        try:
            state = self.mirror.state_of(sender.source, number)
        except Refusal as refused:
            return classic_answer(IN_PART, refused.text(), [])
        content = {**state["facts"], "MaHoSo": state["number"], "TrangThaiHoSo": state["status"]}
        return classic_answer(DONE, "Tra cứu thành công: hồ sơ đã tồn tại", [{**content, "LichSu": state["history"]}])

    def procedures(self, _sender: Sender, _arguments: object, catalog: ProcedureCatalogue) -> Json:
        rows = [
            {"MATTHC": item["code"], "TENTTHC": item["title"]["vi"], "MALINHVUC": item["field"]["code"]}
            for item in _all_of(lambda cursor: catalog.search(text="", limit=PAGE, cursor=cursor))
        ]
        return classic_answer(DONE, "thành công", rows)

    def fields(self, _sender: Sender, _arguments: object, catalog: ProcedureCatalogue) -> Json:
        facets = catalog.search(text="", limit=1, facets=True)["facets"]["field"]
        rows = [
            {"MALINHVUC": row["value"], "TENLINHVUC": (row["name"] or {}).get("vi") or row["value"]} for row in facets
        ]
        return classic_answer(DONE, "thành công", rows)

    def agencies(self, _sender: Sender, _arguments: object, catalog: ProcedureCatalogue) -> Json:
        items = _all_of(lambda cursor: catalog.agencies(limit=PAGE, cursor=cursor))
        rows = [{"MADONVI": item["code"], "TENDONVI": _words(item["name"])} for item in items]
        return classic_answer(DONE, "thành công", rows)


_CALLS = {
    "DongBoHoSoMC": ClassicCalls.dossiers,
    "CapNhatTienDoHoSoMC": ClassicCalls.progress,
    "TraCuuHoSo": ClassicCalls.look_up,
    "LayDanhSachTTHC": ClassicCalls.procedures,
    "LayDanhMucCoQuan": ClassicCalls.agencies,
    "LayDanhMucLinhVuc": ClassicCalls.fields,
}


def _all_of(ask: Callable[[str | None], ProcedureList | AgencyList]) -> list[Json]:
    items, cursor = [], None
    for _ in range(PAGES):
        page = ask(cursor)
        items += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    return items


def _words(name: object) -> str:
    return str(name.get("vi")) if isinstance(name, dict) else str(name)


def classic_answer(error_code: str, message: str, result: object) -> Json:
    return {"error_code": error_code, "message": message, "result": result}
