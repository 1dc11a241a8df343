"""Records in the structured layout: nested tables, each cell a text of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from infra.chassis.json_types import Json
from services.catalog.importing.channels import ChannelRow, read_channels
from services.catalog.importing.definition import Cells, definition, pointer_token
from services.catalog.importing.fees.structured import fees_of_cell
from services.catalog.importing.findings import Finding, Findings
from services.catalog.importing.legal import law
from services.catalog.importing.papers import requirement
from services.catalog.importing.parties import audience_of, authority_of
from services.catalog.importing.words import says_nothing, squeezed, vietnamese_only

TOP = frozenset(("thu_tuc_id", "metadata", "content", "tables"))
METADATA = ("mã_thủ_tục", "tên_thủ_tục", "số_quyết_định", "cấp_thực_hiện", "loại_thủ_tục", "lĩnh_vực")
CONTENT_PARSED = ("đối_tượng_thực_hiện", "cơ_quan_thực_hiện", "cơ_quan_có_thẩm_quyền", "kết_quả_thực_hiện")
CONTENT_UNPARSED = (
    "trình_tự_thực_hiện", "cách_thức_thực_hiện", "cơ_quan_phối_hợp", "địa_chỉ_tiếp_nhận_hs",
    "yêu_cầu_điều_kiện_thực_hiện",
)  # fmt: skip
TABLES = {
    "hinh_thuc_nop": frozenset(("hinh_thuc", "thoi_han_giai_quyet", "phi_le_phi")),
    "thanh_phan_ho_so": frozenset(("ten_giay_to", "so_luong", "ghi_chu")),
    "can_cu_phap_ly": frozenset(("so_ky_hieu", "trich_yeu")),
}
COPIES = re.compile(r"Bản chính:\s*(\d+)\s*Bản sao:\s*(\d+)\s*")


def parse_structured(record: Mapping[str, object]) -> tuple[Json, list[Finding]]:
    """The definition a structured record amounts to, and everything an editor should know about it."""
    metadata = _mapping(record, "metadata")
    code = squeezed(str(metadata.get("mã_thủ_tục") or record.get("thu_tuc_id") or ""))
    findings = Findings(code)
    _check_shape(record, findings)
    about = Cells(metadata, findings, frozenset(METADATA), "/metadata")
    content = Cells(_mapping(record, "content"), findings, frozenset(CONTENT_PARSED + CONTENT_UNPARSED), "/content")
    title = _checked_title(record, code, about, findings)
    built = definition(
        record=record,
        findings=findings,
        layout="structured",
        code=code,
        title=title,
        field=about.text("lĩnh_vực"),
        audience=audience_of(content.text("đối_tượng_thực_hiện"), findings, "/content/đối_tượng_thực_hiện"),
        authority=authority_of(
            about.text("cấp_thực_hiện"),
            [content.text("cơ_quan_có_thẩm_quyền"), content.text("cơ_quan_thực_hiện")],
            findings,
            "/metadata/cấp_thực_hiện",
        ),
        ways=_ways(record, findings),
        requirements=_papers(record, findings),
        results=_results(content.text("kết_quả_thực_hiện"), findings),
        laws=[
            law(cells.text("so_ky_hieu"), cells.text("trich_yeu"), findings, path)
            for path, cells in _rows(record, "can_cu_phap_ly", findings)
        ],
    )
    about.keep("số_quyết_định", "loại_thủ_tục")
    content.keep(*CONTENT_UNPARSED)
    return built, findings.list()


def _checked_title(record: Mapping[str, object], code: str, about: Cells, findings: Findings) -> str:
    """The title; reports what a record must have and this one has not, and codes that contradict each other."""
    if record.get("thu_tuc_id", code) != code:
        findings.add("/thu_tuc_id", str(record["thu_tuc_id"]), "codes_differ")
    title = squeezed(about.text("tên_thủ_tục"))
    findings.add("/metadata/mã_thủ_tục", "", *(() if code else ("code_missing",)))
    findings.add("/metadata/tên_thủ_tục", "", *(() if title else ("title_missing",)))
    findings.add("/metadata/lĩnh_vực", "", *(() if about.text("lĩnh_vực").strip() else ("field_missing",)))
    return title


def _check_shape(record: Mapping[str, object], findings: Findings) -> None:
    """Reports parts of the record that have no place in this layout or the wrong shape."""
    Cells(record, findings, TOP)
    for name in ("metadata", "content", "tables"):
        if not isinstance(record.get(name), Mapping):
            findings.add(f"/{name}", str(record.get(name)), "field_wrong_type")
    for name, rows in _mapping(record, "tables").items():
        if name not in TABLES:
            findings.add(f"/tables/{pointer_token(name)}", str(rows), "field_unknown")
        elif not isinstance(rows, list):
            findings.add(f"/tables/{pointer_token(name)}", str(rows), "field_wrong_type")


def _mapping(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _rows(record: Mapping[str, object], table: str, findings: Findings) -> Iterator[tuple[str, Cells]]:
    rows = _mapping(record, "tables").get(table)
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        path = f"/tables/{table}/{at}"
        if isinstance(row, Mapping):
            yield path, Cells(row, findings, TABLES[table], path)
        else:
            findings.add(path, str(row), "field_wrong_type")


def _ways(record: Mapping[str, object], findings: Findings) -> Json:
    rows = [
        ChannelRow(
            cells.text("hinh_thuc"),
            cells.text("thoi_han_giai_quyet"),
            fees_of_cell(cells.text("phi_le_phi")),
            "",
            path,
            _row_text(cells),
        )
        for path, cells in _rows(record, "hinh_thuc_nop", findings)
    ]
    return read_channels(rows, findings, "/tables/hinh_thuc_nop")


def _row_text(cells: Cells) -> str:
    return " · ".join(
        cells.text(name) for name in ("hinh_thuc", "thoi_han_giai_quyet", "phi_le_phi") if cells.text(name)
    )


def _papers(record: Mapping[str, object], findings: Findings) -> list[Json]:
    papers: list[Json] = []
    ids: set[str] = set()
    for path, cells in _rows(record, "thanh_phan_ho_so", findings):
        name, files, copies = cells.text("ten_giay_to"), cells.text("so_luong"), COPIES.fullmatch(cells.text("ghi_chu"))
        if files.strip():
            # In these records the column of quantities holds the forms' file names, that of remarks the quantities.
            findings.add(path, files, "form_file_without_link")
        if copies is None:
            findings.add(path, cells.text("ghi_chu"), "paper_count_ambiguous")
        original, copy = (int(copies[1]), int(copies[2])) if copies else (None, 0)
        papers.append(requirement(name, original, copy, "", squeezed(files) or None, findings, path, ids))
    if not papers:
        findings.add("/tables/thanh_phan_ho_so", "", "papers_missing")
    return papers


def _results(text: str, findings: Findings) -> list[Json]:
    if says_nothing(text):
        return []
    findings.add("/content/kết_quả_thực_hiện", text, "result_without_code")
    return [{"code": None, "name": vietnamese_only(squeezed(text)), "validity": None}]
