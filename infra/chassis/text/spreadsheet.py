"""CSV for spreadsheets, page by page: every table that leaves the platform as CSV is written here."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the text is UTF-8
FORMULA_SIGNS = frozenset("=+-@")
CELL_SHIFTS = ("\t", "\r", "\n")  # what follows may come to stand at the beginning of another cell
INVISIBLE = ("Z", "C")  # categories of blanks, controls and marks of direction


def csv_page(rows: Iterable[Sequence[object]], heading: Sequence[str] | None = None) -> str:
    """Rows as CSV (RFC 4180). ``heading``: on the first page of a file, which also bears the byte order mark."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if heading is not None:
        text.write(BYTE_ORDER_MARK)
        writer.writerow(heading)
    writer.writerows([inert_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def inert_cell(cell: object) -> object:
    """Text that a spreadsheet would run as a formula, however wide its sign, made plain by an apostrophe."""
    if not isinstance(cell, str):
        return cell
    first = next((sign for sign in cell if unicodedata.category(sign)[0] not in INVISIBLE), "")
    is_formula = unicodedata.normalize("NFKC", first) in FORMULA_SIGNS
    return f"'{cell}" if is_formula or cell.startswith(CELL_SHIFTS) else cell
