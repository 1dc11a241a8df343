"""Packets of edXML 2.0 (QCVN 102:2016/BTTTT) and what they carry: names of the standard, in the standard's spelling.

lxml and signxml are loaded when the first packet is read or written: a portal that exchanges none is spared them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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


class DocumentPacket(NamedTuple):
    """A document as a packet has it. ``document``: in the shape of ``send_document``; ``attachments``, too."""

    from_agency: str
    to_agencies: tuple[str, ...]
    document: Mapping[str, Any]
    attachments: Sequence[Mapping[str, object]]
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
