"""Development's sample world, through public RPCs only: catalogue, agencies, one official per role, two citizens."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping

from infra.chassis.files import replace_text, text_of
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.cli.connection import Portal, first_operator

PROVINCE = "01"  # Hà Nội
AGENCY = "H26.01"
OTHER_AGENCY = "H29.01"
PLACES = (
    (AGENCY, "Trung tâm Phục vụ hành chính công thành phố Hà Nội (mẫu)", PROVINCE),
    (OTHER_AGENCY, "Trung tâm Phục vụ hành chính công Thành phố Hồ Chí Minh (mẫu)", "79"),
)
OFFICIALS = (
    ("intake_officer", AGENCY, ["intake_officer"]),
    ("case_officer", AGENCY, ["case_officer"]),
    ("case_officer_2", AGENCY, ["case_officer"]),
    ("approver", AGENCY, ["approver"]),
    ("approver_2", AGENCY, ["approver"]),
    ("catalog_editor", AGENCY, ["catalog_editor"]),
    ("catalog_editor_2", AGENCY, ["catalog_editor"]),
    ("accountant", AGENCY, ["accountant"]),
    ("accountant_2", AGENCY, ["accountant"]),
    ("auditor", AGENCY, ["auditor"]),
    ("operator", AGENCY, ["operator"]),
    ("operator_2", AGENCY, ["operator"]),
    ("other_agency", OTHER_AGENCY, ["intake_officer", "case_officer", "approver"]),
)
CITIZENS = 2
SINCE = "2025-01-01"  # before the first day an import takes by default, so that records may follow samples
Progress = Callable[[str], None]


class NotDevelopment(SystemExit):
    """Seeding is for development only."""

    def __init__(self) -> None:
        super().__init__("portal seed: only with PORTAL_ENVIRONMENT=development; nothing was changed")


def seed(settings: Settings, portal: Portal, progress: Progress = lambda line: None, *, catalogue: bool = True) -> Json:
    """Make the sample world, or find it made; stored under the secrets folder. ``catalogue=False``: only the people."""
    if not settings.development:
        raise NotDevelopment()
    path = settings.secret_folder() / "seed.json"
    world: Json = json.loads(text_of(path)) if path.exists() else _planned(portal)
    replace_text(path, json.dumps(world, ensure_ascii=False, indent=1))
    operator = portal.as_(portal.sign_in(**first_operator(settings)))
    for code, name, province in PLACES:
        progress(f"cơ quan {code}: {name}")
        operator.identity.create_agency(code=code, name=name, province_code=province)
    for person in [*world["officials"].values(), *world["citizens"]]:
        progress(f"tài khoản {person['full_name']}")
        person["account_id"] = _registered(portal, person)
    for role, agency_code, roles in OFFICIALS:
        post = {"account_id": world["officials"][role]["account_id"], "agency_code": agency_code, "roles": roles}
        reply = operator.identity.appoint(**post)
        if reply.get("status") == "awaiting_approval":
            second = world["officials"]["operator"]
            desk = portal.as_(portal.sign_in(second["username"], second["password"]))
            desk.identity.approve_appointment(request_id=reply["request_id"])
    if catalogue:
        world["procedures"] = _published(portal, world, progress)
    replace_text(path, json.dumps(world, ensure_ascii=False, indent=1))
    return world


def overview(world: Json) -> Json:
    """What ``portal seed --json`` prints of it."""
    official, citizen = ("username", "password", "account_id"), ("username", "password", "account_id", "citizen_number")
    return {
        "agency_code": world["agency_code"],
        "province_code": world["province_code"],
        "officials": {role: {key: account[key] for key in official} for role, account in world["officials"].items()},
        "citizens": [{key: account[key] for key in citizen} for account in world["citizens"]],
    }


def _planned(portal: Portal) -> Json:
    people = portal.as_().identity.sample_people()["items"]
    needed = len(OFFICIALS) + CITIZENS
    chosen = [_credentials(person, number) for number, person in enumerate(people[:needed])]
    officials = {role: {**chosen[number], "agency_code": agency} for number, (role, agency, _) in enumerate(OFFICIALS)}
    return {
        "agency_code": AGENCY,
        "province_code": PROVINCE,
        "officials": officials,
        "citizens": chosen[len(OFFICIALS) :],
    }


def _credentials(person: Mapping[str, object], number: int) -> Json:
    return {
        "username": person["citizen_number"],
        "password": secrets.token_urlsafe(12),
        "citizen_number": person["citizen_number"],
        "full_name": person["full_name"],
        "birth_date": person["birth_date"],
        "phone": f"+849120000{number:02d}",
        "email": f"mau{number:02d}@example.vn",
    }


def _registered(portal: Portal, person: Mapping[str, object]) -> str:
    if account_id := person.get("account_id"):
        return str(account_id)
    particulars = {
        key: person[key] for key in ("citizen_number", "full_name", "birth_date", "phone", "email", "password")
    }
    return str(portal.as_().identity.register_citizen(**particulars)["account_id"])


def _published(portal: Portal, world: Json, progress: Progress) -> int:
    editor = world["officials"]["catalog_editor"]
    editor_session = portal.as_(portal.sign_in(editor["username"], editor["password"]))
    definitions = portal.as_().catalog.sample_procedures(agency_code=AGENCY)["items"]
    for definition in definitions:
        progress(f"thủ tục {definition['code']}: {definition['title']['vi']}")
        meant = json.dumps(definition, sort_keys=True)
        command_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"seed:{meant}"))
        editor_session.catalog.publish(definition=definition, effective_from=SINCE, command_id=command_id)
    return len(definitions)
