"""A page of PDF with text in any script its font has: text, lines and boxes on A4. Units are points, from the top left.

Format: PDF 1.7 (ISO 32000-1), one Type 0 font with embedded glyphs and a ToUnicode map, so that text can be searched
and copied.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from services.applications.reports.truetype import Font

WIDTH, HEIGHT = 595.0, 842.0
Colour = tuple[float, float, float]
BLACK: Colour = (0.1, 0.1, 0.1)


class Page:
    """One A4 page being drawn."""

    def __init__(self, font: Font, title: str, language: str) -> None:
        self.font, self.title, self.language = font, title, language
        self._drawn: list[str] = []
        self._used: dict[int, str] = {}

    def width(self, text: str, size: float) -> float:
        return sum(self.font.width(self.font.glyph(c)) for c in text) * size / 1000

    def fitted(self, text: str, size: float, room: float) -> str:
        """The text, cut with an ellipsis where it would not fit."""
        text = " ".join(text.split())
        if self.width(text, size) <= room:
            return text
        while text and self.width(text + "…", size) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def text(self, x: float, y: float, text: str, size: float = 9, colour: Colour = BLACK) -> None:
        """Write on the base line `y`."""
        glyphs = [self.font.glyph(character) for character in text]
        self._used |= dict(zip(glyphs, text, strict=True))
        shown = "".join(f"{glyph:04x}" for glyph in glyphs)
        place = f"1 0 0 1 {x:.2f} {HEIGHT - y:.2f} Tm"
        self._drawn.append(f"BT {_colour(colour)} rg /F1 {size:.2f} Tf {place} <{shown}> Tj ET")

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self._drawn.append(f"{_colour(colour)} rg {x:.2f} {HEIGHT - y - height:.2f} {width:.2f} {height:.2f} re f")

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour = BLACK, thick: float = 0.5) -> None:
        path = f"{x1:.2f} {HEIGHT - y1:.2f} m {x2:.2f} {HEIGHT - y2:.2f} l"
        self._drawn.append(f"{_colour(colour)} RG {thick:.2f} w {path} S")

    def finished(self) -> bytes:
        """The whole file."""
        font = self.font
        scale = 1000 / font.units
        box = " ".join(f"{edge * scale:.0f}" for edge in font.box)
        widths = " ".join(f"{glyph} [{font.width(glyph):.0f}]" for glyph in sorted(self._used))
        objects = [
            b"<</Type/Catalog/Pages 2 0 R/Lang(" + self.language.encode() + b")>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH:.0f} {HEIGHT:.0f}]/Contents 4 0 R"
            f"/Resources<</Font<</F1 5 0 R>>>>>>".encode(),
            _stream("\n".join(self._drawn).encode()),
            b"<</Type/Font/Subtype/Type0/BaseFont/PortalSans/Encoding/Identity-H"
            b"/DescendantFonts[6 0 R]/ToUnicode 9 0 R>>",
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/PortalSans/CIDToGIDMap/Identity/FontDescriptor 7 0 R"
            b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600/W[" + widths.encode() + b"]>>",
            f"<</Type/FontDescriptor/FontName/PortalSans/Flags 4/FontBBox[{box}]/ItalicAngle 0/StemV 80"
            f"/Ascent {font.ascent * scale:.0f}/Descent {font.descent * scale:.0f}"
            f"/CapHeight 700/FontFile2 8 0 R>>".encode(),
            _stream(font.subset(self._used), length1=True),
            _stream(_to_unicode(self._used.items())),
            b"<</Title<feff" + self.title.encode("utf-16-be").hex().encode() + b">>>",
        ]
        return _file(objects)


def _to_unicode(used: Iterable[tuple[int, str]]) -> bytes:
    pairs = [f"<{glyph:04x}> <{character.encode('utf-16-be').hex()}>" for glyph, character in sorted(used)]
    blocks = [pairs[n : n + 100] for n in range(0, len(pairs), 100)]
    said = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Portal def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{said}\nendcmap\nend\nend"
    ).encode()


def _stream(content: bytes, length1: bool = False) -> bytes:
    packed = zlib.compress(content, 9)
    whole = f"/Length1 {len(content)}" if length1 else ""
    head = f"<</Length {len(packed)}/Filter/FlateDecode{whole}>>\nstream\n".encode()
    return head + packed + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    """Objects from 1 on; the first is the catalogue, the last the document's information."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R/Info {len(objects)} 0 R>>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


def _colour(colour: Colour) -> str:
    return " ".join(f"{part:.2f}" for part in colour)
