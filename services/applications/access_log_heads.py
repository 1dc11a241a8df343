"""The heads of identity's access log, as they were sent: with these in a second database no log is cut short unseen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from infra.chassis import logs
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.models import AccessLogHead


class SealedHeads:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> SealedHeads:
        return cls(Database.at(settings.database_url("applications")))

    def access_log_sealed(self, event: CloudEvent) -> None:
        """Keep a head; a second one of the same size is kept, too, and logged: identity's log has two pasts."""
        size, chain = event["data"]["size"], event["data"]["chain_id"]
        with self.database.handle_once("access_log_sealed", event) as session:
            if session is None:
                return
            same = select(AccessLogHead.chain).where(AccessLogHead.size == size)
            others = set(session.scalars(same)) - {chain}
            if others:
                logs.get().error("access_log_forked", size=size)
            if session.get(AccessLogHead, (size, chain)) is None:
                at = datetime.fromisoformat(event["data"]["at"])
                session.add(AccessLogHead(size=size, chain=chain, at=at))

    def access_log_heads(self, *, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """The heads, newest first: what ``identity.verify_access_log`` is held against."""

        def view(head: AccessLogHead) -> Json:
            return {"size": head.size, "chain": head.chain, "at": head.at.isoformat()}

        key = (AccessLogHead.size, AccessLogHead.chain)
        with self.database.session() as session:
            return page(session, select(AccessLogHead), key, view, limit=limit, cursor=cursor, newest_first=True)
