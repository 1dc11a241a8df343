"""Packets of edXML 2.0 (QCVN 102:2016/BTTTT) and what they carry: names of the standard, in the standard's spelling.

lxml and signxml are loaded when the first packet is read or written: a portal that exchanges none is spared them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from infra.chassis.json_types import Json

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
XLINK = "http://www.w3.org/1999/xlink"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
LARGEST = 16_000_000  # bytes of one packet
MOST_ELEMENTS = 20_000
NEW_DOCUMENT, RECALLS, UPDATES, REPLACES = "0", "1", "2", "3"  # BussinessDocType
STATUS_TIME = "%Y/%m/%d %H:%M:%S"


class Bussiness(NamedTuple):
    """What a packet is sent for. The standard spells it so. ``added``, ``removed``: receivers, of an update."""

    kind: str = NEW_DOCUMENT
    reason: str = ""
    document_code: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class XmlElement(Protocol):
    """An element (lxml's, which has no types)."""

    tag: str
    text: str | None

    def find(self, path: str) -> XmlElement | None: ...
    def findall(self, path: str) -> list[XmlElement]: ...
    def set(self, name: str, value: str) -> None: ...
    def getparent(self) -> XmlElement: ...
    def remove(self, child: XmlElement) -> None: ...
    def __getitem__(self, place: int) -> XmlElement: ...


class DocumentPacket(NamedTuple):
    """A document as a packet has it. ``document``: in the shape of ``send_document``; ``attachments``, too."""

    from_agency: str
    to_agencies: tuple[str, ...]
    document: Json
    attachments: Sequence[Json]
    bussiness: Bussiness = Bussiness()


class StatusPacket(NamedTuple):
    """What a receiver says of a document."""

    from_agency: str
    document_code: str
    status_code: str
    description: str
    timestamp: str


def slashed(day: str) -> str:
    """A day as the standard writes it: yyyy/MM/dd."""
    return day.replace("-", "/")
