"""Signing out of single sign-on, begun by a client (OpenID Connect RP-Initiated Logout 1.0) or by the person."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import open_sessions
from services.identity.models import SignInSession
from services.identity.models.single_sign_on import OpenIdClient
from services.identity.openid import browsers
from services.identity.openid.id_token_keys import IdTokenKeys
from services.identity.openid.issuer import ALGORITHM, Issuer
from services.identity.openid.relying_parties import approved_client
from services.identity.single_sign_on_errors import AuthorizationRequestRefused


@dataclass(frozen=True)
class Hint:
    """What a genuine ID token of ours says, however old it is."""

    client_id: str
    session_name: str


class SignOutDesk:
    """Ends the browser's session, and says where the browser goes."""

    def __init__(self, database: Database, issuer: Issuer, id_token_keys: IdTokenKeys) -> None:
        self.database, self.issuer, self.id_token_keys = database, issuer, id_token_keys

    @classmethod
    def from_settings(cls, settings: Settings) -> SignOutDesk:
        database = Database.at(settings.database_url("identity"))
        return cls(database, Issuer.from_settings(settings), IdTokenKeys.from_settings(settings))

    def openid_logout(
        self,
        id_token_hint: str | None = None,
        client_id: str | None = None,
        post_logout_redirect_uri: str | None = None,
        state: str | None = None,
        browser: str | None = None,
        confirmed: bool = False,
    ) -> Json:
        """``{step: confirm | signed_out | redirect, location?}``.

        Without an ID token of this very session the person is asked first; nobody is sent to an address that is not
        one of the client's: ``AuthorizationRequestRefused``.
        """
        hint = self._hint(id_token_hint) if id_token_hint else None
        with self.database.session() as session:
            client = _client(session, hint, client_id)
            location = _location(client, post_logout_redirect_uri, state)
            sign_in = browsers.browser_session(session, browser)
            if sign_in is not None:
                if not confirmed and not self._is_of(hint, sign_in):
                    return {"step": "confirm"}
                open_sessions.end_session(session, sign_in, because="signed_out")
                browsers.forget_browser(session, browser)
        return {"step": "redirect", "location": location} if location else {"step": "signed_out"}

    def _is_of(self, hint: Hint | None, sign_in: SignInSession) -> bool:
        return hint is not None and self.issuer.session_name(sign_in.id, hint.client_id) == hint.session_name

    def _hint(self, id_token: str) -> Hint | None:
        try:
            known_keys = KeySet(list(self.id_token_keys.public_keys()))
            claims: Json = jwt.decode(id_token, known_keys, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        if claims.get("iss") != self.issuer.address:
            return None
        return Hint(str(claims.get("aud")), str(claims.get("sid")))


def _client(session: Session, hint: Hint | None, client_id: str | None) -> OpenIdClient | None:
    if hint is not None and client_id is not None and client_id != hint.client_id:
        raise AuthorizationRequestRefused(error="client_id")
    named = client_id or (hint.client_id if hint is not None else None)
    return approved_client(session, named) if named is not None else None


def _location(client: OpenIdClient | None, uri: str | None, state: str | None) -> str | None:
    if uri is None:
        return None
    if client is None or uri not in client.post_logout_redirect_uris:
        raise AuthorizationRequestRefused(error="post_logout_redirect_uri")
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"
