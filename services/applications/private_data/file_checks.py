"""Whether a file is what it says it is, by name and by content; every door and command asks here."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib

from services.applications.errors import InvalidRequest

SIZE_LIMIT = 5 * 1024 * 1024  # bytes of one paper
UNZIPPED_LIMIT = 20 * SIZE_LIMIT
ZIP_ENTRIES = 2_000

# What the first bytes must be; a declared type is believed only if the content is of that type.
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}
# The part without which it is no such document.
OFFICE_DOCUMENTS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word/document.xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xl/workbook.xml",
}
EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/tiff": ("tif", "tiff"),
    "text/plain": ("txt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
}
ACCEPTED = tuple(EXTENSIONS)

# Some writers put a byte order mark or a line break before the header, and readers accept it.
PDF_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\t ]*%PDF-[12]\.\d[\s%]")
PDF_END, PDF_TAIL = b"%%EOF", 2048
SEPARATORS = frozenset("/\\:")
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, direction marks, line separators


def check_content(content: bytes, media_type: str, pointer: str = "/content_base64") -> None:
    """Refuse what is too large, empty, of a type not accepted, or not what it says it is."""
    if not 0 < len(content) <= SIZE_LIMIT:
        raise InvalidRequest.at(
            pointer, f"nội dung phải từ 1 đến {SIZE_LIMIT} byte", f"the content must have 1 to {SIZE_LIMIT} bytes"
        )
    if media_type not in ACCEPTED:
        accepted = ", ".join(ACCEPTED)
        raise InvalidRequest.at("/media_type", f"chỉ nhận các loại: {accepted}", f"accepted types: {accepted}")
    if not is_of_type(content, media_type):
        raise InvalidRequest.at(pointer, f"nội dung không phải là {media_type}", f"the content is not {media_type}")


def check_file_name(name: str, media_type: str, pointer: str) -> None:
    """Refuse a name that leads elsewhere, hides something, or ends like another kind of file."""
    if SEPARATORS & set(name) or name.strip(" .") != name or not name:
        raise InvalidRequest.at(
            pointer,
            "tên tệp không được có đường dẫn, không bắt đầu hoặc kết thúc bằng dấu cách hay dấu chấm",
            "a file name has no path in it and neither begins nor ends with a blank or a full stop",
        )
    if any(unicodedata.category(sign) in INVISIBLE for sign in name):
        raise InvalidRequest.at(
            pointer,
            "tên tệp có ký tự điều khiển hoặc ký tự ẩn",
            "the file name has control characters or signs nobody sees",
        )
    extension = re.search(r"\.([a-z][a-z0-9]{0,9})$", name.lower())
    if extension and extension[1] not in EXTENSIONS.get(media_type, ()):
        wanted = ", ".join(f".{one}" for one in EXTENSIONS.get(media_type, ()))
        raise InvalidRequest.at(
            pointer, f"phần mở rộng của {media_type} là: {wanted}", f"extensions of {media_type}: {wanted}"
        )


def is_of_type(content: bytes, media_type: str) -> bool:
    """Whether the content is of an accepted type."""
    if media_type == "application/pdf":
        return bool(PDF_HEADER.match(content)) and PDF_END in content[-PDF_TAIL:]
    if media_type in SIGNATURES:
        return content.startswith(SIGNATURES[media_type])
    if media_type in OFFICE_DOCUMENTS:
        return is_plain_office_document(content, OFFICE_DOCUMENTS[media_type])
    try:
        return b"\x00" not in content and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def is_plain_office_document(content: bytes, main_part: str) -> bool:
    """A zip with the parts of its kind, of bounded size, without macros and without a name that leads out of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > ZIP_ENTRIES or sum(entry.file_size for entry in entries) > UNZIPPED_LIMIT:
                return False
            names = [entry.orig_filename for entry in entries]
            types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return False
    leads_out = any("\\" in name or name.startswith("/") or ":" in name or ".." in name.split("/") for name in names)
    has_macros = b"macroEnabled" in types or any("vbaproject" in name.lower() for name in names)
    return bool(types) and main_part in names and not leads_out and not has_macros
