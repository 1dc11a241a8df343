"""What an import could not take over as it stands: one finding per record and field, and the report an editor works from.

A finding never stands for lost text: the text stays in the definition's `source`, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

LONGEST_TEXT = 300
EXAMPLES_PER_KIND = 5

# kind -> (must an editor decide?, Vietnamese, English)
KINDS: dict[str, tuple[bool, str, str]] = {
    "record_unreadable": (True, "Bản ghi không đọc được", "the record cannot be read"),
    "code_missing": (True, "Bản ghi không có mã thủ tục", "the record has no procedure code"),
    "title_missing": (True, "Bản ghi không có tên thủ tục", "the record has no title"),
    "codes_differ": (True, "Bản ghi mang hai mã khác nhau", "the record carries two different codes"),
    "code_twice_in_file": (
        True,
        "Mã thủ tục xuất hiện nhiều lần trong tệp",
        "the code stands more than once in the file",
    ),
    "publication_refused": (True, "Danh mục từ chối bản ghi", "the catalogue refused the record"),
    "field_unknown": (True, "Trường lạ, giữ nguyên văn", "a field this layout does not know, kept as it is"),
    "field_wrong_type": (True, "Trường sai kiểu dữ liệu", "a field holds something else than text"),
    "channels_missing": (True, "Không có cách thức nộp nào đọc được", "no way of filing could be read"),
    "channel_text_not_understood": (
        True,
        "Cách thức thực hiện không tách được",
        "text outside the rows of the channel table",
    ),
    "channel_unknown": (True, "Hình thức nộp lạ", "an unknown way of filing"),
    "duration_not_stated": (False, "Không nêu thời hạn", "no time is stated"),
    "no_result_to_return": (False, "Không phải trả kết quả", "the office returns no result, so no time runs"),
    "duration_without_unit": (True, "Thời hạn không có đơn vị", "a time without a unit"),
    "duration_is_zero": (True, "Thời hạn bằng không", "a time of zero"),
    "duration_not_understood": (True, "Thời hạn không đọc được", "the time cannot be read"),
    "duration_from_text": (False, "Thời hạn lấy từ phần mô tả", "the time stands only in the description"),
    "duration_differs_from_text": (True, "Thời hạn khác phần mô tả", "the description states another time"),
    "other_durations_in_text": (False, "Mô tả còn nêu thời hạn khác", "the description states further times"),
    "several_durations_in_text": (
        True,
        "Mô tả nêu nhiều thời hạn",
        "no time in its column, several in the description",
    ),
    "several_times_for_channel": (
        True,
        "Nhiều thời hạn cho một hình thức nộp",
        "one channel with several times, by case",
    ),
    "hours_taken_as_working_hours": (True, "Giờ được hiểu là giờ làm việc", "plain hours were taken as working hours"),
    "time_and_fee_run_together": (True, "Thời hạn và phí dính liền", "time and fee run together; any split is a guess"),
    "fee_not_stated": (True, "Không nêu phí, lệ phí", "no fee is stated, nor that it is free"),
    "fee_set_elsewhere": (True, "Mức phí do văn bản khác quy định", "another document sets the fee"),
    "fee_contradicts_text": (True, "Mức phí trái với mô tả", "the amount contradicts its own description"),
    "fee_free_but_text_names_amounts": (
        True,
        "Ghi miễn phí nhưng mô tả nêu số tiền",
        "free, but the text names amounts",
    ),
    "fee_amount_implausible": (True, "Mức phí vô lý", "an amount no office can collect"),
    "fee_text_not_understood": (True, "Mô tả phí không đọc được", "the fee's text cannot be read"),
    "fee_differs_between_cases": (
        True,
        "Phí khác nhau theo trường hợp",
        "the fee differs by case, and the cases have no names",
    ),
    "fee_in_description": (True, "Mô tả nêu khoản phí khác", "the channel's description names other fees"),
    "paper_text_not_understood": (True, "Thành phần hồ sơ không tách được", "text of the papers that fits no row"),
    "paper_count_ambiguous": (
        True,
        "Số bản dính liền với tên giấy tờ",
        "the count runs into digits of the paper's name",
    ),
    "paper_without_count": (False, "Giấy tờ không có số bản", "a paper of which no copy is asked"),
    "form_file_without_link": (False, "Mẫu đơn chỉ có tên tệp", "a form named by its file, without a link"),
    "form_name_run_together": (
        True,
        "Tên mẫu đơn dính vào tên giấy tờ",
        "the form's file name runs into the paper's name",
    ),
    "papers_missing": (True, "Không có thành phần hồ sơ", "the record names no papers"),
    "result_not_understood": (True, "Kết quả không đọc được", "text of the results that fits no row"),
    "result_without_code": (False, "Kết quả không có mã", "a result without a code"),
    "legal_basis_not_understood": (True, "Căn cứ pháp lý không tách được", "text of the legal basis that fits no row"),
    "legal_number_incomplete": (True, "Số hiệu văn bản không đầy đủ", "a legal document without its full number"),
    "legal_basis_missing": (False, "Không có căn cứ pháp lý", "the record names no legal basis"),
    "level_unknown": (True, "Cấp thực hiện lạ hoặc trống", "no level of authority that is known"),
    "several_authority_levels": (True, "Nhiều cấp thực hiện", "several levels of authority; the first is taken"),
    "authority_not_stated": (True, "Không nêu cơ quan thực hiện", "no authority is named"),
    "audience_unknown": (True, "Đối tượng thực hiện lạ", "an unknown audience"),
    "kept_as_text": (False, "Giữ nguyên văn", "free text, kept as it is"),
}


@dataclass(frozen=True)
class Finding:
    """`code` of the procedure, `path` as JSON pointer into the record, the `text` it is about, and a `kind` of KINDS."""

    code: str
    path: str
    text: str
    kind: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


class Findings:
    """Collects what one record gives rise to; says the same thing about the same place once."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._found: dict[Finding, None] = {}

    def add(self, path: str, text: str, *kinds: str) -> None:
        for kind in kinds:
            assert kind in KINDS, kind
            self._found.setdefault(Finding(self._code, path, shortened(text), kind))

    def list(self) -> list[Finding]:
        return [*self._found]


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class Report:
    """Groups findings as they stream by, holding counts and a few examples only, so that memory stays flat."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}
        self._last: dict[str, str] = {}

    def add(self, finding: Finding) -> None:
        group = self._groups.setdefault(finding.kind, {"findings": 0, "records": 0, "examples": []})
        group["findings"] += 1
        # A record's findings arrive together, so a change of code is a new record.
        group["records"] += self._last.get(finding.kind) != finding.code
        self._last[finding.kind] = finding.code
        if len(group["examples"]) < EXAMPLES_PER_KIND:
            group["examples"].append(finding.to_json())

    def groups(self) -> list[dict[str, Any]]:
        """What an editor must decide first, then the rest; within each the most frequent kind first."""
        rows = [
            {"kind": kind, "must_decide": KINDS[kind][0], "name": {"vi": KINDS[kind][1], "en": KINDS[kind][2]}, **group}
            for kind, group in self._groups.items()
        ]
        return sorted(rows, key=lambda row: (not row["must_decide"], -row["findings"], row["kind"]))


def report(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """`[{"kind", "must_decide", "name": {"vi", "en"}, "findings", "records", "examples": [...]}]` of any findings."""
    grouped = Report()
    for finding in findings:
        grouped.add(finding)
    return grouped.groups()
