"""Papers, results, laws, authorities and audiences of official records."""

import pytest

from services.catalog.importing.findings import Findings
from services.catalog.importing.legal import HEADER as LAWS
from services.catalog.importing.legal import law, laws_of_table
from services.catalog.importing.papers import HEADER, count_of, form_of, papers_of_table
from services.catalog.importing.parties import audience_of, authority_of
from services.catalog.importing.results import results_of


def kinds(findings: Findings) -> list[str]:
    return [finding.kind for finding in findings.list()]


def test_papers_that_run_together_are_told_apart_by_their_counts() -> None:
    findings = Findings("1")
    table = (
        f"--{HEADER}Tờ khai theo mẫu1 bản chínhHợp đồng (01 bản chính hoặc bản sao)1 bản chính,2 bản sao"
        "Ảnh màu0 bản chính,1 bản sao"
    )
    papers = papers_of_table(table, findings, "/p")
    assert [(paper["name"]["vi"], paper["original"], paper["copy"]) for paper in papers] == [
        ("Tờ khai theo mẫu", 1, 0),
        ("Hợp đồng (01 bản chính hoặc bản sao)", 1, 2),
        ("Ảnh màu", 0, 1),
    ]
    assert kinds(findings) == []


@pytest.mark.parametrize(
    ("name", "digits", "name_left", "count"),
    [
        ("Nghị định 102/2020/NĐ-CP", "1", "", 1),
        ("ban hành ngày 26/12/", "20251", "2025", 1),
        ("năm ", "20262", "2026", 2),
        ("kèm theo ", "01", "", 1),
        ("Mẫu số ", "181", "181", None),
        ("Mẫu số ", "091", "09", 1),
        ("Phụ lục ", "032", "03", 2),
        ("Mẫu số ", "0912", "0912", None),
        ("tỷ lệ 1:10.", "0001", "0001", None),
    ],
)
def test_a_count_is_taken_only_where_it_can_be_told_from_the_name(
    name: str, digits: str, name_left: str, count: int | None
) -> None:
    assert count_of(name, digits) == (name_left, count)


def test_a_count_that_cannot_be_told_is_reported() -> None:
    findings = Findings("1")
    papers = papers_of_table(f"{HEADER}Tờ khai Mẫu số 181 bản chính", findings, "/p")
    assert (papers[0]["name"]["vi"], papers[0]["original"]) == ("Tờ khai Mẫu số 181", 0)
    assert kinds(findings) == ["paper_count_ambiguous"]


@pytest.mark.parametrize(
    ("row", "name", "original", "copies", "faults"),
    [
        ("Đơn đề nghị : 01 bản chính1 bản chính", "Đơn đề nghị", 1, 0, []),
        ("Đơn đề nghị (01 bản chính)1 bản chính", "Đơn đề nghị", 1, 0, []),
        ("Đơn đề nghị: 2 bản chính1 bản chính", "Đơn đề nghị", 1, 0, ["paper_count_ambiguous"]),
        ("Tờ khai Mẫu số 091 bản chính,1 bản sao", "Tờ khai Mẫu số 09", 1, 1, []),
    ],
)
def test_a_count_that_the_name_repeats_invents_no_second_paper(
    row: str, name: str, original: int, copies: int, faults: list[str]
) -> None:
    findings = Findings("1")
    papers = papers_of_table(f"{HEADER}{row}Ảnh màu1 bản chính", findings, "/p")
    first, second = [(paper["name"]["vi"], paper["original"], paper["copy"]) for paper in papers]
    assert first == (name, original, copies)
    assert second == ("Ảnh màu", 1, 0)
    assert kinds(findings) == faults


def test_a_count_without_any_name_asks_for_nothing_and_is_reported() -> None:
    findings = Findings("1")
    (paper,) = papers_of_table(f"{HEADER}1 bản chính", findings, "/p")
    assert not paper["required"]
    assert kinds(findings) == ["paper_text_not_understood"]


def test_headings_between_papers_become_their_condition_or_their_group() -> None:
    table = f"* Giấy tờ phải nộp:{HEADER}Đơn1 bản chínhTrường hợp ủy quyền:{HEADER}Giấy ủy quyền1 bản chính"
    first, second = papers_of_table(table, Findings("1"), "/p")
    assert (first["group"], first["condition"], first["required"]) == ("* Giấy tờ phải nộp", None, True)
    assert (second["condition"], second["required"]) == ("Trường hợp ủy quyền:", False)


def test_a_paper_that_says_if_any_is_not_required() -> None:
    (paper,) = papers_of_table(f"{HEADER}Giấy ủy quyền (nếu có)1 bản chính", Findings("1"), "/p")
    assert (paper["required"], paper["condition"]) == (False, "Nếu có")


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        ("Đơn đề nghị theo mẫuTK 1.docx", "Đơn đề nghị theo mẫu", "TK 1.docx"),
        ("Đơn theo Nghị định số 33/2026/NĐ-CPMẫu số 25.docx", "Đơn theo Nghị định số 33/2026/NĐ-CP", "Mẫu số 25.docx"),
        ("Đơn theo mẫu;Mẫu 04 - Đơn.doc", "Đơn theo mẫu;", "Mẫu 04 - Đơn.doc"),
        ("Đơn đề nghị", "Đơn đề nghị", None),
        ("Đơn;Mẫu I.1.8.docx", None, "Đơn;Mẫu I.1.8.docx"),
    ],
)
def test_a_forms_file_is_parted_from_the_paper_at_a_single_seam_only(
    text: str, name: str | None, form: str | None
) -> None:
    assert form_of(text) == (name, form)


