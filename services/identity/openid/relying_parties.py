"""Clients of single sign-on: operators register them, two of them where there are two, and end them.

A confidential client gets its secret after approval, each renewal leaving the last one good for a day; a public one has
none and relies on PKCE. The address people come back to is compared letter by letter.
"""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED, decide
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity import keys
from services.identity.appointment_requests import has_other_operator
from services.identity.errors import InvalidRequest, SecondPersonNeeded
from services.identity.models.single_sign_on import OpenIdClient
from services.identity.single_sign_on_errors import OpenIdClientNotFound, OpenIdClientNotPending
from services.identity.tokens import token_digest

ENDED = "ended"
OVERLAP = timedelta(days=1)  # the last secret holds on so long after a renewal
LOOPBACK = ("127.0.0.1", "localhost")
ADDRESS = re.compile(r"[!-~]{1,500}", re.ASCII)
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)


class RelyingParties:
    """Who may ask people to sign in here."""

    def __init__(self, database: Database, *, development: bool = False) -> None:
        self.database, self.development = database, development

    @classmethod
    def from_settings(cls, settings: Settings) -> RelyingParties:
        return cls(Database.at(settings.database_url("identity")), development=settings.development)

    def register_openid_client(
        self,
        name: str,
        redirect_uris: list[str],
        scopes: list[str],
        confidential: bool = True,
        post_logout_redirect_uris: list[str] | None = None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Enter a client; where there is another operator, it waits for one of them (``awaiting_approval``)."""
        ending = post_logout_redirect_uris or []
        hosts = self._hosts("/redirect_uris", redirect_uris) | self._hosts("/post_logout_redirect_uris", ending)
        if len(hosts) != 1:
            raise InvalidRequest.at("/redirect_uris", "phải cùng một tên máy", "must all be of one host")
        (sector,) = hosts

        def work(session: Session) -> Json:
            waits = has_other_operator(session, by)
            now = clock.now()
            client = OpenIdClient(
                client_id=str(uuid4()), name=name, confidential=confidential, redirect_uris=redirect_uris,
                post_logout_redirect_uris=ending, scopes=sorted({"openid", *scopes}), sector=sector,
                state=AWAITING if waits else APPROVED, requested_by=by.account_id, requested_at=now,
                decided_by=None if waits else by.account_id, decided_at=None if waits else now,
            )  # fmt: skip
            session.add(client)
            session.flush()
            return client_view(client)

        return self.database.command(command, work)

    def approve_openid_client(self, client_id: str, *, by: Actor, command: Command) -> Json:
        """Let a client in that another operator has entered."""
        return self._decide(client_id, APPROVED, by, command)

    def decline_openid_client(self, client_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a client down that another operator has entered."""
        return self._decide(client_id, DECLINED, by, command)

    def end_openid_client(self, client_id: str, *, by: Actor, command: Command) -> Json:
        """Let nobody sign in to a client any more; its tokens end with it. Takes one operator: it may be urgent."""

        def work(session: Session) -> Json:
            client = _in_state(session, client_id, APPROVED, AWAITING)
            client.state, client.decided_by, client.decided_at = ENDED, by.account_id, clock.now()
            client.secret_digest = client.previous_digest = None
            return client_view(client)

        return self.database.command(command, work)

    def renew_openid_client_secret(self, client_id: str, at_once: bool = False, *, by: Actor) -> Json:
        """A new secret, shown this once: ``{client_id, client_secret, previous_until}``.

        ``at_once``: the last one is in other hands and ends now.
        """
        secret = keys.generate_secret()
        with self.database.session() as session:
            client = _in_state(session, client_id, APPROVED)
            if not client.confidential:
                raise OpenIdClientNotPending(client_id=client_id, status="public")
            keeps = client.secret_digest is not None and not at_once
            client.previous_digest = client.secret_digest if keeps else None
            client.previous_until = clock.now() + OVERLAP if keeps else None
            client.secret_digest = token_digest(secret)
            until = client.previous_until.isoformat() if client.previous_until else None
            return {"client_id": client_id, "client_secret": secret, "previous_until": until}

    def openid_clients(self, status: str | None = None, *, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """Clients in one state, or all; oldest first."""
        query = select(OpenIdClient)
        if status is not None:
            query = query.where(OpenIdClient.state == status)
        order = [OpenIdClient.requested_at, OpenIdClient.client_id]
        with self.database.session() as session:
            return page(session, query, order, client_view, limit=limit, cursor=cursor)

    def _decide(self, client_id: str, state: str, by: Actor, command: Command) -> Json:
        def work(session: Session) -> Json:
            client = _locked(session, client_id)
            decide(
                client, state, by, same_person=SecondPersonNeeded,
                not_waiting=lambda standing: OpenIdClientNotPending(client_id=client_id, status=standing),
            )  # fmt: skip
            return client_view(client)

        return self.database.command(command, work)

    def _hosts(self, pointer: str, uris: list[str]) -> set[str]:
        """The hosts of addresses that people may be sent to: HTTPS, without a fragment or somebody's name in it."""
        hosts = set()
        for number, uri in enumerate(uris):
            host = self._host(uri)
            if host is None:
                text = "phải là địa chỉ https đầy đủ, không có #", "must be a complete https address without a fragment"
                raise InvalidRequest.at(f"{pointer}/{number}", *text)
            hosts.add(host)
        return hosts

    def _host(self, uri: str) -> str | None:
        try:
            parts = urlsplit(uri)
            host, port_is_one = parts.hostname, parts.port is None or parts.port > 0
        except ValueError:
            return None
        plain = parts.scheme == "http" and host in LOOPBACK and self.development
        good = ADDRESS.fullmatch(uri) and port_is_one and "#" not in uri and "@" not in parts.netloc
        return host if host and HOST.fullmatch(host) and good and (parts.scheme == "https" or plain) else None


def approved_client(session: Session, client_id: str) -> OpenIdClient | None:
    """The client of this id, if people may sign in to it now."""
    client = session.get(OpenIdClient, client_id)
    return client if client is not None and client.state == APPROVED else None


def client_authenticates(client: OpenIdClient, secret: str | None) -> bool:
    """Whether this is the client's secret; a public client shows none."""
    if not client.confidential:
        return secret is None
    if secret is None:
        return False
    digest = token_digest(secret)
    now = hmac.compare_digest(digest, client.secret_digest or "")
    last = hmac.compare_digest(digest, client.previous_digest or "")
    return now or (last and client.previous_until is not None and client.previous_until > clock.now())


def client_view(client: OpenIdClient) -> Json:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "confidential": client.confidential,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scopes": client.scopes,
        "status": client.state,
        "requested_by": client.requested_by,
        "requested_at": client.requested_at.isoformat(),
        "decided_by": client.decided_by,
        "decided_at": client.decided_at.isoformat() if client.decided_at else None,
    }


def _locked(session: Session, client_id: str) -> OpenIdClient:
    client = session.get(OpenIdClient, client_id, with_for_update=True)
    if client is None:
        raise OpenIdClientNotFound(client_id=client_id)
    return client


def _in_state(session: Session, client_id: str, *states: str) -> OpenIdClient:
    client = _locked(session, client_id)
    if client.state not in states:
        raise OpenIdClientNotPending(client_id=client_id, status=client.state)
    return client
