"""From a client's request to a code: who signs in, what they agree to, and where their browser goes next.

The front door shows pages and carries cookies; every step is decided here. A request is bound to the browser it came
from (``binding``, a cookie): a link to somebody else's request leads nowhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from sqlalchemy import delete
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import keys, open_sessions
from services.identity.models import Account, RefreshToken, SignInSession
from services.identity.models.single_sign_on import AuthorizationRequest, OpenIdClient
from services.identity.openid import browsers
from services.identity.openid.consents import record_consent
from services.identity.openid.grants import standing_consent
from services.identity.openid.issuer import Issuer
from services.identity.openid.relying_parties import approved_client
from services.identity.openid.request_rules import RequestError, checked_request, echoed_state
from services.identity.sessions import Authenticator
from services.identity.single_sign_on_errors import AuthorizationNotPending, AuthorizationRequestRefused
from services.identity.tokens import token_digest

PENDING = timedelta(minutes=10)
CODE_LIFETIME = timedelta(seconds=60)


class AuthorizationDesk:
    """Takes a person through a client's request."""

    def __init__(self, database: Database, issuer: Issuer, authenticator: Authenticator) -> None:
        self.database, self.issuer, self.authenticator = database, issuer, authenticator

    @classmethod
    def from_settings(cls, settings: Settings) -> AuthorizationDesk:
        database = Database.at(settings.database_url("identity"))
        issuer, authenticator = Issuer.from_settings(settings), Authenticator.from_settings(settings)
        return cls(database, issuer, authenticator)

    def begin_authorization(self, parameters: Mapping[str, str], binding: str, browser: str | None = None) -> Json:
        """The first step of a request: ``{step: sign_in | consent, authorization_id, …}``, or ``redirect`` at once.

        ``AuthorizationRequestRefused`` where nobody may be sent back; every other fault goes back to the client.
        """
        address = self.issuer.address
        with self.database.session() as session:
            client = approved_client(session, parameters.get("client_id", ""))
            redirect_uri = parameters.get("redirect_uri", "")
            if client is None:
                raise AuthorizationRequestRefused(error="client_id")
            if redirect_uri not in client.redirect_uris:
                raise AuthorizationRequestRefused(error="redirect_uri")
            try:
                facts = checked_request(parameters, client.scopes)
            except RequestError as fault:
                return _back(redirect_uri, _state_of(parameters), address, **_error(fault))
            now = clock.now()
            request = AuthorizationRequest(
                id=str(uuid4()), binding_digest=token_digest(binding), client_id=client.client_id,
                redirect_uri=redirect_uri, scopes=facts.scopes, state=facts.state, nonce=facts.nonce,
                code_challenge=facts.code_challenge, prompts=facts.prompts, max_age=facts.max_age, created_at=now,
                expires_at=now + PENDING,
            )  # fmt: skip
            session.add(request)
            return self._next(session, request, client, browser)

    def authorization(self, authorization_id: str, binding: str, browser: str | None = None) -> Json:
        """The step a request is at: for a page that is loaded again."""
        with self.database.session() as session:
            request, client = pending(session, authorization_id, binding)
            return self._next(session, request, client, browser)

    def sign_in_to_authorize(
        self,
        authorization_id: str,
        binding: str,
        username: str,
        password: str,
        otp: str | None = None,
        device: str | None = None,
        browser: str | None = None,
        *,
        source: str | None = None,
    ) -> Json:
        """Sign in for a request: the next step, and ``browser``, the secret of a browser that is signed in now.

        Refuses what ``sign_in`` refuses, counts as it does, and answers the same ``device``.
        """
        with self.database.session() as session:
            pending(session, authorization_id, binding)
        tokens = self.authenticator.sign_in(username, password, otp, device, source=source)
        session_id = str(tokens["session_id"])
        with self.database.session() as session:
            session.execute(delete(RefreshToken).where(RefreshToken.session_id == session_id))  # nobody was given it
            step = self.signed_in(session, authorization_id, binding, session_id, browser)
            return {**step, "device": tokens["device"]}

    def signed_in(
        self, session: Session, authorization_id: str, binding: str, session_id: str, browser: str | None
    ) -> Json:
        """The step after somebody has signed in, by whatever way."""
        request, client = pending(session, authorization_id, binding)
        secret = browsers.remember_browser(session, session_id, browser)
        request.session_id = session_id
        session.flush()
        return {**self._next(session, request, client, secret), "browser": secret}

    def remember_browser(self, browser: str | None = None, *, by: Actor) -> Json:
        """The caller's browser is signed in for single sign-on, too: ``{browser}``, its secret.

        ``browser``: one it had before.
        It ends with the caller's session, and that session when another portal signs the person out here.
        """
        with self.database.session() as session:
            open_sessions.check_open(session, by)
            return {"browser": browsers.remember_browser(session, str(by.session_id), browser)}

    def decide_authorization(
        self,
        authorization_id: str,
        binding: str,
        allow: bool,
        scopes: Collection[str] | None = None,
        browser: str | None = None,
    ) -> Json:
        """The person's answer: ``{step: redirect, location}``. ``scopes``: those of the request they agree to (all)."""
        address = self.issuer.address
        with self.database.session() as session:
            request, client = pending(session, authorization_id, binding)
            sign_in = browsers.browser_session(session, browser)
            if sign_in is None or sign_in.id != request.session_id:
                raise AuthorizationNotPending()
            if not allow:
                request.ended_at = clock.now()
                return _back(request.redirect_uri, request.state, address, error="access_denied")
            agreed = [scope for scope in request.scopes if scopes is None or scope in {"openid", *scopes}]
            record_consent(session, sign_in.account_id, client.client_id, request.scopes, agreed)
            request.scopes = agreed
            return self._code(request)

    def _next(self, session: Session, request: AuthorizationRequest, client: OpenIdClient, browser: str | None) -> Json:
        sign_in = self._sign_in_of(session, request, browser)
        if sign_in is None:
            return self._sign_in_step(request, client)
        request.session_id = sign_in.id
        consent = standing_consent(session, sign_in.account_id, client.client_id)
        agreed = consent is not None and set(request.scopes) <= set(consent.scopes)
        if agreed and "consent" not in request.prompts:
            return self._code(request)
        if "none" in request.prompts:
            return self._refused_at_once(request, "consent_required")
        account = session.get_one(Account, sign_in.account_id)
        return {**self._view("consent", request, client), "account_name": account.full_name}

    def _sign_in_of(self, session: Session, request: AuthorizationRequest, browser: str | None) -> SignInSession | None:
        """The session this request goes on with: the browser's, unless the client asks for a fresh sign-in."""
        sign_in = browsers.browser_session(session, browser)
        if sign_in is None or sign_in.id == request.session_id:
            return sign_in
        if {"login", "select_account"} & set(request.prompts):
            return None
        age = clock.now() - sign_in.created_at
        return None if request.max_age is not None and age > timedelta(seconds=request.max_age) else sign_in

    def _sign_in_step(self, request: AuthorizationRequest, client: OpenIdClient) -> Json:
        if "none" in request.prompts:
            return self._refused_at_once(request, "login_required")
        return self._view("sign_in", request, client)

    def _view(self, step: str, request: AuthorizationRequest, client: OpenIdClient) -> Json:
        parts = urlsplit(request.redirect_uri)
        return {
            "step": step,
            "authorization_id": request.id,
            "client_name": client.name,
            "scopes": request.scopes,
            "return_origin": f"{parts.scheme}://{parts.netloc}",
        }

    def _code(self, request: AuthorizationRequest) -> Json:
        code, now = keys.generate_secret(), clock.now()
        request.code_digest, request.code_expires_at, request.ended_at = token_digest(code), now + CODE_LIFETIME, now
        return _back(request.redirect_uri, request.state, self.issuer.address, code=code)

    def _refused_at_once(self, request: AuthorizationRequest, error: str) -> Json:
        request.ended_at = clock.now()
        return _back(request.redirect_uri, request.state, self.issuer.address, error=error)


def pending(session: Session, authorization_id: str, binding: str) -> tuple[AuthorizationRequest, OpenIdClient]:
    """A request that this browser may go on with, and its client."""
    request = session.get(AuthorizationRequest, authorization_id, with_for_update=True)
    if request is None or request.ended_at is not None or request.expires_at <= clock.now():
        raise AuthorizationNotPending()
    client = approved_client(session, request.client_id)
    if client is None or not hmac.compare_digest(request.binding_digest, token_digest(binding)):
        raise AuthorizationNotPending()
    return request, client


def _back(redirect_uri: str, state: str | None, issuer: str, **answer: str) -> Json:
    """Where the browser goes: the client's address with the answer, its ``state`` and who answers (RFC 9207)."""
    fields = {**answer, **({"state": state} if state is not None else {}), "iss": issuer}
    return {"step": "redirect", "location": f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(fields)}"}


def _error(fault: RequestError) -> dict[str, str]:
    return {"error": fault.error, **({"error_description": fault.description} if fault.description else {})}


def _state_of(parameters: Mapping[str, str]) -> str | None:
    try:
        return echoed_state(parameters)
    except RequestError:
        return None
