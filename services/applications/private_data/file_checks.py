"""Whether a file is what it says it is, by name and by content; every door and command asks here."""

from __future__ import annotations

from services.applications.errors import InvalidRequest
from services.applications.private_data.file_formats import is_pdf, is_text
from services.applications.private_data.file_names import EXTENSIONS
from services.applications.private_data.images import FORMATS, is_image
from services.applications.private_data.office_documents import MAIN_PARTS, is_plain_office_document

SIZE_LIMIT = 5 * 1024 * 1024  # bytes of one paper
ACCEPTED = tuple(EXTENSIONS)


def check_content(content: bytes, media_type: str, pointer: str = "/content_base64") -> None:
    """Refuse what is too large, empty, of a type not accepted, or not what it says it is.

    Images are decoded and archives unpacked, so this may take a second of a processor.
    """
    if not 0 < len(content) <= SIZE_LIMIT:
        raise InvalidRequest.at(
            pointer, f"nội dung phải từ 1 đến {SIZE_LIMIT} byte", f"the content must have 1 to {SIZE_LIMIT} bytes"
        )
    if media_type not in ACCEPTED:
        accepted = ", ".join(ACCEPTED)
        raise InvalidRequest.at("/media_type", f"chỉ nhận các loại: {accepted}", f"accepted types: {accepted}")
    if not is_of_type(content, media_type):
        raise InvalidRequest.at(pointer, f"nội dung không phải là {media_type}", f"the content is not {media_type}")


def is_of_type(content: bytes, media_type: str) -> bool:
    """Whether the content is of an accepted type, to its end."""
    if media_type in FORMATS:
        return is_image(content, media_type)
    if media_type in MAIN_PARTS:
        return is_plain_office_document(content, media_type)
    return is_pdf(content) if media_type == "application/pdf" else is_text(content)
