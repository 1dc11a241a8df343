"""As much of a TrueType font as a PDF needs: which glyph shows a character, how wide it is, and the glyphs in use.

Format: OpenType 1.9, tables head, hhea, hmtx, maxp, cmap (formats 4 and 12), loca, glyf. Of a variable font the default
instance is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

KEPT = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")
COMPOSITE_FLAGS = {"words": 0x0001, "scale": 0x0008, "more": 0x0020, "two_scales": 0x0040, "two_by_two": 0x0080}


class NotAFont(ValueError):
    """The file is no TrueType font with outlines."""


class Font:
    """A font file."""

    def __init__(self, raw: bytes) -> None:
        if raw[:4] not in (b"\x00\x01\x00\x00", b"true"):
            raise NotAFont("no TrueType font with outlines")
        self.tables: dict[str, bytes] = {}
        for at in range(12, 12 + 16 * struct.unpack(">H", raw[4:6])[0], 16):
            tag, _, offset, length = struct.unpack(">4sLLL", raw[at : at + 16])
            self.tables[tag.decode("latin-1")] = raw[offset : offset + length]
        self.units = self._u16("head", 18)
        self.ascent, self.descent = struct.unpack(">hh", self.tables["hhea"][4:8])
        self.box = struct.unpack(">hhhh", self.tables["head"][36:44])
        self.glyphs = self._u16("maxp", 4)

    @classmethod
    def read(cls, path: Path) -> Font:
        return cls(path.read_bytes())

    def glyph(self, character: str) -> int:
        """The glyph of a character; 0 (the missing one) if there is none."""
        return self._characters.get(ord(character), 0)

    def width(self, glyph: int) -> float:
        """Advance in thousandths of the size."""
        last = self._u16("hhea", 34) - 1
        return self._u16("hmtx", 4 * min(glyph, last)) * 1000 / self.units

    def subset(self, used: Iterable[int]) -> bytes:
        """A font file in which only these glyphs (and their parts) have outlines; glyph numbers stay."""
        keep = self._with_parts({0, *used})
        outlines, places = bytearray(), []
        for glyph in range(self.glyphs):
            places.append(len(outlines))
            if glyph in keep:
                outline = self._outline(glyph)
                outlines += outline + b"\0" * (-len(outline) % 4)
        places.append(len(outlines))
        head = bytearray(self.tables["head"])
        head[50:52] = b"\0\1"  # long offsets
        changed = {"glyf": bytes(outlines), "loca": struct.pack(f">{len(places)}L", *places), "head": bytes(head)}
        return _file({tag: changed.get(tag, self.tables[tag]) for tag in KEPT if tag in self.tables})

    def _with_parts(self, wanted: set[int]) -> set[int]:
        found, waiting = set(), list(wanted)
        while waiting:
            glyph = waiting.pop()
            if glyph not in found:
                found.add(glyph)
                waiting += self._parts(self._outline(glyph))
        return found

    def _parts(self, outline: bytes) -> list[int]:
        """Of a glyph composed of others (an `ế` of `ê` and an accent): which."""
        if len(outline) < 10 or struct.unpack(">h", outline[:2])[0] >= 0:
            return []
        parts, at, flags = [], 10, COMPOSITE_FLAGS["more"]
        while flags & COMPOSITE_FLAGS["more"]:
            flags, part = struct.unpack(">HH", outline[at : at + 4])
            parts.append(part)
            at += 8 if flags & COMPOSITE_FLAGS["words"] else 6
            sizes = (("scale", 2), ("two_scales", 4), ("two_by_two", 8))
            at += next((size for name, size in sizes if flags & COMPOSITE_FLAGS[name]), 0)
        return parts

    def _outline(self, glyph: int) -> bytes:
        return self.tables["glyf"][self._places[glyph] : self._places[glyph + 1]]

    @cached_property
    def _places(self) -> list[int]:
        loca, count = self.tables["loca"], self.glyphs + 1
        if self._u16("head", 50):
            return list(struct.unpack(f">{count}L", loca[: 4 * count]))
        return [2 * place for place in struct.unpack(f">{count}H", loca[: 2 * count])]

    @cached_property
    def _characters(self) -> dict[int, int]:
        cmap, best = self.tables["cmap"], (-1, 0)
        for at in range(4, 4 + 8 * self._u16("cmap", 2), 8):
            platform, _, offset = struct.unpack(">HHL", cmap[at : at + 8])
            form = struct.unpack(">H", cmap[offset : offset + 2])[0]
            if platform in (0, 3) and form in (4, 12):
                best = max(best, (form, offset))
        form, offset = best
        if form == 12:
            return self._cmap_12(cmap[offset:])
        if form == 4:
            return self._cmap_4(cmap[offset:])
        raise NotAFont("the font has no table of Unicode characters")

    def _cmap_12(self, cmap: bytes) -> dict[int, int]:
        found: dict[int, int] = {}
        for at in range(16, 16 + 12 * struct.unpack(">L", cmap[12:16])[0], 12):
            first, last, glyph = struct.unpack(">LLL", cmap[at : at + 12])
            found |= {first + n: glyph + n for n in range(last - first + 1)}
        return found

    def _cmap_4(self, cmap: bytes) -> dict[int, int]:
        count = struct.unpack(">H", cmap[6:8])[0] // 2

        def column(number: int, kind: str = "H") -> tuple[int, ...]:
            start = 14 + 2 * count * number + (2 if number else 0)
            return struct.unpack(f">{count}{kind}", cmap[start : start + 2 * count])

        ends, starts, deltas, offsets = column(0), column(1), column(2, "h"), column(3)
        found: dict[int, int] = {}
        for n in range(count):
            for code in range(starts[n], min(ends[n], 0xFFFE) + 1):
                glyph = code
                if offsets[n]:
                    at = 16 + 6 * count + 2 * n + offsets[n] + 2 * (code - starts[n])
                    glyph = struct.unpack(">H", cmap[at : at + 2])[0]
                if glyph or not offsets[n]:
                    found[code] = (glyph + deltas[n]) & 0xFFFF
        return found

    def _u16(self, table: str, at: int) -> int:
        return int(struct.unpack(">H", self.tables[table][at : at + 2])[0])


def _file(tables: dict[str, bytes]) -> bytes:
    head = struct.pack(">LHHHH", 0x00010000, len(tables), 0, 0, 0)
    offset, records, body = 12 + 16 * len(tables), b"", b""
    for tag, content in sorted(tables.items()):
        padded = content + b"\0" * (-len(content) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
        records += struct.pack(">4sLLL", tag.encode("latin-1"), checksum, offset + len(body), len(content))
        body += padded
    return head + records + body
