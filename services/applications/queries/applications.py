"""One application as people read it: whole, or one of its papers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.access import OFFICERS, reading_as, record_read
from services.applications.errors import AttachmentNotFound, Forbidden, ReadModelBehind
from services.applications.event_store import documents
from services.applications.event_store.store import Store
from services.applications.models import Paper
from services.applications.private_data.blobs import Blobs, blobs_of
from services.applications.private_data.file_names import content_disposition
from services.applications.private_data.stored_contents import StoredContents
from services.applications.private_data.unscanned_files import check_scanned
from services.applications.representation.opened_application import opened_application
from services.applications.representation.visible_parts import VISIBLE_PARTS, Part, without_hidden_parts

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient


class ApplicationQueries:
    """One application, for whoever has to do with it."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self.store, self.blobs, self.database = store, blobs, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> ApplicationQueries:
        return cls(Store.from_settings(settings), blobs_of(settings))

    def application(
        self,
        application_id: str,
        *,
        identity: IdentityClient,
        by: Actor,
        call_id: str,
        purpose: str | None = None,
        min_version: int | None = None,
    ) -> Json:
        """One application with its answers, papers and words, as its events record it now (never behind)."""
        own = documents.opened_for(self.database, self.store.keys, application_id, by.account_id)
        if own is not None:
            check_reached(min_version, own["version"])
            return without_hidden_parts(own, "applicant")
        application = self.store.get(application_id)

        def read(relation: str) -> Json:
            check_reached(min_version, application.version)
            with self.database.session() as session:
                record_read(session, application, by, relation, purpose or "xem hồ sơ / handling", call_id=call_id)
                words = Part.WORDS in VISIBLE_PARTS[relation]
                view = opened_application(application, StoredContents(session, str(application.id)), words=words)
            posts = frozenset(code for code in by.agencies if by.at(code, *OFFICERS))
            return without_hidden_parts(view, relation, posts)

        return reading_as(application, by, identity, read)

    def attachment(
        self,
        application_id: str,
        attachment_id: str,
        *,
        identity: IdentityClient,
        by: Actor,
        call_id: str,
        purpose: str | None = None,
    ) -> Json:
        """A paper's content: ``{file_name, media_type, sha256, content_base64, content_disposition}``.

        Whoever passes it on sends ``content_disposition`` as it is: a paper is saved, never shown as a page of ours.
        """
        application = self.store.get(application_id)
        why = purpose or "xem giấy tờ / reading a paper"

        def read(relation: str) -> Json:
            if Part.PAPERS not in VISIBLE_PARTS[relation]:
                raise Forbidden("vai trò này không xem giấy tờ", "this role is not shown papers")
            with self.database.session() as session:
                record_read(session, application, by, relation, why, call_id=call_id)
                paper = session.get(Paper, attachment_id)
                if paper is None or paper.application_id != application_id or paper.sha256 is None:
                    raise AttachmentNotFound(attachment_id=attachment_id)
                check_scanned(session, paper.sha256)
            content = base64.b64encode(self.blobs.get(paper.sha256)).decode()
            return {
                "attachment_id": attachment_id,
                **paper.facts,
                "sha256": paper.sha256,
                "content_base64": content,
                "content_disposition": content_disposition(paper.facts.get("file_name") or attachment_id),
            }

        return reading_as(application, by, identity, read)


def check_reached(min_version: int | None, version: int) -> None:
    """``ReadModelBehind`` for who has seen a later version than there is."""
    if min_version is not None and version < min_version:
        raise ReadModelBehind(wanted=min_version, current=version)
