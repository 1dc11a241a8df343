"""What people let other portals see: recorded with each answer, listed, and withdrawn by whoever gave it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity.models.single_sign_on import OpenIdClient, OpenIdConsent
from services.identity.openid.grants import end_grants_of, standing_consent
from services.identity.single_sign_on_errors import OpenIdConsentNotFound


class Consents:
    """A person's own consents."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Consents:
        return cls(Database.at(settings.database_url("identity")))

    def openid_consents(self, *, limit: int = 50, cursor: str | None = None, by: Actor) -> Page[Json]:
        """The caller's consents that hold: which portal sees what of them."""
        own = OpenIdConsent.account_id == by.account_id, OpenIdConsent.withdrawn_at.is_(None)
        query = select(OpenIdConsent).where(*own)
        with self.database.session() as session:

            def view(consent: OpenIdConsent) -> Json:
                client = session.get_one(OpenIdClient, consent.client_id)
                return {
                    "client_id": consent.client_id,
                    "client_name": client.name,
                    "scopes": consent.scopes,
                    "granted_at": consent.granted_at.isoformat(),
                }

            return page(session, query, [OpenIdConsent.client_id], view, limit=limit, cursor=cursor)

    def withdraw_openid_consent(self, client_id: str, *, by: Actor, command: Command) -> Json:
        """Let a portal see nothing more: its tokens end now, and the next sign-in asks again."""

        def work(session: Session) -> Json:
            consent = standing_consent(session, by.account_id, client_id)
            if consent is None:
                raise OpenIdConsentNotFound(client_id=client_id)
            consent.withdrawn_at = clock.now()
            ended = end_grants_of(session, by.account_id, "consent_withdrawn", client_id)
            return {"client_id": client_id, "withdrawn_at": consent.withdrawn_at.isoformat(), "grants_ended": ended}

        return self.database.command(command, work)


def record_consent(
    session: Session, account_id: str, client_id: str, requested: Collection[str], agreed: Collection[str]
) -> None:
    """Of what was requested now, what was agreed to; what was agreed to earlier, and not requested now, stays."""
    standing = standing_consent(session, account_id, client_id)
    earlier = set(standing.scopes) - set(requested) if standing is not None else set()
    scopes = sorted({*earlier, *agreed})
    consent = session.get(OpenIdConsent, (account_id, client_id), with_for_update=True)
    if consent is None:
        row = OpenIdConsent(account_id=account_id, client_id=client_id, scopes=scopes, granted_at=clock.now())
        session.add(row)
    else:
        consent.scopes, consent.granted_at, consent.withdrawn_at = scopes, clock.now(), None
