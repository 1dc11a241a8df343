"""Results that prove themselves: a digest over the canonical JSON, and the service's signature over it.

The same figure with the same cut-off and rules is the same bytes, so anybody who asks again can compare its digest.
"""

from __future__ import annotations

import hashlib

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.trust.installation import signer
from infra.chassis.trust.signatures import Signer, canonical_json
from services.oversight.models import SealedFigure

TYPE = "oversight-figure+jws"


class Seals:
    """Signs results and keeps the digest of each."""

    def __init__(self, database: Database, key: Signer) -> None:
        self.database, self.key = database, key

    @classmethod
    def from_settings(cls, settings: Settings) -> Seals:
        return cls(Database.at(settings.database_url("oversight")), signer(settings, "oversight"))

    def sealed(self, figure: str, result: Json) -> Json:
        """``result`` with ``digest`` (SHA-256 of its canonical JSON) and ``seal`` (detached JWS over the same)."""
        content = canonical_json(result)
        digest = hashlib.sha256(content).hexdigest()
        row: Json = {"digest": digest, "figure": figure, "sealed_at": clock.now()}
        with self.database.session() as session:
            new = session.execute(insert_into(session, SealedFigure).on_conflict_do_nothing().values(row))
            if getattr(new, "rowcount", 0):
                data = {"result_id": digest, "at": row["sealed_at"].isoformat()}
                enqueue(session, "figure_sealed.v1", data, subject=digest)
        return {**result, "digest": digest, "seal": self.key.sign_detached(TYPE, content)}
