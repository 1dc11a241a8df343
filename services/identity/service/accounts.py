"""What people do with their accounts: registering, signing in, codes, passwords, sessions."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.running.operations import Operations
from services.identity.access_endings import TrustAnswers
from services.identity.accounts import Accounts, Registration
from services.identity.contact_changes import Channel, ContactDesk
from services.identity.contact_codes import ContactCodes
from services.identity.one_time_codes import OneTimeCodes
from services.identity.password_resets import PasswordDesk
from services.identity.population import SampleRegister
from services.identity.service.roles import ENROLLING, SIGNED_IN
from services.identity.service_clients import ServiceClients
from services.identity.sessions import Authenticator
from services.identity.sign_in_records import SignInHistory


class AccountDoors(Operations):
    """The doors of accounts and of signing in."""

    trust_answers = dependencies.Provided(TrustAnswers)
    accounts = dependencies.Provided(Accounts)
    sample_register = dependencies.Provided(SampleRegister)
    password_desk = dependencies.Provided(PasswordDesk)
    contact_codes = dependencies.Provided(ContactCodes)
    contact_desk = dependencies.Provided(ContactDesk)
    authenticator = dependencies.Provided(Authenticator)
    sign_in_history = dependencies.Provided(SignInHistory)
    one_time_codes = dependencies.Provided(OneTimeCodes)
    service_clients = dependencies.Provided(ServiceClients)

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

    @door(public=True, costly=True)
    def confirm_registration(self, account_id: str, code: str) -> Json:
        return self.accounts.confirm_registration(account_id, code)

    @door(public=True, sensitive=("username",), costly=True)
    def request_password_reset(self, username: str) -> Json:
        return self.password_desk.request_password_reset(username)

    @door(public=True, sensitive=("username",), costly=True)
    def reset_password(self, username: str, code: str, new: str, otp: str | None = None) -> Json:
        return self.password_desk.reset_password(username, code, new, otp)

    @door(public=True)
    def sample_people(self) -> Page[Json]:
        return self.sample_register.sample_people()

    @door(public=True, sensitive=("username",), costly=True)
    def sign_in(self, username: str, password: str, otp: str | None = None, device: str | None = None) -> Json:
        return self.authenticator.sign_in(username, password, otp, device, source=self.caller.source)

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
    def recent_sign_ins(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.sign_in_history.recent_sign_ins(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def whoami(self) -> Json:
        return self.accounts.whoami(by=self.caller.actor)

    @door(public=True)
    def jwks(self) -> Json:
        return self.trust_answers.jwks()

    @door(public=True)
    def access_endings(self, nonce: str, after: int = 0) -> Json:
        return self.trust_answers.access_endings(after, nonce)

    @door(roles=ENROLLING)
    def enrol_otp(self, otp: str | None = None, password: str | None = None) -> Json:
        return self.one_time_codes.enrol_otp(otp, password, by=self.caller.actor)

    @door(roles=ENROLLING)
    def confirm_otp(self, code: str) -> Json:
        return self.one_time_codes.confirm_otp(code, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def change_password(self, old: str, new: str) -> Json:
        return self.accounts.change_password(old, new, by=self.caller.actor)

    @door(roles=SIGNED_IN, sensitive=("address",))
    def request_contact_change(self, channel: Channel, address: str, password: str, otp: str | None = None) -> Json:
        return self.contact_desk.request_contact_change(channel, address, password, otp, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def confirm_contact(self, channel: Channel, code: str) -> Json:
        return self.contact_desk.confirm_contact(channel, code, by=self.caller.actor)

    @door(public=True, costly=True)
    def client_token(self, client_id: str, client_secret: str) -> Json:
        return self.service_clients.client_token(client_id, client_secret)

    @door(internal=True)
    def contact(self, account_id: str) -> Json:
        return self.accounts.contact(account_id, reader=self.caller.service_reader)

    @door(internal=True)
    def citizen_number(self, account_id: str) -> Json:
        return self.accounts.citizen_number(account_id, reader=self.caller.service_reader)

    @door(internal=True)
    def code_message(self, request_id: str) -> Json:
        return self.contact_codes.code_message(request_id)
