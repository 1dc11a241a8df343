"""Who may file and who decides, from the words the national records use for them."""

from __future__ import annotations

from infra.chassis.json_types import Json
from services.catalog.importing.findings import Findings
from services.catalog.importing.words import folded, says_nothing, squeezed, vietnamese_only

LEVELS = {"cap bo": "ministry", "cap tinh": "province", "cap huyen": "district", "cap xa": "commune"}
# Names that hold a comma themselves; told apart before the list is split at its commas.
WITH_COMMAS = ("Tổ chức (không bao gồm doanh nghiệp, HTX)", "Cán bộ, công chức, viên chức")
AUDIENCES = {
    "cong dan viet nam": "citizen",
    "nguoi viet nam dinh cu o nuoc ngoai": "citizen",
    "can bo, cong chuc, vien chuc": "citizen",
    "dang vien": "citizen",
    "nguoi nuoc ngoai": "foreigner",
    "nguoi nuoc ngoai cu tru tai viet nam": "foreigner",
    "doanh nghiep": "enterprise",
    "doanh nghiep viet nam": "enterprise",
    "doanh nghiep co von dau tu nuoc ngoai": "enterprise",
    "hop tac xa": "enterprise",
    "ho kinh doanh": "household_business",
    "to chuc (khong bao gom doanh nghiep, htx)": "organisation",
    "to chuc nuoc ngoai": "organisation",
    "to chuc dang": "organisation",
}


def audience_of(text: str, findings: Findings, path: str) -> list[str]:
    """The audience groups a record names, each once, in its order."""
    rest = squeezed(text)
    names: list[str] = []
    for name in WITH_COMMAS:
        if name.casefold() in rest.casefold():
            at = rest.casefold().index(name.casefold())
            rest, names = rest[:at] + rest[at + len(name) :], [*names, name]
    names += [name.strip() for name in rest.split(",") if name.strip()]
    unknown = [name for name in names if folded(name) not in AUDIENCES]
    for name in unknown:
        findings.add(path, name, "audience_unknown")
    return list(dict.fromkeys(AUDIENCES[folded(name)] for name in names if name not in unknown))


def authority_of(level: str, names: list[str], findings: Findings, path: str) -> Json:
    """`{"level", "levels", "name": {"vi"}, "agency_codes": []}`; the first level named stands for the procedure."""
    stated = [folded(part) for part in level.split(",") if part.strip()]
    levels = [LEVELS[part] for part in stated if part in LEVELS]
    if not levels or any(part not in LEVELS and part != "co quan khac" for part in stated):
        findings.add(path, level, "level_unknown")
    elif len(stated) > 1:
        findings.add(path, level, "several_authority_levels")
    name = next((squeezed(name) for name in names if not says_nothing(name)), "")
    if not name:
        findings.add(path, "; ".join(names), "authority_not_stated")
    first = levels[0] if levels else ("other" if stated else "not_stated")
    return {"level": first, "levels": levels, "name": vietnamese_only(name), "agency_codes": []}
