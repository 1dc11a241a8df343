"""An oversight office for tests: all use cases over one database, told of agencies, procedures and applications."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.chassis.access.actors import Actor
from infra.chassis.storage.database import Database
from infra.chassis.text.provinces import provinces
from infra.chassis.trust.signatures import Signer
from services.oversight.country import Country, keep_agency, keep_procedure
from services.oversight.domain.fact import micros
from services.oversight.evidence import EvidenceDesk
from services.oversight.fact_store import FactStore
from services.oversight.rankings import Ranker
from services.oversight.seals import Seals
from services.oversight.statistics import FormDesk
from tests.support.generated_histories import agencies, histories, procedures

OLD_CODES = sorted(
    str(unit["code"]) for unit in provinces() if unit["valid_from"] < "2025-06-30" <= str(unit["valid_until"])
)
AUDITOR = Actor("auditor", roles=frozenset({"auditor"}))
APPROVER = Actor("approver", agencies={"H01.01": frozenset({"approver"})})
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TIME = "2024-12-01T02:00:00+00:00"
Event = dict[str, Any]


class OversightOffice:
    """``told`` takes events in, as handlers would."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.facts, self.country, seals = FactStore(database), Country(database), Seals(database, Signer(KEY))
        self.form_desk = FormDesk(self.facts, self.country, seals)
        self.ranker = Ranker(self.facts, self.country, seals)
        self.evidence = EvidenceDesk(self.facts, self.country)

    def opened(self, province_codes: list[str] = OLD_CODES) -> OversightOffice:
        """With agencies and procedures."""
        with self.database.session() as session:
            for row in agencies(province_codes):
                keep_agency(session, row)
            for row in procedures():
                published = {
                    "title": {"vi": row["code"]},
                    "effective_from": "2024-01-01",
                    "effective_until": None,
                    **row,
                }
                keep_procedure(session, published, micros(TIME))
        return self

    def with_histories(self, count: int, province_codes: list[str] = OLD_CODES, seed: int = 766) -> list[list[Event]]:
        """Opened, and told of so many applications."""
        self.opened(province_codes)
        told_events = list(histories(count, province_codes, seed))
        with self.database.session() as session:
            self.facts.record(session, [event for events in told_events for event in events])
        return told_events
