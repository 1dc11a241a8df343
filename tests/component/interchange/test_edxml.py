"""Packets of edXML 2.0: written and read back, signed and verified, brought by whoever may, hostile ones refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forbidden
from services.interchange.documents.changes import DocumentChanges
from services.interchange.documents.edxml_desk import EdxmlDesk
from services.interchange.errors import DocumentNumberUsed, EdxmlNotGenuine, EdxmlUnreadable
from tests.component.interchange.correspondents import (
    RECEIVER,
    RECEIVER_AGENCY,
    SENDER,
    SENDER_AGENCY,
    THIRD,
    THIRD_PARTY,
    AgencyRegister,
    Offices,
    command,
    file_with,
)

SUBJECT = "V/v phối hợp xác minh hồ sơ"
FULL: dict[str, Any] = {
    "content": "Trích yếu\ndòng hai < & >", "place": "Hà Nội", "priority": 3, "sphere": "Nội bộ",
    "copies": 2, "pages": 7,
    "appendixes": ["Phụ lục I"], "to_places": ["Như trên", "Lưu: VT"],
    "signer": {"name": "Nguyễn Thị Mẫu", "position": "Giám đốc", "competence": "KT. CHỦ TỊCH"},
    "response_for": [{"agency_code": RECEIVER_AGENCY, "number": "7", "notation": "SNV", "date": "2026-02-27"}],
}  # fmt: skip


def key_and_certificate(name: str) -> tuple[str, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


KEY, CERTIFICATE = key_and_certificate("Trục mẫu")
STRANGERS_KEY, STRANGERS_CERTIFICATE = key_and_certificate("Người lạ")


class Axis(Offices):
    """An installation that reads and writes packets."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        self.desk = EdxmlDesk.from_settings(self.settings)
        self.changes = DocumentChanges.from_settings(self.settings)

    def export(self, document_id: str, by: Actor = SENDER, packet: str = "document", agency: str | None = None) -> str:
        return str(self.desk.export_packet(document_id, agency, packet, by=by)["content"])

    def take(self, content: str, by: Actor = RECEIVER) -> dict[str, Any]:
        return self.desk.import_packet(content, catalog=AgencyRegister(), by=by, command=command(by))


@pytest.fixture
def sender(tmp_path: Path) -> Axis:
    return Axis(tmp_path / "sender", INTERCHANGE_EDXML_KEY=KEY, INTERCHANGE_EDXML_CERTIFICATE=CERTIFICATE)


@pytest.fixture
def receiver(tmp_path: Path) -> Axis:
    certificates = json.dumps({SENDER_AGENCY: CERTIFICATE, RECEIVER_AGENCY: CERTIFICATE})
    return Axis(tmp_path / "receiver", INTERCHANGE_EDXML_CERTIFICATES=certificates)


def test_a_document_comes_out_of_one_installation_and_into_another_as_it_was(sender: Axis, receiver: Axis) -> None:
    document_id = sender.send(files=[file_with(b"mot"), file_with(b"hai", "b.pdf")], **FULL)["document_id"]
    content = sender.export(document_id)
    assert "<Bussiness>" in content and "H26.01,2026/03/02,12/TTPVHCC-NV" in content and "2026/03/09" in content
    first, again = receiver.take(content), receiver.take(content)
    assert (first["kind"], first["outcome"], again["outcome"]) == ("document", "accepted", "unchanged")
    assert first["document_id"] == document_id
    views = [axis.enquiries.document(document_id, None, by=RECEIVER)["document"] for axis in (sender, receiver)]
    for view in views:
        for file in view["attachments"]:
            del file["attachment_id"]
    assert views[0] == views[1]


def test_statuses_go_back_as_packets_and_a_second_time_change_nothing(sender: Axis, tmp_path: Path) -> None:
    away = Axis(
        tmp_path / "away", INTERCHANGE_EDXML_KEY=KEY, INTERCHANGE_EDXML_CERTIFICATE=CERTIFICATE,
        INTERCHANGE_EDXML_CERTIFICATES=json.dumps({SENDER_AGENCY: CERTIFICATE}),
    )  # fmt: skip
    home = Axis(tmp_path / "sender", INTERCHANGE_EDXML_CERTIFICATES=json.dumps({RECEIVER_AGENCY: CERTIFICATE}))
    document_id = sender.send()["document_id"]
    away.take(sender.export(document_id))
    for status in ("accepted", "finished"):
        away.respond(document_id, status)
        packet = away.export(document_id, RECEIVER, "status")
        reply = home.take(packet, SENDER)
        assert (reply["kind"], reply["outcome"], reply["status"]) == ("status", "accepted", status)
    assert home.take(packet, SENDER)["outcome"] == "unchanged"
    assert home.standing(document_id)["status_code"] == "06"


