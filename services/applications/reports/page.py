"""One A4 page of PDF: text, lines and boxes. Units are points, from the top left.

Drawn by ReportLab, which embeds the letters in use and how they map to text, so that it can be searched and copied.
"""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from infra.chassis.refusals import Refusal

WIDTH, HEIGHT = 595.0, 842.0
Colour = tuple[float, float, float]
BLACK: Colour = (0.1, 0.1, 0.1)


class NotAFont(Refusal):
    """The file is no TrueType font with outlines."""

    vi = "Tệp {path} không phải phông chữ TrueType dùng được."
    en = "{path} is no TrueType font with outlines."
    todo_vi = "Đặt REPORT_FONT là đường dẫn tới một tệp .ttf có đủ chữ tiếng Việt, hoặc dùng định dạng HTML."
    todo_en = "Set REPORT_FONT to a .ttf file that has all Vietnamese letters, or take the HTML format."


class Font:
    """A font file; of a variable font the default instance is used."""

    def __init__(self, path: Path) -> None:
        try:
            self.face = TTFont(f"portal-{path}", str(path))
        except (TTFError, OSError) as error:
            raise NotAFont(path=path.name) from error
        self.name: str = self.face.fontName
        pdfmetrics.registerFont(self.face)

    def has(self, character: str) -> bool:
        return ord(character) in self.face.face.charToGlyph

    def width(self, text: str, size: float) -> float:
        return float(self.face.stringWidth(text, size))


class PdfPage:
    """One A4 page being drawn."""

    def __init__(self, font: Font, title: str, language: str) -> None:
        self.font = font
        self._file = io.BytesIO()
        self._canvas = Canvas(
            self._file,
            pagesize=(WIDTH, HEIGHT),
            pageCompression=1,
            pdfVersion=(1, 7),
            initialFontName=font.name,  # type: ignore[arg-type]  # the stubs say float
            lang=language,
        )
        self._canvas.setTitle(title)

    def width(self, text: str, size: float) -> float:
        return self.font.width(text, size)

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
        self._canvas.setFillColorRGB(*colour)
        self._canvas.setFont(self.font.name, size)
        self._canvas.drawString(x, HEIGHT - y, text)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self._canvas.setFillColorRGB(*colour)
        self._canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour = BLACK, thick: float = 0.5) -> None:
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(thick)
        self._canvas.line(x1, HEIGHT - y1, x2, HEIGHT - y2)

    def to_bytes(self) -> bytes:
        """The whole file."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()
