"""The papers a procedure asks for, read from the portal's run-on table or from one structured row.

A count is taken only where it can be told from the name it runs into: "…NĐ-CP1 bản chính" is one original, "…ngày
26/12/20251 bản chính" is one (a year has four digits), "…Mẫu số 181 bản chính" may be 1 or 81 and is reported.
"""

from __future__ import annotations

import re
from itertools import pairwise

from infra.chassis.json_types import Json
from services.catalog.importing.findings import Findings
from services.catalog.importing.words import LOWER, UPPER, slug, squeezed, unique, vietnamese_only

HEADER = "Tên giấy tờMẫu đơn, tờ khaiSố lượng"
COUNT = re.compile(r"(?<!\d)(\d{1,12}) bản chính(?:,(\d{1,4}) bản sao)?(?=$|[^\s.,;:)\]/])")
FILE = re.compile(r"\.(?:docx?|pdf|xlsx?|rar|zip|png|jpe?g|odt|rtf)$", re.IGNORECASE)
# Where a paper's name runs into its form's file name.
# Most telling first: after a sign; after an abbreviation or a small letter; a number after a small letter.
SEAMS = (
    re.compile(rf"(?<=[^\d\s][.;:,])(?=[{UPPER}\d])|(?<=[;:)”])(?=[{LOWER}{UPPER}\d])"),
    re.compile(rf"(?<=[{UPPER}]{{2}})(?=[{UPPER}][{LOWER}])|(?<=[{LOWER}])(?=[{UPPER}])"),
    re.compile(rf"(?<=[{LOWER}])(?=\d)|(?<=\d\d\d\d)(?=[{UPPER}])"),
)
LONGEST_FILE_NAME = 120
# The count once more at the end of a paper's name.
OWN_COUNT = re.compile(r"\s*[:(–-]?\s*(\d{1,2}) bản chính(?:,\d{1,2} bản sao)?\s*\)?\s*$")
FORM_NUMBER = re.compile(r"0\d[1-9]")
YEAR_BEFORE = re.compile(r"(?:/|năm )((?:19|20)\d\d)$")
CONDITION = re.compile(r"^(?:[-+*•]|\(?[a-zđ\d]{1,2}[.)])*\s*((?:trường hợp|đối với|nếu|khi) [^:;]{3,})", re.IGNORECASE)
CASE = re.compile(r"trường hợp|đối với|\bnếu\b|\bkhi\b", re.IGNORECASE)
LONGEST_NAME = 4_000


def papers_of_table(table: str, findings: Findings, path: str) -> list[Json]:
    """The requirements of a run-on table; headings between its parts stay with the papers below them."""
    requirements: list[Json] = []
    ids: set[str] = set()
    first, *parts = table.split(HEADER)
    heading = _heading(first)
    if not parts:
        if heading:
            findings.add(path, table, "paper_text_not_understood")
        return []
    for part in parts:
        end = 0
        for match in _counts(part):
            requirements.append(_requirement(part[end : match.start()], match, heading, findings, path, ids))
            end = match.end()
        heading = _heading(part[end:])
    if heading:
        findings.add(path, heading, "paper_text_not_understood")
    return requirements


def _counts(part: str) -> list[re.Match[str]]:
    """The counts of the column; one that another follows at once ("…: 01 bản chính1 bản chính") is the name's own."""
    matches = list(COUNT.finditer(part))
    of_column = [match for match, next_one in pairwise(matches) if part[match.end() : next_one.start()].strip()]
    return [*of_column, *matches[-1:]]


def _heading(text: str) -> str:
    return "" if not text.strip(" -–\t\n") else squeezed(text).strip()


def _requirement(name: str, match: re.Match[str], heading: str, findings: Findings, path: str, ids: set[str]) -> Json:
    digits, copies = match.group(1), int(match.group(2) or 0)
    own = OWN_COUNT.search(name)
    if own:
        name = name[: own.start()]
        if int(own.group(1)) != int(digits[-1]):
            findings.add(path, name + own.group(0) + match.group(0), "paper_count_ambiguous")
    extra, count = count_of(name, digits)
    if count is None:
        findings.add(path, name + match.group(0), "paper_count_ambiguous")
    named, form = form_of(name + extra)
    if form and named is None:
        findings.add(path, form, "form_name_run_together")
    elif form:
        findings.add(path, form, "form_file_without_link")
    return requirement(named or form or "", count, copies, heading, form if named else None, findings, path, ids)


def requirement(
    name: str,
    original: int | None,
    copies: int,
    heading: str,
    form: str | None,
    findings: Findings,
    path: str,
    ids: set[str],
) -> Json:
    """One requirement; it is optional when its own words or its heading make it depend on a case."""
    text = squeezed(name)[:LONGEST_NAME].strip(" ;")
    if original == 0 and copies == 0:
        findings.add(path, text, "paper_without_count")
    if not text:
        findings.add(path, heading or f"{original or 0} bản chính, {copies} bản sao", "paper_text_not_understood")
    condition = _condition(text, heading)
    electronic = 1 if re.search(r"bản (?:sao )?điện tử|biểu mẫu điện tử", text, re.IGNORECASE) else 0
    return {
        "id": unique(slug(text, 48), ids, "giay-to"),
        "name": vietnamese_only(text or "Giấy tờ"),
        # An unclear count is a finding; until an editor settles it the paper asks for no number of copies.
        "original": original or 0,
        "copy": copies,
        "electronic": electronic,
        "required": bool(text) and condition is None and (original is None or original + copies > 0),
        "condition": condition,
        "group": heading.rstrip(" :")[:LONGEST_NAME] or None,
        "form_url": None,
        "form_file": form,
        "register": None,
    }


def _condition(text: str, heading: str) -> str | None:
    """What the paper depends on: its heading or its own beginning, where they name a case; "Nếu có" if it says so."""
    if CASE.search(heading):
        return heading[:LONGEST_NAME]
    match = CONDITION.match(text)
    if match:
        return match.group(1).strip(" .,")
    return "Nếu có" if "nếu có)" in text.casefold() else None


def count_of(name: str, digits: str) -> tuple[str, int | None]:
    """Digits that belong to the name, and the count; None where the two cannot be told apart."""
    if len(digits) == 1:
        return "", int(digits)
    if not name or name[-1] == "(" or re.fullmatch(r"0[1-9]", digits):
        return "", int(digits)
    if FORM_NUMBER.fullmatch(digits):  # "Mẫu số 091 bản chính": no form is number 0, no office asks for 91 copies
        return digits[:2], int(digits[2])
    for cut in range(1, len(digits)):
        if YEAR_BEFORE.search(name + digits[:cut]) and digits[cut] != "0":
            return digits[:cut], int(digits[cut:])
    if YEAR_BEFORE.search(name + digits[:-1]):
        return digits[:-1], int(digits[-1])
    return digits, None


def form_of(text: str) -> tuple[str | None, str | None]:
    """A paper's name and the file name of its form; (None, the text) when the two cannot be told apart."""
    text_of_form = text.strip()
    if not FILE.search(text_of_form):
        return text_of_form, None
    for seam in SEAMS:
        places = [
            match.start()
            for match in seam.finditer(text_of_form)
            if 0 < len(text_of_form) - match.start() <= LONGEST_FILE_NAME
        ]
        places = [place for place in places if place and not re.fullmatch(r"\w{1,5}", text_of_form[place:])]
        if places:
            # A name that runs together in several places could end at any of them.
            return (
                (text_of_form[: places[0]].strip(), text_of_form[places[0] :].strip())
                if len(places) == 1
                else (None, text_of_form)
            )
    return None, text_of_form
