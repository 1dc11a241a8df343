"""Papers over HTTP: multipart in, bytes out with ranges; what leaves is a download and never a page of this site."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import BodyTooLarge, MalformedRequest, RangeNotSatisfiable

LARGEST_FILE = 5 * 1024 * 1024  # what a door takes of one paper
MOST_FIELDS = 10
LONGEST_FIELD = 4096
PIECE = 64 * 1024
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)
SANDBOX = "default-src 'none'; sandbox"


async def upload(request: Request) -> Json:
    """The arguments of a paper: the part ``file`` and text fields next to it. Large parts go to disk at once."""
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
            arguments: Json = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("file")
            if file is None or isinstance(file, str):
                raise MalformedRequest(reason="thiếu phần «file»", reason_en="the part 'file' is missing")
            if (file.size or 0) > LARGEST_FILE:
                raise BodyTooLarge(limit=LARGEST_FILE)
            content = await file.read()
            arguments.setdefault("file_name", file.filename or "")
            if file.content_type:
                arguments.setdefault("media_type", file.content_type.partition(";")[0].strip())
    except HTTPException as error:
        raise MalformedRequest(reason="multipart không đọc được", reason_en=str(error.detail)[:200]) from None
    arguments["content_base64"] = base64.b64encode(content).decode()
    return arguments


def download(request: Request, result: Json) -> Response:
    """A paper's bytes, as :func:`sent`."""
    try:
        content = base64.b64decode(result["content_base64"], validate=True)
    except (KeyError, binascii.Error):
        raise PlatformRefusal("InternalFailure", "", {}) from None
    name = str(result.get("file_name") or result.get("attachment_id") or "file")
    media_type = str(result.get("media_type") or "application/octet-stream")
    return sent(request, content, name, media_type, str(result.get("sha256", "")))


def sent(request: Request, content: bytes, name: str, media_type: str, digest: str) -> Response:
    """Bytes as a download under their name, or the range of them that was asked for."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": SANDBOX,
        "ETag": f'"{digest}"',
    }
    first, last = 0, len(content) - 1
    status = 200
    if bounds := _range(request, len(content), headers["ETag"]):
        first, last = bounds
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        status = 206
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(_pieces(content, first, last), status, headers, media_type)


async def _pieces(content: bytes, first: int, last: int) -> AsyncIterator[bytes]:
    view = memoryview(content)
    for start in range(first, last + 1, PIECE):
        yield bytes(view[start : min(start + PIECE, last + 1)])


def _range(request: Request, length: int, tag: str) -> tuple[int, int] | None:
    """One range; several of them, another unit or an If-Range that does not hold mean the whole."""
    match = RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or request.headers.get("if-range", tag) != tag or not any(match.groups()):
        return None
    begin, end = match.groups()
    if not begin:
        first, last = max(0, length - int(end)), length - 1
    else:
        first, last = int(begin), min(int(end), length - 1) if end else length - 1
    if first > last or first >= length or (end == "0" and not begin):
        raise RangeNotSatisfiable(length=length, headers={"Content-Range": f"bytes */{length}"})
    return first, last


def disposition(name: str) -> str:
    """A download under its name: ASCII for old clients, RFC 8187 for the rest."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:100]
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:200], safe='')}"
