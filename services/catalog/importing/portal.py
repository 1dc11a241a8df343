"""Records in the national portal's layout: flat fields, whose tables were copied as run-on text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.chassis.json_types import Json
from services.catalog.importing.channels import ChannelRow, read_channels
from services.catalog.importing.definition import Cells, definition
from services.catalog.importing.fees.amounts import Amount, amounts_in
from services.catalog.importing.fees.reading import FeeReading, unclear_fee
from services.catalog.importing.fees.stated_fee import read_fee
from services.catalog.importing.findings import Finding, Findings
from services.catalog.importing.legal import laws_of_table
from services.catalog.importing.papers import papers_of_table
from services.catalog.importing.parties import audience_of, authority_of
from services.catalog.importing.portal_table import TableRow, rows_in
from services.catalog.importing.results import results_of
from services.catalog.importing.words import squeezed

PARSED_FIELDS = (
    "ma_thu_tuc", "ten_thu_tuc", "cap_thuc_hien", "linh_vuc", "doi_tuong_thuc_hien", "co_quan_thuc_hien",
    "co_quan_co_tham_quyen", "cach_thuc_thuc_hien", "thanh_phan_ho_so", "can_cu_phap_ly", "ket_qua_xu_ly",
)  # fmt: skip
UNPARSED_FIELDS = (
    "so_quyet_dinh", "loai_thu_tuc", "dia_chi_tiep_nhan", "co_quan_duoc_uy_quyen", "co_quan_phoi_hop",
    "thu_tuc_lien_quan", "trinh_tu_thuc_hien", "yeu_cau_dieu_kien", "bo_nganh",
)  # fmt: skip
ALL_FIELDS = frozenset(PARSED_FIELDS + UNPARSED_FIELDS)


def parse_portal(record: Mapping[str, object]) -> tuple[Json, list[Finding]]:
    """The definition a portal record amounts to, and everything an editor should know about it."""
    code = squeezed(str(record.get("ma_thu_tuc") or ""))
    findings = Findings(code)
    cells = Cells(record, findings, ALL_FIELDS)
    papers = papers_of_table(cells.text("thanh_phan_ho_so"), findings, "/thanh_phan_ho_so")
    if not papers:
        findings.add("/thanh_phan_ho_so", cells.text("thanh_phan_ho_so"), "papers_missing")
    title = squeezed(cells.text("ten_thu_tuc"))
    findings.add("/ma_thu_tuc", "", *(() if code else ("code_missing",)))
    findings.add("/ten_thu_tuc", "", *(() if title else ("title_missing",)))
    findings.add("/linh_vuc", "", *(() if cells.text("linh_vuc").strip() else ("field_missing",)))
    built = definition(
        record=record,
        findings=findings,
        layout="portal",
        code=code,
        title=title,
        field=cells.text("linh_vuc"),
        audience=audience_of(cells.text("doi_tuong_thuc_hien"), findings, "/doi_tuong_thuc_hien"),
        authority=authority_of(
            cells.text("cap_thuc_hien"),
            [cells.text("co_quan_co_tham_quyen"), cells.text("co_quan_thuc_hien")],
            findings,
            "/cap_thuc_hien",
        ),
        ways=_ways(cells.text("cach_thuc_thuc_hien"), findings),
        requirements=papers,
        results=results_of(cells.text("ket_qua_xu_ly"), findings, "/ket_qua_xu_ly"),
        laws=laws_of_table(cells.text("can_cu_phap_ly"), findings, "/can_cu_phap_ly"),
    )
    cells.keep(*UNPARSED_FIELDS)
    return built, findings.list()


def _ways(table: str, findings: Findings) -> Json:
    path = "/cach_thuc_thuc_hien"
    rows, outside = rows_in(table)
    if outside.strip():
        findings.add(path, outside, "channel_text_not_understood")
    return read_channels([_channel_row(row, path) for row in rows], findings, path)


def _channel_row(row: TableRow, path: str) -> ChannelRow:
    return ChannelRow(row.channel, row.time, (_fee(row),), row.description, path, row.text, row.run_together)


def _fee(row: TableRow) -> FeeReading:
    if row.run_together:
        # Where the time ends and the amount begins cannot be told; what the description means is a proposal at most.
        return unclear_fee(proposal=read_fee(None, row.note).proposal)
    if not row.fee:
        return unclear_fee("fee_text_not_understood")
    return read_fee(stated_amount(row.fee), row.note, online=row.channel == "Trực tuyến")


def stated_amount(cell: str) -> Amount | None:
    """The amount of a fee cell; None when it names none."""
    if cell == "Miễn phí":
        return Amount(0, "VND")
    return next(iter(amounts_in(re.sub(r"(?<=\d)(?=[A-Za-zĐđ])", " ", cell))), None)