def test_text_that_is_no_table_of_papers_is_reported() -> None:
    findings = Findings("1")
    assert papers_of_table("Bước 2. Nộp hồ sơ", findings, "/p") == []
    assert kinds(findings) == ["paper_text_not_understood"]


def test_results_carry_their_codes_and_leave_the_page_furniture() -> None:
    findings = Findings("1")
    text = (
        "Giấy phépMã: KQ.G01.000185Văn bản từ chốiMã: 000.00.00.G04-KQ0345Từ khóaKhông có thông tinMô tảSố lượng: 02 bộ"
        "Chọn cơ quan thực hiệnBộ ngànhNộp hồ sơ"
    )
    assert [(result["code"], result["name"]["vi"]) for result in results_of(text, findings, "/r")] == [
        ("KQ.G01.000185", "Giấy phép"),
        ("000.00.00.G04-KQ0345", "Văn bản từ chối"),
    ]
    assert [(finding.kind, finding.text) for finding in findings.list()] == [("kept_as_text", "Số lượng: 02 bộ")]


def test_a_result_without_a_code_keeps_its_name() -> None:
    findings = Findings("1")
    assert results_of("Giấy chứng nhận", findings, "/r")[0]["name"]["vi"] == "Giấy chứng nhận"
    assert kinds(findings) == ["result_without_code"]


def test_laws_that_run_together_are_told_apart_by_their_numbers() -> None:
    table = (
        f"{LAWS}Luật Hộ tịch60/2014/QH13Nghị định số 123/2015/NĐ-CP ngày 15/11/2015 của Chính phủ123/2015/NĐ-CP"
        "Luật Nhà ở số 27/2023/QH1527/2023/QH15Thông tư về phí12/2025/TT-BCA"
    )
    findings = Findings("1")
    assert [(entry["number"], entry["title"], entry["issued"]) for entry in laws_of_table(table, findings, "/l")] == [
        ("60/2014/QH13", "Luật Hộ tịch", None),
        ("123/2015/NĐ-CP", "Nghị định số 123/2015/NĐ-CP ngày 15/11/2015 của Chính phủ", "2015-11-15"),
        ("27/2023/QH15", "Luật Nhà ở số 27/2023/QH15", None),
        ("12/2025/TT-BCA", "Thông tư về phí", None),
    ]
    assert kinds(findings) == []


def test_a_year_in_front_of_a_number_belongs_to_the_title() -> None:
    findings = Findings("1")
    first, second = laws_of_table(
        f"{LAWS}Luật sửa đổi năm 202323/2023/QH15Nghị định ngày 15/5/ 2026.96/2026/NĐ-CP", findings, "/l"
    )
    assert (first["title"], first["number"]) == ("Luật sửa đổi năm 2023", "23/2023/QH15")
    assert second["number"] == "96/2026/NĐ-CP"
    assert kinds(findings) == []


def test_a_number_that_runs_into_other_digits_is_reported() -> None:
    findings = Findings("1")
    laws_of_table(f"{LAWS}Thông tư số 415501/2022/TT-BXD", findings, "/l")
    assert kinds(findings) == ["legal_number_run_together"]


def test_a_law_without_its_full_number_takes_it_from_its_title_or_is_reported() -> None:
    findings = Findings("1")
    assert law("12", "Quyết định số 12/2021/QĐ-TTg về ứng phó sự cố", findings, "/l")["number"] == "12/2021/QĐ-TTg"
    assert kinds(findings) == []
    assert law("54", "Luật Hải quan 2014", findings, "/l")["number"] == "54"
    assert kinds(findings) == ["legal_number_incomplete"]


def test_audiences_with_commas_in_their_names_are_not_torn() -> None:
    findings = Findings("1")
    text = (
        "Công dân Việt Nam, Tổ chức (không bao gồm doanh nghiệp, HTX), Doanh nghiệp, Hộ kinh doanh, "
        "Cán bộ, công chức, viên chức"
    )
    assert sorted(audience_of(text, findings, "/a")) == ["citizen", "enterprise", "household_business", "organisation"]
    assert kinds(findings) == []


def test_an_unknown_audience_is_reported() -> None:
    findings = Findings("1")
    assert audience_of("Phi hành gia", findings, "/a") == []
    assert kinds(findings) == ["audience_unknown"]


def test_of_several_levels_the_first_is_taken_and_all_are_kept() -> None:
    findings = Findings("1")
    authority = authority_of("Cấp tỉnh, Cấp xã", ["Không có thông tin", "Sở Tư pháp"], findings, "/c")
    assert (authority["level"], authority["levels"], authority["name"]["vi"]) == (
        "province",
        ["province", "commune"],
        "Sở Tư pháp",
    )
    assert kinds(findings) == ["several_authority_levels"]


@pytest.mark.parametrize(("level", "expected"), [("Cơ quan khác", "other"), ("", "not_stated")])
def test_a_level_that_is_not_known_is_reported(level: str, expected: str) -> None:
    findings = Findings("1")
    assert authority_of(level, ["Tòa án"], findings, "/c")["level"] == expected
    assert kinds(findings) == ["level_unknown"]
