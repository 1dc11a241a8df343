"""Whether a Word or Excel file is a plain one: bounded when unpacked, its parts what they say, no program in it."""

from __future__ import annotations

import io
import itertools
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_ENTRIES = 2_000
MOST_UNPACKED = 100 * 1024 * 1024  # bytes, archives within included
HIGHEST_RATIO, RATIO_COUNTS_FROM = 200, 1024 * 1024  # drawings of a few rows compress well; megabytes do not
DEEPEST = 2  # a chart in a document holds its table, which is an archive
MOST_LIST = 1024 * 1024  # bytes of one list of parts or relationships
CHUNK = 64 * 1024
LOCAL_HEADER = 30
ZIP = b"PK\x03\x04"

OFFICE = "application/vnd.openxmlformats-officedocument"
# The part without which it is no such document, and the only type that part may have.
MAIN_PARTS = {
    f"{OFFICE}.wordprocessingml.document": ("/word/document.xml", f"{OFFICE}.wordprocessingml.document.main+xml"),
    f"{OFFICE}.spreadsheetml.sheet": ("/xl/workbook.xml", f"{OFFICE}.spreadsheetml.sheet.main+xml"),
}
PROGRAM_TYPES = ("macroenabled", "vbaproject", "activex", "oleobject", "macrosheet", "intlmacrosheet", "dialogsheet")
PROGRAM_NAMES = ("vbaproject", "activex", "macrosheets/")
# Fetched by the program that opens the document, without a click; links that a person follows are not.
FETCHED = ("/attachedTemplate", "/oleObject", "/frame", "/subDocument", "/externalLink", "/image")
NO_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OSError,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ParseError,
    DefusedXmlException,
)


class _Refused(ValueError):
    """Something in the archive is not plain."""


def is_plain_office_document(content: bytes, media_type: str) -> bool:
    """Whether nothing but a document of this type is in it."""
    try:
        _check_archive(content, _Budget(), depth=1)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, *MAIN_PARTS[media_type])
    except NO_ARCHIVE:
        return False
    return True


class _Budget:
    """What all archives of one upload may unpack together."""

    def __init__(self) -> None:
        self.entries, self.unpacked = MOST_ENTRIES, MOST_UNPACKED

    def spend(self, *, entries: int = 0, unpacked: int = 0) -> None:
        self.entries -= entries
        self.unpacked -= unpacked
        if min(self.entries, self.unpacked) < 0:
            raise _Refused("too large when unpacked")


def _check_archive(content: bytes, budget: _Budget, *, depth: int) -> None:
    """Bounds first, by what the archive says; then every entry is unpacked, whatever it says."""
    if depth > DEEPEST:
        raise _Refused("archives within archives")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        budget.spend(entries=len(entries))
        _check_names(entries)
        for entry in entries:
            _check_entry(archive, entry, budget, depth)


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.orig_filename for entry in entries]
    if len({name.casefold() for name in names}) < len(names):
        raise _Refused("two entries of one name")
    for name in names:
        if "\\" in name or ":" in name or "\0" in name or name.startswith("/") or ".." in name.split("/"):
            raise _Refused("a name leads out of the archive")
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in itertools.pairwise(ordered):
        if entry.header_offset + LOCAL_HEADER + entry.compress_size > following.header_offset:
            raise _Refused("entries overlap")


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget, depth: int) -> None:
    if entry.flag_bits & 0x1 or entry.external_attr >> 16 & 0o170000 == 0o120000:
        raise _Refused("an encrypted entry or a link")
    if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size):
        raise _Refused("packed too densely")
    if entry.file_size > budget.unpacked:
        raise _Refused("too large when unpacked")
    unpacked = bytearray()
    with archive.open(entry) as file:  # its check sum is compared at the end
        while chunk := file.read(CHUNK):
            budget.spend(unpacked=len(chunk))
            if unpacked or chunk.startswith(ZIP):
                unpacked += chunk
    if unpacked:
        _check_archive(bytes(unpacked), budget, depth=depth + 1)


def _check_parts(archive: zipfile.ZipFile, main_part: str, main_type: str) -> None:
    """By the types the document itself declares: a macro under an innocent name is declared as one."""
    declared = [part.attrib for part in _list(archive, "[Content_Types].xml")]
    types = [part.get("ContentType", "").strip().lower() for part in declared]
    if any(program in kind for kind in types for program in PROGRAM_TYPES):
        raise _Refused("a program")
    names = [name.lower() for name in archive.namelist()]
    if any(program in name for name in names for program in PROGRAM_NAMES):
        raise _Refused("a program")
    main = {part.get("PartName", "").lower(): part.get("ContentType", "").strip().lower() for part in declared}
    if main.get(main_part) != main_type or main_part[1:] not in names:
        raise _Refused("not a document of this type")
    for name in archive.namelist():
        if name.lower().endswith(".rels"):
            _check_relationships(_list(archive, name))


def _check_relationships(relationships: Element) -> None:
    for relationship in relationships:
        external = relationship.get("TargetMode", "").lower() == "external"
        if external and relationship.get("Type", "").endswith(FETCHED):
            raise _Refused("something is fetched from outside")


def _list(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > MOST_LIST:
        raise _Refused("a list of parts of great size")
    parsed: Element = fromstring(archive.read(name), forbid_dtd=True)
    return parsed
