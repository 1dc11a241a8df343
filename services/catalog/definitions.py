"""The procedure definition: filled up to its full shape, checked for sense, fingerprinted, compared.

The contract at the door checks types; here is what a type cannot say: ids that must be unique, a fee that is
a percentage of another, tiers that must climb, a form that must itself be a JSON Schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal, cast

import jsonschema_rs

from infra.chassis.contracts import Schema
from infra.chassis.instants import today
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.text.currencies import is_in_tender
from infra.chassis.text.provinces import was_ever_province
from infra.fees import DEAREST
from infra.fees.shapes import Fee
from infra.working_time import MOST_YEARS, Promise
from services.catalog.shapes import Definition

Problem = dict[str, str]

DURATION_PROBLEMS = {
    "unknown_unit": ("đơn vị thời gian không có", "no such unit of time"),
    "negative": ("không được âm", "must not be negative"),
    "fraction": ("ngày thường và tháng phải là số nguyên", "calendar days and months are whole numbers"),
    "too_long": (f"không dài quá {MOST_YEARS} năm", f"{MOST_YEARS} years at most"),
}
LABEL = Schema(
    {
        "type": ["object", "null"],
        "properties": {"vi": {"type": "string"}, "en": {"type": ["string", "null"]}},
        "additionalProperties": {"type": "string"},
    }
)
CHANNELS = ("online", "counter", "post")
DEFAULTS: Json = {
    "legal_maximum": None,
    "fees": [],
    "requirements": [],
    "form": None,
    "results": [],
    "legal_basis": [],
    "limits": {"supplement_days": None, "payment_days": None},
    "may_pause": True,
    "may_extend": True,
    "steps": [],
    "agency_levels": {},
    "source": {},
}
_FEE = {
    "channels": list(CHANNELS),
    "legal_basis": None,
    "exempt": [],
    "valid_from": None,
    "valid_until": None,
    "collected_at": "intake",
}
_REQUIREMENT = {
    "original": 0,
    "copy": 0,
    "electronic": 0,
    "required": True,
    "condition": None,
    "form_url": None,
    "register": None,
}


def complete(definition: Mapping[str, object]) -> Definition:
    """The definition with every key of the format present; what was given is stored as it is."""
    full: Json = {**DEFAULTS, **definition}
    full["fees"] = [{**_FEE, **fee} for fee in full["fees"]]
    full["requirements"] = [{**_REQUIREMENT, **paper} for paper in full["requirements"]]
    full["limits"] = {**DEFAULTS["limits"], **full["limits"]}
    return cast(Definition, full)  # the door has checked it by the contract


def fingerprint(definition: Mapping[str, object]) -> str:
    """SHA-256 of the JSON with sorted keys: equal for equal content, whatever the order of keys."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_definition(definition: Definition, root: str = "/definition") -> None:
    """Refuse a definition that does not make sense, naming every place by JSON pointer."""
    problems = [{**problem, "pointer": f"{root}{problem['pointer']}"} for problem in problems_in(definition)]
    if problems:
        raise InvalidRequest(problems)


def problems_in(definition: Definition) -> Iterator[Problem]:
    """Everything about a definition in its full shape that could not be counted, quoted or filed."""
    yield from _repeated_ids(definition, "fees")
    yield from _repeated_ids(definition, "requirements")
    if not definition["channels"]:
        yield _problem("/channels", "phải có ít nhất một kênh tiếp nhận", "at least one channel is needed")
    if definition["level"] >= 3 and "online" not in definition["channels"]:
        yield _problem(
            "/channels", "dịch vụ mức độ 3 và 4 phải có kênh online", "levels 3 and 4 need the channel online"
        )
    for index, code in enumerate(definition["authority"].get("province_codes") or []):
        if not was_ever_province(code):
            vi, en = f"không phải mã tỉnh, thành phố: {code}", f"no code of a province: {code}"
            yield _problem(f"/authority/province_codes/{index}", vi[:100], en[:100])
    for index, fee in enumerate(definition["fees"]):
        yield from _fee_problems(definition, index, fee)
    if _dearest_together(definition) > DEAREST:
        vi, en = "tổng mức thu của một hồ sơ có thể vượt", "the fees of one application may exceed"
        yield _problem("/fees", f"{vi} {DEAREST}", f"{en} {DEAREST}")
    yield from _duration_problems(definition)
    if definition["form"] is not None:
        yield from _form_problems(definition["form"])


def _duration_problems(definition: Definition) -> Iterator[Problem]:
    """What no calendar can count: found here, not when somebody has filed and paid."""
    promises = {
        f"/channels/{name}/processing_time": of["processing_time"] for name, of in definition["channels"].items()
    }
    if definition["legal_maximum"] is not None:
        promises["/legal_maximum"] = definition["legal_maximum"]
    for pointer, promise in promises.items():
        if problem := Promise.from_json(promise).problem:
            yield _problem(f"{pointer}/amount", *DURATION_PROBLEMS[problem])


