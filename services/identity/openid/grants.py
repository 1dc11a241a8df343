"""Grants: whether one is in force, what ends it, and what is forgotten of it.

One without ``offline_access`` lives and ends with the session it came from. One with it outlives signing out, and no
other end of that session: a password that was changed or a stolen session ends it, too.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity.models import Account, SignInSession
from services.identity.models.single_sign_on import (
    AuthorizationRequest,
    BrowserSignIn,
    OpenIdConsent,
    OpenIdGrant,
    OpenIdToken,
)
from services.identity.openid.relying_parties import approved_client

RETENTION = timedelta(days=30)  # of grants that have ended
SHORT_RETENTION = timedelta(days=1)  # of requests and sign-ins under way
LONGEST_SESSION = timedelta(days=7)
OUTLIVED = ("signed_out",)


def consent_of_grant(session: Session, grant: OpenIdGrant) -> OpenIdConsent | None:
    """The consent by which a grant is in force; None when it is not."""
    if grant.ended_at is not None or grant.expires_at <= clock.now():
        return None
    account = session.get(Account, grant.account_id)
    if approved_client(session, grant.client_id) is None or account is None or account.erased_at is not None:
        return None
    if not _session_allows(session, grant):
        return None
    return standing_consent(session, grant.account_id, grant.client_id)


def standing_consent(session: Session, account_id: str, client_id: str) -> OpenIdConsent | None:
    """What this person lets this client see now."""
    consent = session.get(OpenIdConsent, (account_id, client_id))
    return consent if consent is not None and consent.withdrawn_at is None else None


def end_grant(session: Session, grant_id: str | None, because: str) -> None:
    grant = session.get(OpenIdGrant, grant_id, with_for_update=True) if grant_id else None
    if grant is not None and grant.ended_at is None:
        grant.ended_at, grant.ended_because = clock.now(), because


def end_grants_of(session: Session, account_id: str, because: str, client_id: str | None = None) -> int:
    """End those of a person, with one client or with all; how many were in force."""
    query = select(OpenIdGrant).where(OpenIdGrant.account_id == account_id, OpenIdGrant.ended_at.is_(None))
    if client_id is not None:
        query = query.where(OpenIdGrant.client_id == client_id)
    grants = list(session.scalars(query.order_by(OpenIdGrant.id).with_for_update()))
    for grant in grants:
        grant.ended_at, grant.ended_because = clock.now(), because
    return len(grants)


def end_single_sign_on(session: Session, account_id: str) -> int:
    """An erased person's consents go, and their grants end; how many rows that were."""
    ended = end_grants_of(session, account_id, "erased")
    done = session.execute(delete(OpenIdConsent).where(OpenIdConsent.account_id == account_id))
    return ended + int(getattr(done, "rowcount", 0))


def delete_old_requests(session: Session, limit: int) -> int:
    """Requests that nobody can go on with, and browsers whose session is over."""
    before = clock.now() - SHORT_RETENTION
    old = {
        AuthorizationRequest.id: AuthorizationRequest.expires_at < before,
        BrowserSignIn.digest: BrowserSignIn.made_at < before - LONGEST_SESSION,
    }
    count = 0
    for column, condition in old.items():
        ids = list(session.scalars(select(column).where(condition).limit(limit)))
        session.execute(delete(column.class_).where(column.in_(ids)))
        count += len(ids)
    return count


def delete_old_grants(session: Session, limit: int) -> int:
    """Grants that ended a month ago, with their tokens; how many."""
    before = clock.now() - RETENTION
    over = or_(OpenIdGrant.expires_at < before, OpenIdGrant.ended_at < before)
    ids = list(session.scalars(select(OpenIdGrant.id).where(over).limit(limit)))
    session.execute(delete(OpenIdToken).where(OpenIdToken.grant_id.in_(ids)))
    session.execute(delete(OpenIdGrant).where(OpenIdGrant.id.in_(ids)))
    return len(ids)


def _session_allows(session: Session, grant: OpenIdGrant) -> bool:
    sign_in = session.scalar(select(SignInSession).where(SignInSession.id == grant.session_id))
    if "offline_access" in grant.scopes:
        return sign_in is None or sign_in.revoked_because in (None, *OUTLIVED)
    return sign_in is not None and sign_in.revoked_at is None and sign_in.expires_at > clock.now()
