"""Packets read. Whatever stands in them was written by others: no document types, no entities, no more than is bounded;
what does not fit is refused by name.
"""

from __future__ import annotations

import re
from datetime import date

from infra.chassis.json_types import Json
from services.interchange.documents.edxml import (
    LARGEST,
    MOST_ELEMENTS,
    NAMESPACE,
    NEW_DOCUMENT,
    Bussiness,
    DocumentPacket,
    StatusPacket,
    XmlElement,
)
from services.interchange.errors import EdxmlUnreadable

ROOT = f"{{{NAMESPACE}}}edXML"
KINDS = {"0", "1", "2", "3"}
DAY = re.compile(r"(20\d\d)[/-](\d{1,2})[/-](\d{1,2})", re.ASCII)


def tree_of(content: str) -> XmlElement:
    """The root of a packet's text; ``EdxmlUnreadable`` says what is wrong with it."""
    from lxml import etree

    if len(content) > LARGEST or len(text := content.encode()) > LARGEST:
        raise EdxmlUnreadable(why="lớn hơn 16 MB", why_en="it is larger than 16 MB")
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        raise EdxmlUnreadable(why="có DOCTYPE hoặc thực thể", why_en="it has a document type or entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise EdxmlUnreadable(why="không phải XML hợp lệ", why_en=f"no well-formed XML: {str(error)[:200]}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise EdxmlUnreadable(why="có DOCTYPE hoặc thực thể", why_en="it has a document type or entities")
    if root.tag != ROOT:
        raise EdxmlUnreadable(why="gốc không phải edXML 2.0", why_en="its root is not edXML 2.0")
    for number, _ in enumerate(root.iter(), 1):
        if number > MOST_ELEMENTS:
            raise EdxmlUnreadable(why="quá nhiều phần tử", why_en="it has too many elements")
    packet: XmlElement = root
    return packet


def packet_of(root: XmlElement) -> DocumentPacket | StatusPacket:
    """What a packet says: of a document, or of a status."""
    header = _inner(root, "edXMLEnvelope/edXMLHeader")
    if header is None:
        raise missing("edXMLHeader")
    status = _inner(header, "Status")
    return _status(status) if status is not None else _document(root, header)


def sender_of(root: XmlElement) -> str:
    """The agency that a packet says it is from."""
    header = _inner(root, "edXMLEnvelope/edXMLHeader")
    for place in ("MessageHeader/From/OrganId", "Status/From/OrganId"):
        if header is not None and (text := _text(header, place)):
            return text
    raise missing("From/OrganId")


def missing(name: str) -> EdxmlUnreadable:
    return EdxmlUnreadable(why=f"thiếu {name}", why_en=f"{name} is missing")


def _document(root: XmlElement, header: XmlElement) -> DocumentPacket:
    message = _inner(header, "MessageHeader")
    if message is None:
        raise missing("MessageHeader")
    elements = {"name": "FullName", "position": "Position", "competence": "Competence"}
    signer = {name: _text(message, f"SignerInfo/{element}") for name, element in elements.items()}
    document: Json = {
        "number": _needed(message, "Code/CodeNumber"),
        "notation": _needed(message, "Code/CodeNotation"),
        "date": _day(message, "PromulgationInfo/PromulgationDate", needed=True),
        "subject": _needed(message, "Subject"),
        "content": _text(message, "Content"),
        "type": _text(message, "DocumentType/TypeName"),
        "place": _text(message, "PromulgationInfo/Place"),
        "signer": {name: value for name, value in signer.items() if value} if signer["name"] else None,
        "due_date": _day(message, "DueDate"),
        "priority": _number(message, "OtherInfo/Priority"),
        "sphere": _text(message, "OtherInfo/SphereOfPromulgation"),
        "copies": _number(message, "OtherInfo/PromulgationAmount"),
        "pages": _number(message, "OtherInfo/PageAmount"),
        "appendixes": _texts(message, "OtherInfo/Appendixes/Appendix"),
        "to_places": _texts(message, "ToPlaces/Place"),
        "response_for": [_reference(item) for item in _all(message, "ResponseFor")],
    }
    return DocumentPacket(
        _needed(message, "From/OrganId"),
        tuple(_texts(message, "To/OrganId")),
        {name: value for name, value in document.items() if value not in (None, [])},
        [_file(item) for item in _all(root, "AttachmentEncoded/Attachment")],
        _bussiness(header),
    )


def _status(status: XmlElement) -> StatusPacket:
    return StatusPacket(
        _needed(status, "From/OrganId"),
        _needed(status, "ResponseFor/DocumentId"),
        _needed(status, "StatusCode"),
        _text(status, "Description") or "",
        _text(status, "Timestamp") or "",
    )


def _bussiness(header: XmlElement) -> Bussiness:
    given_for = _inner(header, "TraceHeaderList/Bussiness")
    if given_for is None:
        return Bussiness()
    kind = _text(given_for, "BussinessDocType") or NEW_DOCUMENT
    if kind not in KINDS:
        raise EdxmlUnreadable(why=f"BussinessDocType {kind}", why_en=f"BussinessDocType {kind}")
    receivers: dict[str, list[str]] = {"0": [], "1": []}
    for item in _all(given_for, "BussinessDocumentInfo/ReceiverList/Receiver"):
        receivers.setdefault(_needed(item, "ReceiverType"), []).append(_needed(item, "OrganId"))
    code = _text(given_for, "DocumentId") or _text(given_for, "ReplacementInfoList/ReplacementInfo/DocumentId")
    if kind != NEW_DOCUMENT and not code:
        raise missing("Bussiness/DocumentId")
    reason = _text(given_for, "BussinessDocReason") or ""
    return Bussiness(kind, reason, code, tuple(receivers["1"]), tuple(receivers["0"]))


def _reference(item: XmlElement) -> dict[str, str]:
    return {
        "agency_code": _needed(item, "OrganId"),
        "number": _needed(item, "Code/CodeNumber"),
        "notation": _needed(item, "Code/CodeNotation"),
        "date": str(_day(item, "PromulgationDate", needed=True)),
    }


def _file(item: XmlElement) -> Json:
    return {
        "file_name": _needed(item, "AttachmentName"),
        "media_type": _needed(item, "ContentType").lower(),
        "content_base64": "".join(_needed(item, "ContentTransferEncoded").split()),
        **({"description": words} if (words := _text(item, "Description")) else {}),
    }


def _path(names: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in names.split("/"))


def _inner(parent: XmlElement, names: str) -> XmlElement | None:
    return parent.find(_path(names))


def _all(parent: XmlElement, names: str) -> list[XmlElement]:
    return list(parent.findall(_path(names)))


def _texts(parent: XmlElement, names: str) -> list[str]:
    return [text for item in _all(parent, names) if (text := (item.text or "").strip())]


def _text(parent: XmlElement, names: str) -> str | None:
    return next(iter(_texts(parent, names)), None)


def _needed(parent: XmlElement, names: str) -> str:
    text = _text(parent, names)
    if text is None:
        raise missing(names)
    return text


def _number(parent: XmlElement, names: str) -> int | None:
    text = _text(parent, names)
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else None


def _day(parent: XmlElement, names: str, *, needed: bool = False) -> str | None:
    text = _needed(parent, names) if needed else _text(parent, names)
    if text is None:
        return None
    match = DAY.match(text)
    try:
        year, month, day = (int(part) for part in match.groups()) if match else (0, 0, 0)
        return date(year, month, day).isoformat()
    except ValueError:
        raise EdxmlUnreadable(why=f"{names}: {text[:40]}", why_en=f"{names} is no day: {text[:40]}") from None
