"""Identity's doors: who people are, which offices they hold, whom they let act for them."""

from __future__ import annotations

from typing import Any

from infra.chassis import auth, dependencies
from infra.chassis.doors import door
from infra.chassis.messaging.handlers import handles
from infra.chassis.operations import Operations
from services.identity.access_log import AccessLog
from services.identity.accounts import Accounts, Claimed
from services.identity.delegations import Delegations
from services.identity.offices import Offices
from services.identity.one_time_codes import OneTimeCodes
from services.identity.personal_data import PersonalData
from services.identity.population import SamplePeople
from services.identity.service_clients import ServiceClients
from services.identity.sessions import Sessions
from services.identity.tokens import published_keys

OFFICIALS = {"intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
PEOPLE = {"citizen", *OFFICIALS}


class IdentityService(Operations):
    """The portal's *identity* service."""

    name = "identity"
    caller = auth.Caller(jwks_of=published_keys)
    people = dependencies.Provided(Accounts)
    samples = dependencies.Provided(SamplePeople)
    entry = dependencies.Provided(Sessions)
    codes = dependencies.Provided(OneTimeCodes)
    clients = dependencies.Provided(ServiceClients)
    offices = dependencies.Provided(Offices)
    trust = dependencies.Provided(Delegations)
    log = dependencies.Provided(AccessLog)
    erasures = dependencies.Provided(PersonalData)

    @door(public=True, sensitive=("password", "citizen_number"))
    def register_citizen(
        self,
        citizen_number: str,
        full_name: str,
        birth_date: str,
        phone: str,
        email: str,
        password: str,
        language: str = "vi",
        command_id: str | None = None,
    ) -> dict[str, Any]:
        claimed = Claimed(citizen_number, full_name, birth_date, phone, email, language)
        return self.people.register_citizen(claimed, password, command=self.caller.command)

    @door(public=True)
    def sample_people(self) -> dict[str, Any]:
        return self.samples.sample_people()

    @door(public=True, sensitive=("username", "password", "otp"))
    def sign_in(self, username: str, password: str, otp: str | None = None) -> dict[str, Any]:
        return self.entry.sign_in(username, password, otp)

    @door(public=True, sensitive=("refresh_token",))
    def refresh(self, refresh_token: str) -> dict[str, Any]:
        return self.entry.refresh(refresh_token)

    @door(public=True, sensitive=("refresh_token",))
    def sign_out(self, refresh_token: str) -> dict[str, Any]:
        return self.entry.sign_out(refresh_token)

    @door(roles=PEOPLE)
    def sessions(self, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        return self.entry.sessions(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=PEOPLE)
    def revoke_session(self, session_id: str) -> dict[str, Any]:
        return self.entry.revoke_session(session_id, by=self.caller.actor)

    @door(roles=PEOPLE)
    def whoami(self) -> dict[str, Any]:
        return self.people.whoami(by=self.caller.actor)

    @door(public=True)
    def jwks(self) -> dict[str, Any]:
        return self.entry.jwks()

    @door(roles=PEOPLE, sensitive=("otp",))
    def enrol_otp(self, otp: str | None = None) -> dict[str, Any]:
        return self.codes.enrol_otp(otp, by=self.caller.actor)

    @door(roles=PEOPLE, sensitive=("code",))
    def confirm_otp(self, code: str) -> dict[str, Any]:
        return self.codes.confirm_otp(code, by=self.caller.actor)

    @door(roles=PEOPLE, sensitive=("old", "new"))
    def change_password(self, old: str, new: str) -> dict[str, Any]:
        return self.people.change_password(old, new, by=self.caller.actor)

    @door(public=True, sensitive=("client_secret",))
    def client_token(self, client_id: str, client_secret: str) -> dict[str, Any]:
        return self.clients.client_token(client_id, client_secret)

    @door(roles={"service"})
    def contact(self, account_id: str) -> dict[str, Any]:
        return self.people.contact(account_id)

    @door(roles={"operator"})
    def create_agency(
        self,
        code: str,
        name: str,
        parent_code: str | None = None,
        province_code: str | None = None,
        command_id: str | None = None,
    ) -> dict[str, Any]:
        return self.offices.create_agency(
            code, name, parent_code, province_code, by=self.caller.actor, command=self.caller.command
        )

    @door(public=True)
    def agencies(self, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        return self.offices.agencies(limit=limit, cursor=cursor)

    @door(roles={"operator"})
    def appoint(
        self, account_id: str, agency_code: str, roles: list[str], command_id: str | None = None
    ) -> dict[str, Any]:
        return self.offices.appoint(account_id, agency_code, roles, by=self.caller.actor, command=self.caller.command)

    @door(roles={"operator"})
    def dismiss(self, account_id: str, agency_code: str, command_id: str | None = None) -> dict[str, Any]:
        return self.offices.dismiss(account_id, agency_code, by=self.caller.actor, command=self.caller.command)

    @door(roles={"citizen"}, sensitive=("to_citizen_number",))
    def delegate(
        self, to_citizen_number: str, scope: list[str] | str, until: str, command_id: str | None = None
    ) -> dict[str, Any]:
        return self.trust.delegate(to_citizen_number, scope, until, by=self.caller.actor, command=self.caller.command)

    @door(roles={"citizen"})
    def revoke_delegation(self, delegation_id: str, command_id: str | None = None) -> dict[str, Any]:
        return self.trust.revoke_delegation(delegation_id, by=self.caller.actor, command=self.caller.command)

    @door(roles={"citizen"})
    def delegations(self, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        return self.trust.delegations(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles={"service"}, sensitive=("principal_citizen_number",))
    def delegation_for(
        self,
        delegate_account_id: str,
        scope: str,
        principal_citizen_number: str | None = None,
        principal_account_id: str | None = None,
    ) -> dict[str, Any]:
        return self.trust.delegation_for(delegate_account_id, scope, principal_citizen_number, principal_account_id)

    @door(roles=PEOPLE)
    def access_log(self, subject_id: str | None = None, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
        return self.log.access_log(subject_id, limit=limit, cursor=cursor, by=self.caller.actor)

    @handles("applications", "application_read.v1")
    def note_application_read(self, event: dict[str, Any]) -> None:
        self.log.note_reading(event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: dict[str, Any]) -> None:
        self.erasures.note(event)
