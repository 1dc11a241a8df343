"""What a browser sends with a form: fields as text, at most one file, all within bounds."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from infra.chassis.json_types import Json
from infra.front_door.errors import BodyTooLarge, MalformedRequest
from infra.front_door.files import LARGEST_FILE

MOST_FIELDS = 600
LONGEST_FIELD = 128 * 1024
TOKEN, COMMAND, CARRIED = "form_token", "command_id", "carried"
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    media_type: str
    content: bytes

    def arguments(self) -> dict[str, str]:
        """As doors take a paper."""
        encoded = base64.b64encode(self.content).decode()
        return {"file_name": self.name, "media_type": self.media_type, "content_base64": encoded}


class Form(Mapping[str, str]):
    """Fields by name, the last where there are several; surrounding spaces are nobody's answer."""

    def __init__(self, pairs: list[tuple[str, str]], files: dict[str, Upload] | None = None) -> None:
        self.pairs, self.files = pairs, files or {}
        self._fields = dict(pairs)

    def __getitem__(self, name: str) -> str:
        return self._fields[name].strip()

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come more than once."""
        return [value.strip() for field, value in self.pairs if field == name]

    def text(self, name: str) -> str:
        return self.get(name, "").strip()

    def exact(self, name: str) -> str:
        """A field as it was typed, spaces and all: a password."""
        return self._fields.get(name, "")

    def code(self, name: str) -> str:
        """A code that was read off something: capital letters, without spaces, long ones in groups of four."""
        text = "".join(self.text(name).upper().replace("-", "").split())
        return text if len(text) < 12 else "-".join(text[at : at + 4] for at in range(0, len(text), 4))

    def date(self, name: str) -> str:
        """A day of three fields, as ISO 8601 writes it, whether it exists or not; empty when none is filled."""
        day, month, year = (self.text(f"{name}-{part}") for part in ("day", "month", "year"))
        if not (day or month or year):
            return ""
        return f"{year:0>4}-{month:0>2}-{day:0>2}"


async def read(request: Request) -> Form:
    """The form in the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise MalformedRequest(reason="cần một biểu mẫu", reason_en="a form is wanted")
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
            pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
            files = {name: await _upload(value) for name, value in form.multi_items() if isinstance(value, UploadFile)}
    except HTTPException as error:
        raise MalformedRequest(reason="không đọc được biểu mẫu", reason_en=str(error.detail)[:200]) from None
    return Form(pairs, {name: file for name, file in files.items() if file.name or file.content})


async def _upload(file: UploadFile) -> Upload:
    if (file.size or 0) > LARGEST_FILE:
        raise BodyTooLarge(limit=LARGEST_FILE)
    media_type = (file.content_type or "application/octet-stream").partition(";")[0].strip()
    return Upload(file.filename or "", media_type, await file.read())


def fields_of(values: Mapping[str, object]) -> Json:
    """Field values for showing a form again, without what only this sending needed."""
    return {name: value for name, value in values.items() if name not in (TOKEN, COMMAND, CARRIED)}
