"""Identity's doors: who people are, which offices they hold, whom they let act for them."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.access import auth
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles
from infra.chassis.running.operations import Operations
from services.identity.access_challenges import ChallengeDesk
from services.identity.access_endings import TrustAnswers
from services.identity.access_log import AccessRecorder
from services.identity.access_log_seal import AccessLogCheck
from services.identity.accounts import Accounts, Registration
from services.identity.delegations import DelegationRegistrar
from services.identity.offices import Offices
from services.identity.one_time_codes import OneTimeCodes
from services.identity.personal_data import PersonalData
from services.identity.population import SampleRegister
from services.identity.service_clients import ServiceClients
from services.identity.sessions import Authenticator

OFFICIALS = {"intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
SIGNED_IN = {"citizen", *OFFICIALS}


class IdentityService(Operations):
    """The portal's *identity* service."""

    name = "identity"
    caller = auth.Caller(own=TrustAnswers)
    trust_answers = dependencies.Provided(TrustAnswers)
    accounts = dependencies.Provided(Accounts)
    sample_register = dependencies.Provided(SampleRegister)
    authenticator = dependencies.Provided(Authenticator)
    one_time_codes = dependencies.Provided(OneTimeCodes)
    service_clients = dependencies.Provided(ServiceClients)
    offices = dependencies.Provided(Offices)
    delegation_registrar = dependencies.Provided(DelegationRegistrar)
    access_recorder = dependencies.Provided(AccessRecorder)
    challenge_desk = dependencies.Provided(ChallengeDesk)
    access_log_check = dependencies.Provided(AccessLogCheck)
    personal_data = dependencies.Provided(PersonalData)

    @door(public=True, sensitive=("citizen_number",), costly=True)
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
    ) -> Json:
        registration = Registration(citizen_number, full_name, birth_date, phone, email, language)
        return self.accounts.register_citizen(registration, password, command=self.caller.optional_command)

    @door(public=True)
    def sample_people(self) -> Page[Json]:
        return self.sample_register.sample_people()

    @door(public=True, sensitive=("username",), costly=True)
    def sign_in(self, username: str, password: str, otp: str | None = None) -> Json:
        return self.authenticator.sign_in(username, password, otp)

    @door(public=True)
    def refresh(self, refresh_token: str) -> Json:
        return self.authenticator.refresh(refresh_token)

    @door(public=True)
    def sign_out(self, refresh_token: str) -> Json:
        return self.authenticator.sign_out(refresh_token)

    @door(roles=SIGNED_IN)
    def sessions(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.authenticator.sessions(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def revoke_session(self, session_id: str) -> Json:
        return self.authenticator.revoke_session(session_id, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def whoami(self) -> Json:
        return self.accounts.whoami(by=self.caller.actor)

    @door(public=True)
    def jwks(self) -> Json:
        return self.trust_answers.jwks()

    @door(public=True)
    def access_endings(self, nonce: str, after: int = 0) -> Json:
        return self.trust_answers.access_endings(after, nonce)

    @door(roles=SIGNED_IN)
    def enrol_otp(self, otp: str | None = None, password: str | None = None) -> Json:
        return self.one_time_codes.enrol_otp(otp, password, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def confirm_otp(self, code: str) -> Json:
        return self.one_time_codes.confirm_otp(code, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def change_password(self, old: str, new: str) -> Json:
        return self.accounts.change_password(old, new, by=self.caller.actor)

    @door(public=True, costly=True)
    def client_token(self, client_id: str, client_secret: str) -> Json:
        return self.service_clients.client_token(client_id, client_secret)

    @door(internal=True)
    def contact(self, account_id: str) -> Json:
        return self.accounts.contact(account_id, reader=self.caller.service_reader)

    @door(internal=True)
    def posts(self, account_id: str) -> Json:
        return self.offices.posts(account_id)

    @door(roles={"operator"})
    def create_agency(
        self,
        code: str,
        name: str,
        parent_code: str | None = None,
        province_code: str | None = None,
        command_id: str | None = None,
    ) -> Json:
        return self.offices.create_agency(
            code, name, parent_code, province_code, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(public=True)
    def agencies(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.offices.agencies(limit=limit, cursor=cursor)

    @door(roles={"operator"})
    def appoint(self, account_id: str, agency_code: str, roles: list[str], command_id: str | None = None) -> Json:
        return self.offices.appoint(
            account_id, agency_code, roles, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"operator"})
    def approve_appointment(self, request_id: str, command_id: str | None = None) -> Json:
        return self.offices.approve_appointment(request_id, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"operator"})
    def decline_appointment(self, request_id: str, command_id: str | None = None) -> Json:
        return self.offices.decline_appointment(request_id, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"operator", "auditor"})
    def appointment_requests(
        self, status: str = "awaiting_approval", limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.offices.appointment_requests(status, limit=limit, cursor=cursor)

    @door(roles={"operator"})
    def dismiss(self, account_id: str, agency_code: str, command_id: str | None = None) -> Json:
        return self.offices.dismiss(account_id, agency_code, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"citizen"}, sensitive=("to_citizen_number",))
    def delegate(
        self, to_citizen_number: str, scope: list[str] | str, until: str, command_id: str | None = None
    ) -> Json:
        return self.delegation_registrar.delegate(
            to_citizen_number, scope, until, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"citizen"})
    def revoke_delegation(self, delegation_id: str, command_id: str | None = None) -> Json:
        return self.delegation_registrar.revoke_delegation(
            delegation_id, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"citizen"})
    def delegations(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.delegation_registrar.delegations(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(internal=True, sensitive=("principal_citizen_number",))
    def delegation_for(
        self,
        delegate_account_id: str,
        scope: str,
        principal_citizen_number: str | None = None,
        principal_account_id: str | None = None,
    ) -> Json:
        return self.delegation_registrar.delegation_for(
            delegate_account_id,
            scope,
            principal_citizen_number,
            principal_account_id,
            reader=self.caller.service_reader,
        )

    @door(internal=True)
    def delegations_in_force(self, delegate_account_id: str) -> Json:
        return self.delegation_registrar.delegations_in_force(delegate_account_id, reader=self.caller.service_reader)

    @door(roles=SIGNED_IN)
    def access_log(self, subject_id: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.access_recorder.access_log(subject_id, limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=SIGNED_IN, sensitive=("reason",))
    def challenge_access(self, entry_id: int, reason: str, command_id: str) -> Json:
        return self.challenge_desk.challenge_access(entry_id, reason, **self.caller.acting)

    @door(roles={"auditor"})
    def access_challenges(self, status: str = "open", limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.challenge_desk.access_challenges(status, limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles={"auditor"}, sensitive=("answer",))
    def answer_challenge(self, challenge_id: str, outcome: str, answer: str, command_id: str) -> Json:
        return self.challenge_desk.answer_challenge(challenge_id, outcome, answer, **self.caller.acting)

    @door(roles={"auditor"}, costly=True)
    def verify_access_log(self, heads: list[Json] | None = None) -> Json:
        return self.access_log_check.verify_access_log(heads or ())

    @handles("applications", "application_read.v1")
    def note_application_read(self, event: Json) -> None:
        self.access_recorder.note_reading(event)

    @handles("applications", "applications_listed.v1")
    def note_applications_listed(self, event: Json) -> None:
        self.access_recorder.note_accesses("note_applications_listed", event)

    @handles("applications", "history_exported.v1")
    def note_history_exported(self, event: Json) -> None:
        self.access_recorder.note_accesses("note_history_exported", event)

    @handles("payments", "personal_data_accessed.v1")
    def note_payments_access(self, event: Json) -> None:
        self.access_recorder.note_accesses("note_payments_access", event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: Json) -> None:
        self.personal_data.note(event)
