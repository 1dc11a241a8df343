"""Other portals that sign people in here, and the national e-ID that signs them in to us (OpenID Connect)."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.running.operations import Operations
from services.identity.eid.desk import EidDesk
from services.identity.openid.authorizations import AuthorizationDesk
from services.identity.openid.consents import Consents
from services.identity.openid.relying_parties import RelyingParties
from services.identity.openid.signing_out import SignOutDesk
from services.identity.openid.token_desk import TokenDesk
from services.identity.service.roles import SIGNED_IN


class SingleSignOnDoors(Operations):
    """The doors of single sign-on: clients, requests, tokens, consents."""

    relying_parties = dependencies.Provided(RelyingParties)
    authorization_desk = dependencies.Provided(AuthorizationDesk)
    token_desk = dependencies.Provided(TokenDesk)
    sign_out_desk = dependencies.Provided(SignOutDesk)
    consents = dependencies.Provided(Consents)
    eid_desk = dependencies.Provided(EidDesk)

    @door(public=True, costly=True)
    def begin_eid_sign_in(self) -> Json:
        return self.eid_desk.begin_eid_sign_in()

    @door(public=True, costly=True)
    def complete_eid_sign_in(
        self,
        state: str,
        binding: str,
        code: str | None = None,
        otp: str | None = None,
        device: str | None = None,
        issuer: str | None = None,
    ) -> Json:
        return self.eid_desk.complete_eid_sign_in(state, binding, code, otp, device, issuer)

    @door(public=True)
    def openid_configuration(self) -> Json:
        return self.token_desk.openid_configuration()

    @door(public=True)
    def openid_keys(self) -> Json:
        return self.token_desk.openid_keys()

    @door(public=True)
    def begin_authorization(self, parameters: dict[str, str], binding: str, browser: str | None = None) -> Json:
        return self.authorization_desk.begin_authorization(parameters, binding, browser)

    @door(public=True)
    def authorization(self, authorization_id: str, binding: str, browser: str | None = None) -> Json:
        return self.authorization_desk.authorization(authorization_id, binding, browser)

    @door(public=True, sensitive=("username",), costly=True)
    def sign_in_to_authorize(
        self,
        authorization_id: str,
        binding: str,
        username: str,
        password: str,
        otp: str | None = None,
        device: str | None = None,
        browser: str | None = None,
    ) -> Json:
        return self.authorization_desk.sign_in_to_authorize(
            authorization_id, binding, username, password, otp, device, browser, source=self.caller.source
        )

    @door(roles=SIGNED_IN)
    def remember_browser(self, browser: str | None = None) -> Json:
        return self.authorization_desk.remember_browser(browser, by=self.caller.actor)

    @door(public=True)
    def decide_authorization(
        self,
        authorization_id: str,
        binding: str,
        allow: bool,
        scopes: list[str] | None = None,
        browser: str | None = None,
    ) -> Json:
        return self.authorization_desk.decide_authorization(authorization_id, binding, allow, scopes, browser)

    @door(public=True)
    def openid_token(
        self,
        grant_type: str,
        client_id: str,
        client_secret: str | None = None,
        code: str | None = None,
        redirect_uri: str | None = None,
        code_verifier: str | None = None,
        refresh_token: str | None = None,
        scope: str | None = None,
    ) -> Json:
        return self.token_desk.openid_token(
            grant_type, client_id, client_secret, code, redirect_uri, code_verifier, refresh_token, scope
        )

    @door(public=True)
    def openid_userinfo(self, access_token: str) -> Json:
        return self.token_desk.openid_userinfo(access_token)

    @door(public=True)
    def revoke_openid_token(self, token: str, client_id: str, client_secret: str | None = None) -> Json:
        return self.token_desk.revoke_openid_token(token, client_id, client_secret)

    @door(public=True)
    def openid_logout(
        self,
        id_token_hint: str | None = None,
        client_id: str | None = None,
        post_logout_redirect_uri: str | None = None,
        state: str | None = None,
        browser: str | None = None,
        confirmed: bool = False,
    ) -> Json:
        return self.sign_out_desk.openid_logout(
            id_token_hint, client_id, post_logout_redirect_uri, state, browser, confirmed
        )

    @door(roles=SIGNED_IN)
    def openid_consents(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.consents.openid_consents(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=SIGNED_IN)
    def withdraw_openid_consent(self, client_id: str, command_id: str) -> Json:
        return self.consents.withdraw_openid_consent(client_id, **self.caller.acting)

    @door(roles={"operator"})
    def register_openid_client(
        self,
        name: str,
        redirect_uris: list[str],
        scopes: list[str],
        command_id: str,
        confidential: bool = True,
        post_logout_redirect_uris: list[str] | None = None,
    ) -> Json:
        return self.relying_parties.register_openid_client(
            name, redirect_uris, scopes, confidential, post_logout_redirect_uris, **self.caller.acting
        )

    @door(roles={"operator"})
    def approve_openid_client(self, client_id: str, command_id: str) -> Json:
        return self.relying_parties.approve_openid_client(client_id, **self.caller.acting)

    @door(roles={"operator"})
    def decline_openid_client(self, client_id: str, command_id: str) -> Json:
        return self.relying_parties.decline_openid_client(client_id, **self.caller.acting)

    @door(roles={"operator"})
    def end_openid_client(self, client_id: str, command_id: str) -> Json:
        return self.relying_parties.end_openid_client(client_id, **self.caller.acting)

    @door(roles={"operator"})
    def renew_openid_client_secret(self, client_id: str, at_once: bool = False) -> Json:
        return self.relying_parties.renew_openid_client_secret(client_id, at_once, by=self.caller.actor)

    @door(roles={"operator", "auditor"})
    def openid_clients(self, status: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.relying_parties.openid_clients(status, limit=limit, cursor=cursor)
