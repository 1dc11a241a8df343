"""A packet says after reading what it said before writing, whatever characters are in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.interchange.documents.edxml import RECALLS, UPDATES, Bussiness, DocumentPacket, StatusPacket
from services.interchange.documents.edxml_reader import packet_of, sender_of, tree_of
from services.interchange.documents.edxml_signatures import PacketSigner
from services.interchange.documents.edxml_writer import document_tree, packet_text, status_tree

LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zs", "Zl", "Zp"))
WORDS = st.text(LETTERS, min_size=1, max_size=30)
NUMBERS = st.text(st.characters(codec="ascii", categories=("L", "Nd")), min_size=1, max_size=8)
DAYS = st.dates(min_value=date(2001, 1, 1), max_value=date(2099, 12, 31)).map(date.isoformat)
REFERENCES = st.fixed_dictionaries({"agency_code": NUMBERS, "number": NUMBERS, "notation": WORDS, "date": DAYS})
LISTS = st.lists(WORDS, min_size=1, max_size=3)
DOCUMENTS = st.fixed_dictionaries(
    {"number": NUMBERS, "notation": WORDS, "date": DAYS, "subject": WORDS},
    optional={
        "content": WORDS, "type": WORDS, "place": WORDS, "due_date": DAYS, "sphere": WORDS, "appendixes": LISTS,
        "priority": st.integers(0, 4), "pages": st.integers(0, 999), "copies": st.integers(0, 999),
        "to_places": LISTS, "response_for": st.lists(REFERENCES, min_size=1, max_size=2),
        "signer": st.fixed_dictionaries({"name": WORDS}, optional={"position": WORDS, "competence": WORDS}),
    },
)  # fmt: skip
FILES = st.lists(
    st.fixed_dictionaries(
        {"file_name": WORDS, "media_type": st.just("application/pdf"), "content_base64": st.just("JVBERi0xLjQK")},
        optional={"description": WORDS},
    ),
    max_size=2,
)
BUSSINESS = st.sampled_from(
    [Bussiness(), Bussiness(RECALLS, "Nhầm", "H26.01,2026/03/02,12/NV"),
     Bussiness(UPDATES, "Sai", "H26.01,2026/03/02,12/NV", ("H29.01",), ("H30.01", "H31"))]
)  # fmt: skip


def again(tree: Any) -> Any:
    """The packet as whoever gets its text reads it."""
    return packet_of(tree_of(packet_text(PacketSigner({}).signed(tree))))


@settings(max_examples=40)
@given(DOCUMENTS, FILES, BUSSINESS)
def test_a_document_is_read_as_it_was_written(document: Any, files: Any, bussiness: Bussiness) -> None:
    packet = DocumentPacket("H26.01", ("H29.01", "H30.01"), {"priority": 0, **document}, files, bussiness)
    assert again(document_tree(packet)) == packet


def test_a_status_is_read_as_it_was_written() -> None:
    packet = StatusPacket("H29.01", "H26.01,2026/03/02,12/TTPVHCC-NV", "02", "Không <đúng>", "2026/03/02 09:30:00")
    assert again(status_tree(packet)) == packet and sender_of(status_tree(packet)) == "H29.01"


def test_what_xml_cannot_hold_is_left_out() -> None:
    document = {"number": "1", "notation": "NV", "date": "2026-03-02", "subject": "A\x0bB\x1f\ufffe"}
    assert again(document_tree(DocumentPacket("H26.01", ("H29.01",), document, []))).document["subject"] == "AB"
