"""What is recorded of a document's way: an event for each step, in the stream of the document and the receiver.

An event has ids, decisions and commitments: subject, attachments and reasons lie beside the stream, and the event keeps
a salted digest of them. Topics are written by hand and outlive the code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services.interchange.domain.correspondence import DocumentStep

DOCUMENT_TOPICS = {
    "send": "interchange.DocumentSent",
    "cancel": "interchange.DocumentSendingCancelled",
    "arrive": "interchange.DocumentArrived",
    "refuse": "interchange.DocumentRefused",
    "accept": "interchange.DocumentAccepted",
    "assign": "interchange.DocumentAssigned",
    "begin": "interchange.DocumentWorkBegun",
    "finish": "interchange.DocumentFinished",
    "reply": "interchange.DocumentReplied",
    "ask": "interchange.DocumentChangeRequested",
    "agree": "interchange.DocumentChangeAgreed",
    "decline": "interchange.DocumentChangeDeclined",
}
KIND_OF = {topic: kind for kind, topic in DOCUMENT_TOPICS.items()}
DOCUMENTS = uuid5(NAMESPACE_URL, "urn:portal:official-document")
CONSIGNMENTS = uuid5(NAMESPACE_URL, "urn:portal:official-document:receiver")


def document_code(from_agency: str, issued_on: str, number: str, notation: str) -> str:
    """The DocumentId of QCVN 102:2016: agency, day (yyyy/MM/dd) and number/notation, by which a document is known."""
    return f"{from_agency},{issued_on.replace('-', '/')},{number}/{notation}"


def document_id_of(code: str) -> str:
    """The same id for the same document, whoever tells of it first."""
    return str(uuid5(DOCUMENTS, code))


def consignment_stream(document_id: str, agency_code: str) -> UUID:
    """The stream of a document and one of its receivers."""
    return uuid5(CONSIGNMENTS, f"{document_id}\n{agency_code}")


def recorded_step(topic: str, event: Mapping[str, Any]) -> DocumentStep:
    """A stored event as a step."""
    return DocumentStep(KIND_OF[topic], event["at"], event["facts"])


def commitment(salt: bytes, content: object) -> str:
    """A digest that nobody can check any more once the salt is gone."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(salt + text.encode()).hexdigest()
