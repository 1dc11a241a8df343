"""What each door does with a code that nobody knows: an agency, a unit, a procedure, a province, a currency.

By hand: the refusal's name, or in words what happens instead. A code that a door writes down is refused; a code that a
list is narrowed by finds nothing, as any other word does, unless nothing found would be taken for a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.chassis.contracts import contract_of
from tests.support.installation import doors

NOBODYS_AGENCY, NOBODYS_PROCEDURE, NOBODYS_PROVINCE, NOBODYS_CURRENCY = "H99.99", "9.999999", "999", "XXX"
CODES: dict[str, str] = {
    **dict.fromkeys(("agency_code", "agency_codes", "from_agency", "to_agencies", "add_agencies", "remove_agencies",
                     "agencies", "parent_code", "unit", "into"), NOBODYS_AGENCY),
    **dict.fromkeys(("procedure_code", "scope"), NOBODYS_PROCEDURE),
    **dict.fromkeys(("province_code", "province_codes", "province"), NOBODYS_PROVINCE),
    "currency": NOBODYS_CURRENCY,
}  # fmt: skip
CODE_IS = {"procedure": NOBODYS_PROCEDURE, "agency": NOBODYS_AGENCY}  # what an argument named ``code`` of catalog is
AGENCY_DOORS = frozenset({"agency", "agency_changes", "set_agency", "merge_agency"})

NO_CODES = frozenset({"definition.legal_maximum.unit", "definition.results.validity.unit"})  # units of time

FINDS_NOTHING = "finds nothing"
FORBIDDEN = "Forbidden"  # an officer names their own agency, which exists
AT_HAND = "its own receivers only"  # those a document went to; a stranger among them is no receiver
NAMED = "published and named in the reply"  # agencies that identity has only just announced, records of ministries
ANYBODYS = "sample definitions for any agency, in development"
UNBOUND = "a delegation for it lets nobody do anything"
ALWAYS_EMPTY = "the classic call's unit is written down as sent"
ANSWERED = "part of the code of the document answered, which may have come by other ways"

WHAT_DOORS_DO: dict[tuple[str, str, str], str] = {
    ("applications", "start", "procedure_code"): "ProcedureNotFound",
    ("applications", "start", "agency_code"): "InvalidRequest",
    ("applications", "changes", "agency_code"): FORBIDDEN,
    ("applications", "queue", "agency_code"): FORBIDDEN,
    ("applications", "queue", "procedure_code"): FINDS_NOTHING,
    ("applications", "affected_due_dates", "agency_code"): "AgencyUnknown",
    ("applications", "consult", "agency_code"): "AgencyUnknown",
    ("applications", "request_payment", "amount.currency"): "InvalidRequest",
    ("catalog", "search", "agency_code"): FINDS_NOTHING,
    ("catalog", "search", "province"): "ProvinceNotFound",
    **{("catalog", door, "code"): "ProcedureNotFound" for door in
       ("procedure", "versions", "compare", "changes", "approve_publication", "decline_publication", "retire", "quote",
        "due_date")},
    **{("catalog", door, "code"): "DraftNotFound" for door in ("draft", "publish_draft", "discard_draft")},
    ("catalog", "publish", "definition.authority.agency_codes"): NAMED,
    ("catalog", "publish", "definition.authority.province_codes"): "InvalidRequest",
    ("catalog", "publish", "definition.fees.currency"): "InvalidRequest",
    ("catalog", "wards", "province_code"): "ProvinceNotFound",
    ("catalog", "agencies", "province_code"): "ProvinceNotFound",
    ("catalog", "agency", "code"): "AgencyUnknown",
    ("catalog", "agency_changes", "code"): "AgencyUnknown",
    ("catalog", "merge_agency", "code"): "AgencyUnknown",
    ("catalog", "merge_agency", "into"): "AgencyUnknown",
    ("catalog", "set_agency", "agency.parent_code"): "AgencyUnknown",
    ("catalog", "set_agency", "agency.province_code"): "ProvinceNotFound",
    ("catalog", "sample_procedures", "agency_code"): ANYBODYS,
    ("identity", "create_agency", "parent_code"): "AgencyNotFound",
    ("identity", "create_agency", "province_code"): "InvalidRequest",
    ("identity", "appoint", "agency_code"): "AgencyNotFound",
    ("identity", "dismiss", "agency_code"): "AppointmentNotFound",
    ("identity", "delegate", "scope"): UNBOUND,
    ("identity", "delegation_for", "scope"): UNBOUND,
    ("interchange", "classic_call", "unit"): ALWAYS_EMPTY,
    ("interchange", "send_document", "from_agency"): FORBIDDEN,
    ("interchange", "send_document", "to_agencies"): "InvalidRequest",
    ("interchange", "documents", "agency_code"): "AgencyUnknown",
    ("interchange", "document_figures", "agency_code"): "AgencyUnknown",
    ("interchange", "document", "agency_code"): AT_HAND,
    ("interchange", "respond", "agency_code"): FORBIDDEN,
    ("interchange", "recall_document", "agencies"): AT_HAND,
    ("interchange", "update_document", "add_agencies"): "InvalidRequest",
    ("interchange", "update_document", "remove_agencies"): AT_HAND,
    ("interchange", "answer_business", "agency_code"): FORBIDDEN,
    ("interchange", "export_edxml", "agency_code"): AT_HAND,
    **{("interchange", door, "document.response_for.agency_code"): ANSWERED for door in
       ("send_document", "update_document", "replace_document")},
    **{("oversight", door, "unit"): "UnitNotFound" for door in ("report", "index", "what_if")},
    ("oversight", "what_if", "change.procedure_code"): "InvalidRequest",
    ("oversight", "integrity", "agency_code"): "AgencyUnknown",
    ("oversight", "give_feedback", "agency_code"): "AgencyUnknown",
    ("oversight", "feedback_queue", "agency_code"): "AgencyUnknown",
    ("oversight", "route_feedback", "agency_code"): "AgencyUnknown",
    ("payments", "record_offline", "amount.currency"): "InvalidRequest",
    ("payments", "refund", "amount.currency"): "InvalidRequest",
    ("payments", "refund", "available.currency"): "RefundAvailableChanged",
    ("payments", "reconcile", "statement.amount.currency"): "InvalidRequest",
}  # fmt: skip


class CodeArgument(NamedTuple):
    """Where a door takes a code, and one that nobody knows."""

    service: str
    door: str
    path: str
    unknown: str


def code_arguments() -> Iterator[CodeArgument]:
    """Every argument of every contract that by its name is a code of something there is a list of."""
    for service, door in doors():
        parameters = contract_of(service).rpc[door]["parameters"]
        for path in _paths(parameters, contract_of(service).definitions, ""):
            name = path.rsplit(".", 1)[-1] if path not in NO_CODES and door != "openid_token" else ""
            own = CODE_IS["agency" if door in AGENCY_DOORS else "procedure"] if service == "catalog" else None
            unknown = own if path == "code" and own else CODES.get(name)
            if unknown:
                yield CodeArgument(service, door, path, unknown)


def _paths(schema: Any, definitions: Mapping[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _paths(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions, path)
    for name, member in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from _paths(member, definitions, here)
    for part in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if isinstance(part, Mapping):
            yield from _paths(part, definitions, path)


def laid_over(arguments: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The arguments with ``value`` at a path, in the first item where there is a list on the way or at its end."""
    name, _, rest = path.partition(".")
    old = arguments.get(name)
    if not rest:
        return {**arguments, name: [value] if isinstance(old, list) or name in LISTS else value}
    if isinstance(old, list):
        return {**arguments, name: [laid_over(old[0], rest, value), *old[1:]]}
    return {**arguments, name: laid_over(old if isinstance(old, Mapping) else {}, rest, value)}


LISTS = frozenset(
    {"agency_codes", "province_codes", "to_agencies", "add_agencies", "remove_agencies", "agencies", "scope"}
)
