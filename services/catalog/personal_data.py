"""The catalogue's part of an erasure: it knows nothing about citizens, and says so like the others."""

from __future__ import annotations

from infra.chassis.erasure.requests import ErasureRequests


class PersonalData(ErasureRequests):
    """Answers stored for repeated commands and dead letters may name a person; the chassis looks through them."""

    service, answer = "catalog", "subject_forgotten.v1"
