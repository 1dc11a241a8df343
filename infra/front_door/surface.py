"""The calls that may be made from outside, read from the services' contracts; no name comes from a caller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from infra.chassis.contracts import HEALTH, service_folder
from infra.chassis.json_types import Json
from infra.chassis.settings import SERVICES

# For services alone: no token opens them.
INTERNAL = {
    ("identity", "citizen_number"),
    ("identity", "contact"),
    ("identity", "code_message"),
    ("identity", "delegation_for"),
    ("identity", "delegations_in_force"),
    ("identity", "posts"),
    ("interchange", "dossier_by_person"),
}
# They change something and take no command id: never sent twice by the front door.
WITHOUT_COMMAND = {
    ("identity", "confirm_registration"),
    ("identity", "request_password_reset"),
    ("identity", "reset_password"),
    ("identity", "sign_in"),
    ("identity", "begin_eid_sign_in"),
    ("identity", "complete_eid_sign_in"),
    ("identity", "refresh"),
    ("identity", "sign_out"),
    ("identity", "revoke_session"),
    ("identity", "enrol_otp"),
    ("identity", "confirm_otp"),
    ("identity", "change_password"),
    ("identity", "request_contact_change"),
    ("identity", "confirm_contact"),
    ("identity", "client_token"),
    ("identity", "begin_authorization"),
    ("identity", "authorization"),
    ("identity", "sign_in_to_authorize"),
    ("identity", "decide_authorization"),
    ("identity", "remember_browser"),
    ("identity", "openid_token"),
    ("identity", "revoke_openid_token"),
    ("identity", "openid_logout"),
    ("identity", "renew_openid_client_secret"),
    ("payments", "gateway_callback"),
    ("notifications", "delivery_report"),
}


@dataclass(frozen=True)
class Door:
    """One call of one service; ``entry`` is its part of the contract."""

    service: str
    method: str
    entry: Json

    @property
    def parameters(self) -> Json:
        properties: Json = self.entry["parameters"].get("properties", {})
        return properties

    @property
    def takes_command(self) -> bool:
        return "command_id" in self.parameters

    @property
    def needs_command(self) -> bool:
        return "command_id" in self.entry["parameters"].get("required", [])

    @property
    def public(self) -> bool:
        """Whether it answers without sign-in."""
        return bool(self.entry.get("public"))

    @property
    def changes(self) -> bool:
        return self.takes_command or (self.service, self.method) in WITHOUT_COMMAND

    def repeatable(self, arguments: Json) -> bool:
        """Whether the front door may send it once more: it only reads, or a command id makes it harmless."""
        return not self.changes or (self.takes_command and bool(arguments.get("command_id")))


@cache
def document_of(service: str) -> Json:
    """A service's contract as it is in its file."""
    loaded: Json = json.loads((service_folder(service) / "contract.json").read_text(encoding="utf-8"))
    return loaded


@cache
def doors() -> dict[tuple[str, str], Door]:
    """Every call that may be made from outside, by service and method."""
    return {
        (service, method): Door(service, method, entry)
        for service in SERVICES
        for method, entry in {"health": HEALTH, **document_of(service)["rpc"]}.items()
        if (service, method) not in INTERNAL
    }
