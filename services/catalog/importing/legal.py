"""The laws a procedure is based on: "Luật Hộ tịch60/2014/QH13Nghị định …123/2015/NĐ-CP" as titles and numbers.

A number ends a row where the next title runs into it; a number inside a title is followed by a space or a sign.
"""

from __future__ import annotations

import re
from datetime import date

from infra.chassis.json_types import Json
from services.catalog.importing.findings import Findings
from services.catalog.importing.words import says_nothing, squeezed

HEADER = "Tên văn bản pháp lýMã văn bản"
# Who may issue; listed, because the next title's capital follows an issuer's initials without a gap.
ISSUERS = (
    "BLĐTBXH|BNNPTNT|BVHTTDL|VKSNDTC|TANDTC|BGDĐT|BGTVT|BKHCN|BKHĐT|BTNMT|BTTTT|BDTTG|BNNMT|BTTT|BNNPT|BCĐ|BXD|BTC|BCA|BTP|BYT|"
    "BCT|BQP|BNV|BNG|BNN|BNL|NHNN|UBND|HĐND|HĐTP|TTCP|TTg|KTNN|BHXH|UBDT|VPCP|VPQH|VKSTC|TGCP|CP|TW|BTM|BTS|BLN|BVHTT|LĐTBXH"
)
ISSUER = rf"(?:{ISSUERS})"
NUMBER = re.compile(
    rf"(?:(?:Luật|Nghị định|Thông tư(?: liên tịch)?|Quyết định|Pháp lệnh)\s+)?(?:[Ss]ố[: ]\s*)?"
    rf"\d{{1,9}}(?:\.\d{{1,2}})?(?:/\d{{4}})?/(?:(?:NQ-)?QH\d{{2}}|(?:PL-)?UBTVQH\d{{2}}|"
    rf"(?:NĐ|ND|QĐ|TT|TTLT|NQ|CT|PL|VBHN|TB|HD|L|LCT|QC)(?:\s?[-/]\s?{ISSUER})+)(?!/)"
)
# The last row may end in any number: nothing follows that it could run into.
LAST = re.compile(r"(.*?[^\s\d/-])((?:\d{1,4}/)(?:\d{4}/)?[^\s/]{2,20}|\d{1,4}-CP)\s*", re.DOTALL)
PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,2})?(?:/\d{4})?/.+")
# "… năm 2023" + "23/2023/QH15": a year in front of a serial number belongs to the title.
YEAR_FIRST = re.compile(r"((?:19|20)\d\d\.?)(\d{1,4}(?:\.\d{1,2})?/.*)", re.DOTALL)
# Laws, decrees and circulars are numbered within their year; none reaches four digits.
TOO_LONG = re.compile(r"\d{4,}(?:\.\d+)?/\d{4}/|\d{5,}/")
DATE = re.compile(r",? ngày (\d{1,2})(?:/| tháng )(\d{1,2})(?:/| năm )(\d{4})")


def laws_of_table(table: str, findings: Findings, path: str) -> list[Json]:
    """`[{"number", "title", "issued"}]` of a run-on table."""
    body = table.removeprefix(HEADER)
    if says_nothing(body):
        findings.add(path, table, "legal_basis_missing")
        return []
    laws, start = [], 0
    matches = list(NUMBER.finditer(body))
    for at, match in enumerate(matches):
        if _ends_a_row(body, start, match, matches[at + 1] if at + 1 < len(matches) else None):
            laws.append(law(match.group(0), body[start : match.start()], findings, path))
            start = match.end()
    last = LAST.fullmatch(body[start:])
    if last and last.group(1).strip():
        laws.append(law(last.group(2), last.group(1), findings, path))
    elif body[start:].strip():
        findings.add(path, body[start:], "legal_basis_not_understood")
    return laws


def _ends_a_row(body: str, start: int, match: re.Match[str], following: re.Match[str] | None) -> bool:
    if match.end() == len(body):
        return True
    after = body[match.end()]
    if after in ' \t\n.,;:)(-–/"”' or (match.start() == start and not _twice(match, following)):
        return False
    # "Luật Nhà ở số 27/2023/QH1527/2023/QH15": the first number still belongs to the title.
    return not _twice(match, following)


def _twice(match: re.Match[str], following: re.Match[str] | None) -> bool:
    return (
        following is not None
        and following.start() == match.end()
        and bare_number(following[0]) == bare_number(match[0])
    )


def law(number: str, title: str, findings: Findings, path: str) -> Json:
    """One legal document. `issued` only where the title dates this very number; otherwise None."""
    year = YEAR_FIRST.fullmatch(number) if title and title[-1] in " /" else None
    if year:
        title, number = title + year.group(1), year.group(2)
    text, bare = squeezed(title).strip(" ;,"), bare_number(number)
    if TOO_LONG.match(bare):
        findings.add(path, f"{text} {number}", "legal_number_run_together")
    if not re.search(r"/\D", bare):
        full = NUMBER.search(text)
        findings.add(path, f"{text} {number}", *(() if full else ("legal_number_incomplete",)))
        bare = (
            bare_number(full.group(0))
            if full and bare_number(full.group(0)).split("/")[0] == bare.split("/")[0]
            else bare
        )
    return {"number": bare, "title": text or bare, "issued": _issued(text, bare)}


def bare_number(number: str) -> str:
    """ "Thông tư số 67/2024/TT-BQP" is number "67/2024/TT-BQP"; other ways of naming a law stay as they are."""
    match = PLAIN.search(squeezed(number))
    return re.sub(r"\s*-\s*", "-", match.group(0)) if match else squeezed(number)


def _issued(title: str, number: str) -> str | None:
    match, at = None, title.find(number)
    while at >= 0 and not match:
        match, at = DATE.match(title, at + len(number)), title.find(number, at + 1)
    if not match:
        return None
    try:
        return date(int(match.group(3)), int(match.group(2)), int(match.group(1))).isoformat()
    except ValueError:
        return None
