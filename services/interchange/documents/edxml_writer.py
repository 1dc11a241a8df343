"""Packets written: element by element in the order of the standard, without what XML cannot hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.chassis.json_types import Json
from services.interchange.documents.edxml import (
    DSIG,
    NAMESPACE,
    XLINK,
    DocumentPacket,
    StatusPacket,
    XmlElement,
    slashed,
)
from services.interchange.domain.document_events import document_code

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PLACEHOLDER_ID = "placeholder"  # where signxml puts the signature


def document_tree(packet: DocumentPacket) -> XmlElement:
    """The packet of a document; its root, with a place for the signature."""
    root, header = _root()
    document = packet.document
    message = _add(header, "MessageHeader")
    _add(_add(message, "From"), "OrganId", packet.from_agency)
    for agency_code in packet.to_agencies:
        _add(_add(message, "To"), "OrganId", agency_code)
    _code(message, document)
    issued = _add(message, "PromulgationInfo")
    _add(issued, "Place", document.get("place"))
    _add(issued, "PromulgationDate", slashed(document["date"]))
    _add(_add(message, "DocumentType"), "TypeName", document.get("type"))
    _add(message, "Subject", document["subject"])
    _add(message, "Content", document.get("content"))
    signer, signed_by = _add(message, "SignerInfo"), document.get("signer") or {}
    for element, name in (("Competence", "competence"), ("Position", "position"), ("FullName", "name")):
        _add(signer, element, signed_by.get(name))
    _add(message, "DueDate", slashed(document["due_date"]) if document.get("due_date") else None)
    places = _add(message, "ToPlaces")
    for place in document.get("to_places", ()):
        _add(places, "Place", place)
    _other_information(message, document)
    for answered in document.get("response_for", ()):
        _response_for(message, answered)
    _add(message, "DocumentId", _code_of(packet.from_agency, document))
    _trace(header, packet)
    _place_for_signature(header)
    _files(root, packet)
    return root


def status_tree(packet: StatusPacket) -> XmlElement:
    """The packet of a status."""
    root, header = _root()
    status = _add(header, "Status")
    agency_code, day, number = packet.document_code.split(",", 2)
    _response(status, agency_code, day, number, packet.document_code)
    _add(_add(status, "From"), "OrganId", packet.from_agency)
    _add(status, "StatusCode", packet.status_code)
    _add(status, "Description", packet.description)
    _add(status, "Timestamp", packet.timestamp)
    _place_for_signature(header)
    return root


def packet_text(root: XmlElement) -> str:
    """A packet as it goes out."""
    from lxml import etree

    return str(etree.tostring(root, xml_declaration=True, encoding="UTF-8").decode())


def _root() -> tuple[XmlElement, XmlElement]:
    from lxml import etree

    root: XmlElement = etree.Element(f"{{{NAMESPACE}}}edXML", nsmap={None: NAMESPACE, "xlink": XLINK})
    return root, _add(_add(root, "edXMLEnvelope"), "edXMLHeader")


def _add(parent: XmlElement, name: str, text: object = None) -> XmlElement:
    from lxml import etree

    element: XmlElement = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text not in (None, ""):
        element.text = NO_XML.sub("", str(text)).replace("\r\n", "\n").replace("\r", "\n")
    return element


def _code(parent: XmlElement, document: Mapping[str, object]) -> None:
    code = _add(parent, "Code")
    _add(code, "CodeNumber", document["number"])
    _add(code, "CodeNotation", document["notation"])


def _code_of(agency_code: str, document: Json) -> str:
    return document_code(agency_code, document["date"], document["number"], document["notation"])


def _other_information(message: XmlElement, document: Json) -> None:
    other = _add(message, "OtherInfo")
    _add(other, "Priority", document.get("priority", 0))
    _add(other, "SphereOfPromulgation", document.get("sphere"))
    _add(other, "PromulgationAmount", document.get("copies"))
    _add(other, "PageAmount", document.get("pages"))
    appendixes = _add(other, "Appendixes")
    for title in document.get("appendixes", ()):
        _add(appendixes, "Appendix", title)


def _response_for(parent: XmlElement, answered: Json) -> None:
    response = _add(parent, "ResponseFor")
    _add(response, "OrganId", answered["agency_code"])
    _code(response, answered)
    _add(response, "DocumentId", _code_of(answered["agency_code"], answered))
    _add(response, "PromulgationDate", slashed(answered["date"]))


def _response(status: XmlElement, agency_code: str, day: str, number: str, code: str) -> None:
    response, (code_number, _, notation) = _add(status, "ResponseFor"), number.partition("/")
    _add(response, "OrganId", agency_code)
    _code(response, {"number": code_number, "notation": notation})
    _add(response, "DocumentId", code)
    _add(response, "PromulgationDate", day)


def _trace(header: XmlElement, packet: DocumentPacket) -> None:
    traces = _add(header, "TraceHeaderList")
    bussiness, given_for = _add(traces, "Bussiness"), packet.bussiness
    _add(bussiness, "BussinessDocType", given_for.kind)
    _add(bussiness, "BussinessDocReason", given_for.reason)
    _add(bussiness, "DocumentId", given_for.document_code)
    if given_for.added or given_for.removed:
        receivers = _add(_add(bussiness, "BussinessDocumentInfo"), "ReceiverList")
        for kind, agencies in (("0", given_for.removed), ("1", given_for.added)):
            for agency_code in agencies:
                receiver = _add(receivers, "Receiver")
                _add(receiver, "ReceiverType", kind)
                _add(receiver, "OrganId", agency_code)


def _place_for_signature(header: XmlElement) -> None:
    from lxml import etree

    etree.SubElement(header, f"{{{DSIG}}}Signature", Id=PLACEHOLDER_ID, nsmap={"ds": DSIG})


def _files(root: XmlElement, packet: DocumentPacket) -> None:
    manifest = _add(_add(root[0], "edXMLBody"), "edXMLManifest")
    encoded = _add(root, "AttachmentEncoded")
    for number, file in enumerate(packet.attachments, 1):
        content_id = f"tep-{number}"
        reference, attachment = _add(manifest, "Reference"), _add(encoded, "Attachment")
        reference.set(f"{{{XLINK}}}href", f"cid:{content_id}")
        for element in (reference, attachment):
            _add(element, "AttachmentName", file["file_name"])
            _add(element, "ContentType", file["media_type"])
            _add(element, "ContentId", content_id)
            _add(element, "Description", file.get("description"))
        _add(attachment, "ContentTransferEncoded", file["content_base64"])
