"""Small text files: read whatever an editor made of them, written as a whole or not at all. Always UTF-8."""

from __future__ import annotations

import codecs
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 if a byte order mark says so; ``ValueError`` for anything else."""
    content = path.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    text = content.decode(encoding)
    if "\0" in text:
        raise ValueError("it holds NUL characters and is no text")
    return text


def replace_text(path: Path, text: str, *, mode: int = 0o600, flush: bool = True) -> None:
    """As :func:`replace_bytes`, in UTF-8."""
    replace_bytes(path, text.encode(), mode=mode, flush=flush)


def replace_bytes(path: Path, content: bytes, *, mode: int = 0o600, flush: bool = True) -> None:
    """Write next to the file, flush, then put it in its place: a reader sees all of the old content or of the new.

    Without ``flush`` a power cut may leave neither.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        write_new(draft, content, mode=mode, flush=flush)
        draft.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Where to write what becomes ``path`` at the end, or nothing if it breaks off; a device takes it at once."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield path
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def write_new(path: Path, content: bytes, *, mode: int, flush: bool = True) -> None:
    """Write a file that is not there yet, down to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if flush:
            file.flush()
            os.fsync(file.fileno())
