"""Whether a PDF or a text is one by its whole structure, not by its first bytes."""

from __future__ import annotations

import re

# ISO 32000 has the header first; readers look for it in the first KB, behind whatever a scanner or mail gateway wrote.
PDF_HEADER = re.compile(rb"%PDF-[12]\.\d[\s%]")
HEADER_WITHIN, TRAILER_WITHIN = 1024, 2048
PDF_TRAILER = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*")
CROSS_REFERENCES = re.compile(rb"\s*(?:xref\s|\d{1,10}\s+\d{1,5}\s+obj\b)")
# A file that also begins as one of these is read as such by somebody: no prefix is worth that.
OTHER_BEGINNINGS = (
    b"MZ", b"\x7fELF", b"PK", b"#!", b"<", b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"Rar!",
    b"7z\xbc\xaf", b"\x1f\x8b", b"BM", b"\xd0\xcf\x11\xe0", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"{\\rtf",
)  # fmt: skip


def is_pdf(content: bytes) -> bool:
    """A header in the first KB, and at the end a ``startxref`` that leads to cross-references within the file."""
    header = PDF_HEADER.search(content[:HEADER_WITHIN])
    if header is None or (header.start() and content.lstrip().startswith(OTHER_BEGINNINGS)):
        return False
    trailers = list(PDF_TRAILER.finditer(content, max(0, len(content) - TRAILER_WITHIN)))
    if not trailers or trailers[-1].end() != len(content):
        return False
    offset = int(trailers[-1][1])  # counted from the header or from the first byte: writers do either
    return any(CROSS_REFERENCES.match(content, start + offset) for start in {0, header.start()})


def is_text(content: bytes) -> bool:
    """UTF-8 without NUL."""
    try:
        return b"\x00" not in content and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False
