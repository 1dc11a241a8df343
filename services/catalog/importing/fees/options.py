"""A fee's description that lists amounts: "Dưới 5 tấn: 50.000 đồng/giấy; Từ 5 tấn: 100.000 đồng/giấy".

Read as a choice only when its parts exclude each other by what they say ("đối với", "trường hợp", "cấp mới"/"cấp lại"
…); a list that may have to be added up, or anything left over, is not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from infra.fees.shapes import FeeOption, FeeRule
from services.catalog.importing.fees.amounts import Amount, amounts_in
from services.catalog.importing.words import UPPER, bilingual, folded, slug, squeezed, unique

BREAKS = re.compile(
    rf"\s*(?:;|\n|(?:^|(?<=[\s:;.,(]))[-+*•](?=\s)|(?<=[^\d\s.])\.(?=\s+[{UPPER}])|,\s*(?=[Rr]iêng))\s*"
)
ENUMERATOR = re.compile(r"^(?:\(?(?:[a-zđ]|\d{1,2}|i{1,3}v?)\)|\d{1,2}\.(?=\s))\s*", re.IGNORECASE)
EXCLUDING = re.compile(
    r"doi voi|truong hop|cap moi|cap lai|cap doi|gia han|lan dau|lan thu|dang ky moi|bo sung|thay doi|duoi \d|tren \d|"
    r"tu \d.* (?:den|tro len)|hang |loai |nhom |ca nhan|to chuc|doanh nghiep|ho kinh doanh|quoc te|khac|truc tuyen|"
    r"truc tiep|co thoi han|khong thoi han|mot lan|nhieu lan|danh gia"
)
EXCEPTION = re.compile(r"^(?:rieng|truong hop|doi voi)")
UNPRICED = re.compile(r"^(.{6,}?):\s*(?:không|không có|không thu|miễn phí)$", re.IGNORECASE | re.DOTALL)
REFERENCE = re.compile(r"thông tư|nghị định|quyết định|luật |nghị quyết|biểu (?:phí|mức)", re.IGNORECASE)
EXEMPTION = re.compile(r"^(?:miễn|không thu)\b", re.IGNORECASE)
ARITHMETIC = re.compile(
    r"%|\bx\b|×|\s\+\s*\(|tối đa|tối thiểu|không quá|không dưới|không vượt|cộng với|mỗi|tiếp theo", re.IGNORECASE
)
SHARED_WORDS = 4
OTHERWISE = "Các trường hợp khác"


@dataclass
class FeeList:
    """What a note lists: priced options, who is exempt, the law named; `whole` when nothing was left over."""

    options: list[tuple[str, Amount]] = field(default_factory=list)
    exempt: list[str] = field(default_factory=list)
    law: list[str] = field(default_factory=list)
    is_complete: bool = True

    @property
    def priced_only(self) -> bool:
        """Whether no option is free in addition to the priced ones."""
        return all(amount.minor for _, amount in self.options)


def read_list(note: str) -> FeeList:
    """Takes a note apart at its separators; each part must be a price, an exemption, a heading or a reference."""
    fees, heading = FeeList(), ""
    free: list[tuple[str, Amount]] = []
    for part in BREAKS.split(note):
        text = ENUMERATOR.sub("", squeezed(part)).strip(" .,;")
        if not text.strip("()-+* "):
            continue
        amounts = amounts_in(text)
        unpriced = UNPRICED.match(text)
        if not amounts and (EXEMPTION.match(text) or (fees.exempt and not REFERENCE.search(text))):
            fees.exempt.append(text)  # a list of exempt people goes on over semicolons
        elif not amounts and unpriced:
            free.append((unpriced.group(1).strip(), Amount(0, "VND")))
        elif not amounts and text.endswith(":"):
            heading = text.rstrip(": ")
        elif not amounts and REFERENCE.search(text):
            fees.law.append(text)
        elif len(amounts) == 1 and not ARITHMETIC.search(text):
            fees.options.append((_label(heading, text, amounts[0]), amounts[0]))
        else:
            fees.is_complete = False
    # "Cấp đổi: 35.000.000 đồng + Cấp bổ sung: Không": what costs nothing is an option next to what costs something.
    fees.options += free if fees.options else []
    fees.is_complete &= bool(fees.options or not free)
    return fees


def _label(heading: str, text: str, amount: Amount) -> str:
    before = re.sub(r"(?:\s(?:thu|là|mức thu))+$", "", text[: amount.start].strip(" :,-")).strip(" :,-(")
    after = text[amount.end :].strip(" :,-.")
    label = before or (after if not REFERENCE.search(after) else "")
    return f"{heading}: {label}" if heading and label else label or heading


def choice(options: list[tuple[str, Amount]]) -> FeeRule | None:
    """The `choice` rule these options make, or None when they cannot be told to exclude each other."""
    if len(options) < 2 or len({amount.currency for _, amount in options}) != 1:
        return None
    labels = [label for label, _ in options]
    if not labels[0] and all(EXCEPTION.match(folded(label)) for label in labels[1:]):
        labels[0] = OTHERWISE
    elif len(labels) == 2 and labels[0] and folded(labels[1]).startswith("rieng"):
        pass
    elif not _exclude_each_other([folded(label) for label in labels]):
        return None
    if len({folded(label) for label in labels}) != len(labels) or not all(labels):
        return None
    ids: set[str] = set()
    rows: list[FeeOption] = [
        {
            "id": unique(slug(label, 40), ids, "lua-chon"),
            "name": bilingual(_with_item(label, amount)),
            "amount": amount.minor,
        }
        for label, (_, amount) in zip(labels, options, strict=True)
    ]
    return {"type": "choice", "choice": "truong-hop", "options": rows}


def _exclude_each_other(labels: list[str]) -> bool:
    # "Phí …: a. Lệ phí …: b" is owed together; "Phí cấp mới: a. Phí cấp lại: b" is one or the other.
    both = any(label.startswith("le phi") for label in labels) and any(label.startswith("phi") for label in labels)
    return not both and (all(EXCLUDING.search(label) for label in labels) or _same_beginning(labels))


def _same_beginning(labels: list[str]) -> bool:
    """Whether all name one act and differ only in its object: "Thẩm định cấp phép … để thi công / … để tìm kiếm"."""
    words = [label.split() for label in labels]
    shared = next((at for at, each in enumerate(zip(*words, strict=False)) if len(set(each)) > 1), 0)
    return shared >= SHARED_WORDS and all(len(each) > shared for each in words)


def _with_item(label: str, amount: Amount) -> str:
    return f"{label} (mỗi {amount.per})" if amount.per else label
