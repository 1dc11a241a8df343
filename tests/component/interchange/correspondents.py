"""Two offices that send each other documents, on SQLite; a catalogue that knows some agencies."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.chassis import migrations
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forwarded
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.interchange.documents.boxes import DocumentBoxes
from services.interchange.documents.dispatch import DocumentDispatch
from services.interchange.documents.enquiries import DocumentEnquiries

SENDER_AGENCY, RECEIVER_AGENCY, THIRD, MERGED = "H26.01", "H29.01", "H30.01", "H30.02"
DOCUMENT = {
    "number": "12", "notation": "TTPVHCC-NV", "date": "2026-03-02", "subject": "V/v phối hợp xác minh hồ sơ",
    "type": "Công văn", "due_date": "2026-03-09", "signer": {"name": "Nguyễn Thị Mẫu"},
}  # fmt: skip
FILE = {"file_name": "cong-van.pdf", "media_type": "application/pdf", "content_base64": "JVBERi0xLjQK"}


def officer(agency_code: str) -> Actor:
    return Actor(str(uuid4()), agencies={agency_code: frozenset({"intake_officer"})})


SENDER, RECEIVER, THIRD_PARTY = officer(SENDER_AGENCY), officer(RECEIVER_AGENCY), officer(THIRD)
AUDITOR = Actor(str(uuid4()), roles=frozenset({"auditor"}))
OFFICER_OF = {SENDER_AGENCY: SENDER, RECEIVER_AGENCY: RECEIVER, THIRD: THIRD_PARTY}


class AgencyRegister:
    """Stands for the catalogue: which agencies there are, and which carries on the work of one that was merged."""

    def agency(self, *, code: str, at: str | None = None) -> dict[str, Any]:
        if code not in {SENDER_AGENCY, RECEIVER_AGENCY, THIRD, MERGED}:
            raise Forwarded("AgencyUnknown", "")
        return {"code": code, "carried_on_by": THIRD if code == MERGED else code}


REGISTER = AgencyRegister()


def command(by: Actor, command_id: str | None = None, **arguments: Any) -> Command:
    return Command.of(command_id or str(uuid4()), "interchange.documents", by.account_id, arguments, call_id="call")


def file_with(content: bytes, name: str = "phu-luc.pdf") -> dict[str, Any]:
    encoded = base64.b64encode(content).decode()
    return {"file_name": name, "media_type": "application/pdf", "content_base64": encoded}


class Offices:
    """The use cases of one installation."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.settings = Settings({"PORTAL_HOME": str(folder), **settings})
        migrations.upgrade(self.settings, "interchange")
        self.dispatch = DocumentDispatch.from_settings(self.settings)
        self.boxes = DocumentBoxes.from_settings(self.settings)
        self.enquiries = DocumentEnquiries.from_settings(self.settings)
        self.store = self.dispatch.store

    def send(
        self, *to: str, by: Actor = SENDER, from_agency: str = SENDER_AGENCY, files: Any = (FILE,),
        command_id: str | None = None, **changes: Any,
    ) -> dict[str, Any]:  # fmt: skip
        document = {**DOCUMENT, **changes}
        call = command(by, command_id, to=to, document=document)
        receivers = to or (RECEIVER_AGENCY,)
        return self.dispatch.send(
            from_agency,
            receivers,
            document,
            files,
            catalog=AgencyRegister(),
            by=by,
            command=call,
        )

    def respond(
        self, document_id: str, *statuses: str, agency: str = RECEIVER_AGENCY, reason: str | None = None,
        by: Actor | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        reply: dict[str, Any] = {}
        for status in statuses:
            actor = by or OFFICER_OF[agency]
            reply = self.dispatch.respond(
                document_id, agency, status, reason, None, by=actor, command=command(actor, status=status)
            )
        return reply

    def inbox(self, agency: str = RECEIVER_AGENCY, status: str | None = None) -> list[dict[str, Any]]:
        return self.boxes.documents(agency, "in", status, 50, None, catalog=REGISTER, by=OFFICER_OF[agency])["items"]

    def outbox(self, agency: str = SENDER_AGENCY, status: str | None = None) -> list[dict[str, Any]]:
        return self.boxes.documents(agency, "out", status, 50, None, catalog=REGISTER, by=OFFICER_OF[agency])["items"]

    def standing(self, document_id: str, agency: str = RECEIVER_AGENCY) -> dict[str, Any]:
        """How the sender sees it at a receiver, with the history."""
        view = self.enquiries.document(document_id, agency, by=SENDER)
        return {**view["receivers"][0], **{name: view[name] for name in ("history", "pending_request", "allowed")}}