def _form_problems(form: Json) -> Iterator[Problem]:
    """A form that answers are checked by: compiled as filing compiles it, and asking for nothing it does not know."""
    try:
        jsonschema_rs.meta.validate(dict(form))
        Schema(dict(form))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, TypeError, ValueError) as error:
        yield _problem("/form", f"không phải JSON Schema: {error}"[:500], f"no JSON Schema: {error}"[:500])
        return
    if "object" not in (kinds if isinstance(kinds := form.get("type", "object"), list) else [kinds]):
        yield _problem("/form/type", "câu trả lời luôn là một đối tượng (object)", "answers are always an object")
    properties = form.get("properties")
    for name, schema in (properties or {}).items():
        if isinstance(schema, Mapping) and not LABEL.accepts(schema.get("x-label")):
            vi, en = f"x-label của {name} phải là {{vi, en}}", f"x-label of {name} must be {{vi, en}}"
            yield _problem("/form/properties", vi[:200], en[:200])
    if properties is None or form.get("additionalProperties", False) not in (False, None):
        return
    for name in form.get("required", []):
        if name not in properties:
            vi, en = f"bắt buộc trường không có trong biểu mẫu: {name}", f"requires a field the form has not: {name}"
            yield _problem("/form/required", vi[:200], en[:200])


def _fee_problems(definition: Definition, index: int, fee: Fee) -> Iterator[Problem]:
    at, rule = f"/fees/{index}", fee["rule"]
    if not is_in_tender(fee["currency"], today()):
        vi, en = "không phải mã tiền tệ đang lưu hành", "no currency in use"
        yield _problem(f"{at}/currency", f"{vi}: {fee['currency']}", f"{en}: {fee['currency']}")
    unknown = [name for name in fee["channels"] if name not in CHANNELS]
    if unknown:
        names = ", ".join(unknown)
        yield _problem(f"{at}/channels", f"kênh không có: {names}", f"no such channel: {names}")
    if fee["valid_from"] and fee["valid_until"] and fee["valid_from"] > fee["valid_until"]:
        yield _problem(f"{at}/valid_until", "sớm hơn valid_from", "before valid_from")
    if rule["type"] == "percentage" and not _ends_at_an_amount(definition, fee):
        vi, en = "phải là mã của một khoản thu khác, không xoay vòng", "must be another fee's id, not in a circle"
        yield _problem(f"{at}/rule/of", vi, en)
    elif _dearest(definition, fee) > DEAREST:
        yield _problem(f"{at}/rule", f"mức thu có thể vượt {DEAREST}", f"the fee may exceed {DEAREST}")
    if rule["type"] == "tiered":
        bounds = [tier["up_to"] for tier in rule["tiers"]]
        if None in bounds[:-1] or [b for b in bounds if b is not None] != sorted({b for b in bounds if b is not None}):
            vi, en = (
                "các bậc phải tăng dần, chỉ bậc cuối được để trống up_to",
                "tiers rise, and the last alone has no up_to",
            )
            yield _problem(f"{at}/rule/tiers", vi, en)
    if rule["type"] == "choice" and len({option["id"] for option in rule["options"]}) != len(rule["options"]):
        yield _problem(f"{at}/rule/options", "mã lựa chọn bị trùng", "an option's id comes twice")


def _ends_at_an_amount(definition: Definition, fee: Fee) -> bool:
    """Whether a chain of percentages ends at a fee with an amount of its own."""
    fees = {fee["id"]: fee for fee in definition["fees"]}
    ids: set[str] = set()
    while fee["rule"]["type"] == "percentage":
        if fee["id"] in ids or fee["rule"]["of"] not in fees:
            return False
        ids.add(fee["id"])
        fee = fees[fee["rule"]["of"]]
    return bool(fee["rule"]["type"] != "not_stated")


def _dearest(definition: Definition, fee: Fee) -> Fraction:
    """The most that one item can cost by a fee whose percentages end at an amount."""
    rule = fee["rule"]
    if rule["type"] == "percentage":
        other = next(other for other in definition["fees"] if other["id"] == rule["of"])
        return _dearest(definition, other) * Fraction(str(rule["percent"])) / 100
    amounts = [part["amount"] for part in (*rule.get("tiers", ()), *rule.get("options", ()))]
    return Fraction(max([rule.get("amount", 0), *amounts]))


def _dearest_together(definition: Definition) -> Fraction:
    """The most that one item can cost, of the fees that by themselves can be paid."""
    priced = [
        fee for fee in definition["fees"] if fee["rule"]["type"] != "percentage" or _ends_at_an_amount(definition, fee)
    ]
    amounts = [_dearest(definition, fee) for fee in priced]
    return sum((amount for amount in amounts if amount <= DEAREST), Fraction(0))


def _repeated_ids(definition: Definition, part: Literal["fees", "requirements"]) -> Iterator[Problem]:
    ids: set[str] = set()
    for index, entry in enumerate(definition[part]):
        if entry["id"] in ids:
            yield _problem(f"/{part}/{index}/id", f"mã {entry['id']} bị trùng", f"the id {entry['id']} comes twice")
        ids.add(entry["id"])


def _problem(pointer: str, problem: str, english: str) -> Problem:
    return {"pointer": pointer, "problem": problem, "en": english}
