"""Packets in and out: what a packet says is done as if its agency had called the door; a document or status goes out
signed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyLookup
from infra.chassis.contracts import contract_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden
from infra.chassis.running.native_threads import in_native_thread
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.interchange.documents import edxml
from services.interchange.documents.agencies import OFFICERS
from services.interchange.documents.changes import DocumentChanges
from services.interchange.documents.consignments import consignment_with, replayed
from services.interchange.documents.dispatch import UNCHANGED, DocumentDispatch
from services.interchange.documents.edxml import XmlElement
from services.interchange.documents.edxml_reader import packet_of, sender_of, tree_of
from services.interchange.documents.edxml_signatures import PacketSigner, is_signed
from services.interchange.documents.edxml_writer import document_tree, packet_text, status_tree
from services.interchange.documents.enquiries import sees_all, visible
from services.interchange.documents.papers import content_view
from services.interchange.documents.tables import DocumentAttachment, DocumentReceiver, OfficialDocument
from services.interchange.domain.correspondence import ACT_OF, AGREED, DECLINED, RESPONSES, status_code
from services.interchange.domain.document_events import document_id_of
from services.interchange.errors import DocumentNotFound, EdxmlUnreadable
from services.interchange.event_store.store import InterchangeStore

Packet = edxml.DocumentPacket | edxml.StatusPacket
CARRIED_OUT = "accepted"


class EdxmlDesk:
    """Reads packets in and writes them out."""

    def __init__(self, store: InterchangeStore, signer: PacketSigner) -> None:
        self.store, self.signer = store, signer
        self._dispatch, self._changes = DocumentDispatch(store), DocumentChanges(store)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(InterchangeStore.from_settings(settings), PacketSigner.from_settings(settings))

    def import_packet(self, content: str, *, catalog: AgencyLookup, by: Actor, command: Command) -> Json:
        """→ ``{kind, outcome, document_id, …}``; the same packet again is ``unchanged``.

        An officer of the agency that a packet is from answers for it; one of a receiver brings it signed.
        """
        packet, by_signature = in_native_thread(self._read, content, by)
        actor = _in_the_name_of(packet, by) if by_signature else by
        if isinstance(packet, edxml.StatusPacket):
            return self._status(packet, actor, command)
        return self._document(packet, catalog, actor, command)

    def export_packet(self, document_id: str, agency_code: str | None, packet: str, *, by: Actor) -> Json:
        """→ ``{content}``: the document as the caller may see it, or the latest status of a receiver."""
        with self.store.database.session() as session:
            row, receivers = visible(session, document_id, by)
            if agency_code is not None:
                receivers = [receiver for receiver in receivers if receiver.agency_code == agency_code]
            if not receivers or row.erased:
                raise DocumentNotFound(document=document_id)
            if packet == "status":
                tree = status_tree(self._latest_status(row, receivers[0]))
            else:
                version = row.version if sees_all(row, by) else receivers[0].content_version
                tree = document_tree(_packet_with(session, row, version, [item.agency_code for item in receivers]))
        return {"content": in_native_thread(self._signed_text, tree)}

    def _signed_text(self, tree: XmlElement) -> str:
        return packet_text(self.signer.signed(tree))

    def _read(self, content: str, by: Actor) -> tuple[Packet, bool]:
        """What a packet says, and whether its signature stands for it; everything is read from what was signed."""
        root = tree_of(content)
        sender = sender_of(root)
        answers_for_it = by.at(sender, *OFFICERS)
        if not answers_for_it or is_signed(root):
            root = self.signer.verified(root, sender)
        packet = packet_of(root)
        if packet.from_agency != sender:
            raise EdxmlUnreadable(why="hai cơ quan gửi", why_en="it names two senders")
        return packet, not answers_for_it

    def _document(self, packet: edxml.DocumentPacket, catalog: AgencyLookup, by: Actor, command: Command) -> Json:
        bussiness = packet.bussiness
        earlier = document_id_of(bussiness.document_code or "")
        reason = bussiness.reason or "–"
        if bussiness.kind == edxml.RECALLS:
            reply = self._changes.recall(earlier, reason, packet.to_agencies or None, by=by, command=command)
            return _outcome(reply)
        _check_shape(packet)
        document, files = packet.document, packet.attachments
        if bussiness.kind == edxml.UPDATES:
            lists = (bussiness.added, bussiness.removed)
            reply = self._changes.update(
                earlier, document, files, reason, *lists, catalog=catalog, by=by, command=command
            )
        elif bussiness.kind == edxml.REPLACES:
            reply = self._changes.replace(earlier, document, files, reason, by=by, command=command)
        else:
            reply = self._dispatch.send(
                packet.from_agency, packet.to_agencies, document, files, catalog=catalog, by=by, command=command
            )
        return _outcome(reply)

    def _status(self, packet: edxml.StatusPacket, by: Actor, command: Command) -> Json:
        """A status that holds already changes nothing: packets come at least once."""
        document_id, agency_code = document_id_of(packet.document_code), packet.from_agency
        now = consignment_with(self.store, document_id, agency_code)
        view = {"kind": "status", "document_id": document_id, "agency_code": agency_code}
        if packet.status_code in {AGREED, DECLINED} and now.pending is not None:
            agree = packet.status_code == AGREED
            reply = self._changes.answer(
                document_id, agency_code, agree, packet.description or None, by=by, command=command
            )
            return {**view, "outcome": CARRIED_OUT, "status": reply["status"]}
        act = ACT_OF.get(packet.status_code)
        if act is None or RESPONSES[act] == now.status:
            return {**view, "outcome": UNCHANGED, "status": now.status or None}
        reply = self._dispatch.respond(
            document_id, agency_code, packet.status_code, packet.description or None, None, by=by, command=command
        )
        return {**view, "outcome": CARRIED_OUT, "status": reply["status"]}

    def _latest_status(self, row: OfficialDocument, receiver: DocumentReceiver) -> edxml.StatusPacket:
        steps = [step for step, _ in replayed(self.store, row.document_id, receiver.agency_code)]
        latest = next((step for step in reversed(steps) if status_code(step)), None)
        if latest is None:
            raise DocumentNotFound(document=row.document_id)
        at = datetime.fromisoformat(latest.at).astimezone(clock.OFFICE_ZONE).strftime(edxml.STATUS_TIME)
        return edxml.StatusPacket(receiver.agency_code, row.code, str(status_code(latest)), "", at)


def _in_the_name_of(packet: Packet, by: Actor) -> Actor:
    """Whoever brings a signed packet acts for the agency that signed it; only a receiver may bring one."""
    if isinstance(packet, edxml.DocumentPacket):
        receivers: Sequence[str] = packet.to_agencies
    else:
        receivers = [packet.document_code.partition(",")[0]]
    if not any(by.at(agency_code, *OFFICERS) for agency_code in receivers):
        raise Forbidden(reason="gói tin không gửi cho cơ quan mình", reason_en="the packet is not for one's own agency")
    return replace(by, agencies={**by.agencies, packet.from_agency: frozenset(OFFICERS[:1])})


def _check_shape(packet: edxml.DocumentPacket) -> None:
    """A packet's document fits what ``send_document`` takes, or ``EdxmlUnreadable`` names the first member."""
    arguments: Mapping[str, object] = {
        "from_agency": packet.from_agency,
        "to_agencies": list(packet.to_agencies) or ["–"],
        "document": packet.document,
        "attachments": packet.attachments,
        "command_id": "00000000-0000-4000-8000-000000000000",
    }
    problems = contract_of("interchange").parameters("send_document").problems(dict(arguments))
    if problems:
        pointer = problems[0]["pointer"]
        raise EdxmlUnreadable(why=f"{pointer} không đúng quy cách", why_en=f"{pointer} does not fit")


def _packet_with(
    session: Session, row: OfficialDocument, version: int, receivers: Sequence[str]
) -> edxml.DocumentPacket:
    document = {
        name: value
        for name, value in content_view(session, row.document_id, version).items()
        if name not in {"attachments", "application_ids"}
    }
    table = DocumentAttachment
    query = select(table).where(table.document_id == row.document_id, table.version == version).order_by(table.place)
    files = [
        {
            "file_name": file.file_name,
            "media_type": file.media_type,
            "description": file.description,
            "content_base64": base64.b64encode(bytes(file.content)).decode(),
        }
        for file in session.scalars(query)
    ]
    return edxml.DocumentPacket(row.from_agency, tuple(receivers), document, files)


def _outcome(reply: Json) -> Json:
    untouched = all(receiver["outcome"] == UNCHANGED for receiver in reply["receivers"])
    return {"kind": "document", "outcome": UNCHANGED if untouched else CARRIED_OUT, **reply}
