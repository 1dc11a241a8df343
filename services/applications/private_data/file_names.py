"""Whether the name of an uploaded file leads elsewhere, hides something, or ends like another kind of file."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from services.applications.errors import InvalidRequest

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/tiff": ("tif", "tiff"),
    "text/plain": ("txt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
}
RESERVED_SIGNS = frozenset('/\\:<>"|?*')  # paths, alternate streams, and what no name on Windows may have
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, direction marks, line separators
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
# Before the last full stop these say that the file is something else: "salary.exe.pdf".
PROGRAMS = frozenset(
    {
        "apk", "app", "bat", "cmd", "com", "cpl", "dll", "docm", "dotm", "exe", "gadget", "hta", "htm", "html", "iso",
        "jar", "js", "jse", "lnk", "mht", "mhtml", "msi", "php", "pif", "pptm", "ps1", "py", "reg", "scr", "sh", "svg",
        "vb", "vbe", "vbs", "wsf", "xhtml", "xlsm", "xltm", "xml", "7z", "gz", "rar", "tar", "zip",
    }
)  # fmt: skip
LONGEST_EXTENSION = 10


def check_file_name(name: str, media_type: str, pointer: str) -> None:
    """Refuse a name that leads elsewhere, hides something, or ends like another kind of file."""
    plain = unicodedata.normalize("NFKC", name)  # full-width signs do what the plain ones do
    if RESERVED_SIGNS & set(plain) or plain.strip(" .") != plain or not plain:
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
    *before, last = [part.strip().casefold() for part in plain.split(".")]
    _check_extensions(before, last, media_type, pointer)


def content_disposition(name: str) -> str:
    """The header a file is served with (RFC 6266, RFC 8187): an attachment, its name in UTF-8."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _check_extensions(before: list[str], last: str, media_type: str, pointer: str) -> None:
    own = EXTENSIONS.get(media_type, ())
    foreign = {extension for kinds in EXTENSIONS.values() for extension in kinds} - set(own)
    if before and last not in own and _is_extension(last):
        accepted = ", ".join(f".{extension}" for extension in own)
        raise InvalidRequest.at(
            pointer, f"phần mở rộng của {media_type} là: {accepted}", f"extensions of {media_type}: {accepted}"
        )
    if (before or [last])[0] in DEVICES or {*before[1:]} & (PROGRAMS | foreign):
        raise InvalidRequest.at(
            pointer,
            "tên tệp có phần mở rộng của loại tệp khác",
            "the file name bears the extension of another kind of file",
        )


def _is_extension(part: str) -> bool:
    """Whether a system would take the part after the last full stop for a kind of file; "12.2026" has none.

    Letters of other scripts look like ours ("еxe" with a Cyrillic е) and count as such.
    """
    if not part or len(part) > LONGEST_EXTENSION or not part.isalnum() or part.isdecimal():
        return False
    return part.isascii() or any(sign.isalpha() and "LATIN" not in unicodedata.name(sign, "") for sign in part)
