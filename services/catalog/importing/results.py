"""What a procedure ends in: "Giấy phép lái xeMã: KQ.G01.000185…", and the page furniture copied along with it."""

from __future__ import annotations

import re

from infra.chassis.json_types import Json
from services.catalog.importing.findings import Findings
from services.catalog.importing.words import says_nothing, squeezed, vietnamese_only

# The forms in use; anything else is a code only where nothing follows it.
CODE = re.compile(r"\s*(KQ\.[A-Z]\d{2}\.\d{6}|(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}-KQ\d{4,7}|[\w.-]{3,40}(?=\s*$))")
KEYWORDS = re.compile(r"Từ khóa(.*?)Mô tả(.*)", re.DOTALL)
FURNITURE = re.compile(r"Chọn cơ quan thực hiện.*", re.DOTALL)


def results_of(text: str, findings: Findings, path: str) -> list[Json]:
    """`[{"code", "name": {"vi"}, "validity": None}]`; descriptions and keywords stay in the source with a finding."""
    body = FURNITURE.sub("", text)
    match = KEYWORDS.search(body)
    body = body[: match.start()] if match else body
    results: list[Json] = []
    name, *parts = body.split("Mã:")
    for part in parts:
        code = CODE.match(part)
        if code is None:
            findings.add(path, f"{squeezed(name)} Mã:{part}", "result_not_understood")
            name = ""
            continue
        results.append(
            {"code": code.group(1), "name": vietnamese_only(squeezed(name) or code.group(1)), "validity": None}
        )
        name = part[code.end() :]
    if not says_nothing(name):
        results += _uncoded(name.strip(), findings, path, coded=bool(parts))
    for part in match.groups() if match else ():
        if not says_nothing(part):
            findings.add(path, squeezed(part), "kept_as_text")
    return results


def _uncoded(rest: str, findings: Findings, path: str, *, coded: bool) -> list[Json]:
    if coded:
        findings.add(path, rest, "result_not_understood")
        return []
    findings.add(path, rest, "result_without_code")
    return [{"code": None, "name": vietnamese_only(squeezed(rest)), "validity": None}]