def test_an_officer_answers_for_the_packets_of_their_own_agency_and_a_receiver_needs_a_signature(
    sender: Axis, receiver: Axis, tmp_path: Path
) -> None:
    plain = Axis(tmp_path / "plain")
    unsigned = plain.export(plain.send()["document_id"])
    assert receiver.take(unsigned, SENDER)["outcome"] == "accepted"
    with pytest.raises(EdxmlNotGenuine):
        receiver.take(unsigned)
    with pytest.raises(Forbidden):
        receiver.take(sender.export(sender.send(number="13")["document_id"]), THIRD_PARTY)


def test_what_was_changed_moved_or_signed_by_a_stranger_is_not_genuine(
    sender: Axis, receiver: Axis, tmp_path: Path
) -> None:
    content = sender.export(sender.send()["document_id"])
    stranger = Axis(
        tmp_path / "x", INTERCHANGE_EDXML_KEY=STRANGERS_KEY, INTERCHANGE_EDXML_CERTIFICATE=STRANGERS_CERTIFICATE
    )
    forged = [
        content.replace(SUBJECT, "Nội dung khác"),
        content.replace("JVBERi0xLjQK", "JVBERi0xLjUK"),
        stranger.export(stranger.send()["document_id"]),
    ]
    for packet in forged:
        with pytest.raises(EdxmlNotGenuine):
            receiver.take(packet)
        with pytest.raises(EdxmlNotGenuine):
            receiver.take(packet, SENDER)
    assert receiver.inbox() == []


def test_a_recall_and_an_update_come_as_packets_of_their_kind(receiver: Axis) -> None:
    document_id = receiver.send(files=())["document_id"]
    packet = receiver.export(document_id)
    about = "<DocumentId>H26.01,2026/03/02,12/TTPVHCC-NV</DocumentId></Bussiness>"
    update = packet.replace("<BussinessDocType>0", "<BussinessDocType>2").replace("<DocumentId/></Bussiness>", about)
    update = update.replace(SUBJECT, "Đính chính")
    assert receiver.take(update, SENDER)["content_version"] == 2
    receiver.changes.answer(document_id, RECEIVER_AGENCY, True, None, by=RECEIVER, command=command(RECEIVER))
    recall = update.replace("<BussinessDocType>2", "<BussinessDocType>1")
    assert receiver.take(recall, SENDER)["outcome"] == "accepted"
    assert receiver.standing(document_id)["pending"] == "recall"


def test_a_number_that_was_used_is_refused_in_a_packet_too(receiver: Axis) -> None:
    packet = receiver.export(receiver.send(RECEIVER_AGENCY, THIRD)["document_id"])
    with pytest.raises(DocumentNumberUsed):
        receiver.take(packet.replace(SUBJECT, "Khác"), SENDER)


LAUGHS = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
HOSTILE = {
    "laughs": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><x>&a9;</x>',
    "a file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?><x/>',
    "no xml": "{}", "empty": "", "another root": "<edXML/>", "an entity": "<x>&khong;</x>", "nul": "<x>\0</x>",
    "no header": '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>',
    "deep": "<x>" * 5_000, "no character": "<x>\ufffe</x>",
    "many": '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">' + "<x/>" * 20_001 + "</edXML>",
    "large": "<x>" + " " * 16_000_001 + "</x>",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_by_name(receiver: Axis, name: str) -> None:
    with pytest.raises(EdxmlUnreadable):
        receiver.take(HOSTILE[name], SENDER)


@pytest.mark.parametrize(("old", "new"), [
    ("<CodeNumber>12<", "<CodeNumber>1,2<"), ("2026/03/02</PromulgationDate>", "2026/13/02</PromulgationDate>"),
    ("<Subject>", "<Khac>x</Khac><Subject2>"), ("<BussinessDocType>0", "<BussinessDocType>9"),
    ("application/pdf", "x"), ("<BussinessDocType>0", "<BussinessDocType>1"),
])  # fmt: skip
def test_a_packet_with_what_does_not_fit_is_refused_by_its_place(receiver: Axis, old: str, new: str) -> None:
    packet = receiver.export(receiver.send()["document_id"])
    changed = packet.replace(old, new).replace("</Subject>", "</Subject2>" if "Subject2" in new else "</Subject>")
    assert changed != packet
    with pytest.raises(EdxmlUnreadable):
        receiver.take(changed, SENDER)
