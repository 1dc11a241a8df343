"""Files of official records, line by line: what is a record, in which layout, and whether it is the same one again.

Lines are read one at a time, plain or gzipped, so that a file of any size costs the memory of its longest line.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from infra.chassis.json_limits import members_once
from infra.chassis.json_types import Json

Layout = Literal["structured", "portal"]
LONGEST_LINE = 8 * 1024 * 1024
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class BadLine:
    """A line that holds no record: why, and how it begins."""

    reason: str
    text: str


def records(source: str | Path | IO[bytes]) -> Iterator[tuple[int, Json | BadLine]]:
    """(line number from 1, record or BadLine) of every line that is not blank.

    `source` is the path of a .jsonl or .jsonl.gz file or a binary stream of either; OSError when it cannot be opened.
    """
    with _opened(source) as lines:
        number = 0
        while True:
            number += 1
            try:
                line = lines.readline(LONGEST_LINE + 1)
            except (OSError, EOFError, zlib.error) as broken:  # a gzip that ends early or is no gzip after all
                yield number, BadLine(f"the file cannot be read further: {broken}", "")
                return
            if not line:
                return
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                _skip_rest_of_line(lines)
            if line.strip(b" \t\r\n\xef\xbb\xbf"):
                yield number, _record(line)


def _record(line: bytes) -> Json | BadLine:
    if len(line) > LONGEST_LINE:
        return BadLine(f"longer than {LONGEST_LINE} bytes", line[:200].decode("utf-8", "replace"))
    try:
        value = json.loads(line.decode("utf-8-sig"), object_pairs_hook=members_once, parse_constant=_no_number)
        if b"\\u0000" in line or b"\\ud" in line.lower():
            _check_text(value)
    except (ValueError, RecursionError) as wrong:
        return BadLine(str(wrong) or type(wrong).__name__, line[:200].decode("utf-8", "replace"))
    if not isinstance(value, dict):
        return BadLine("not a JSON object", line[:200].decode("utf-8", "replace"))
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check_text(value: object) -> None:
    """NUL and half a surrogate pair can be written in JSON, but no database keeps them as text."""
    text = json.dumps(value, ensure_ascii=False).replace("\\\\", "")
    if "\\u0000" in text:
        raise ValueError("a NUL character in a text")
    text.encode()


def _skip_rest_of_line(lines: IO[bytes]) -> None:
    while True:
        rest = lines.readline(LONGEST_LINE)
        if not rest or rest.endswith(b"\n"):
            return


@contextmanager
def _opened(source: str | Path | IO[bytes]) -> Iterator[IO[bytes]]:
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file, _unpacked(file) as lines:
            yield lines
    else:
        with _unpacked(source) as lines:
            yield lines


@contextmanager
def _unpacked(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The stream's lines; whether it is gzipped is told from its first bytes, not from its name."""
    buffered = io.BufferedReader(cast(io.RawIOBase, file))
    try:
        if buffered.peek(2)[:2] == GZIP:
            with gzip.open(buffered, "rb") as lines:
                yield cast(IO[bytes], lines)
        else:
            yield buffered
    finally:
        buffered.detach()  # the stream is the caller's to close


def layout_of(record: Mapping[str, object]) -> Layout | None:
    """Which of the two official layouts a record is in; None when it is neither."""
    if isinstance(record.get("metadata"), Mapping) or isinstance(record.get("tables"), Mapping):
        return "structured"
    if "ma_thu_tuc" in record or "ten_thu_tuc" in record:
        return "portal"
    return None


def record_fingerprint(record: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the record's canonical JSON: sorted keys, no white space, UTF-8, in whatever order it came."""
    canonical = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
