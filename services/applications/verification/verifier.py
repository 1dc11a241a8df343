#!/usr/bin/env python3
"""Verify histories of the public service portal, offline and without trusting whoever runs it.

One file; needs Python 3.11 and the library `cryptography` (and `psycopg` to read PostgreSQL). It shares no code with
what made the log: copy it to a machine of your own and run it there.

    python verifier.py bundle EVIDENCE.json --key VKEY
    python verifier.py log /srv/audit-tiles --key VKEY           (or https://… where they are published)
    python verifier.py log postgresql://auditor@host/applications --key VKEY --tiles /srv/audit-tiles
    python verifier.py log sqlite:////var/lib/portal/applications.sqlite --key VKEY --checkpoint KEPT-NOTE
    python verifier.py consistency OLD-NOTE NEW-NOTE --tiles /srv/audit-tiles --key VKEY

`--witness VKEY` asks for the cosignature of a witness you trust on the checkpoint, besides the log's own signature.

Exit status: 0 everything holds, 1 something does not (first bad place and reason are named), 2 it could not be checked,
3 what is sealed holds, but there are events nobody has sealed yet: nothing is proved of those.
Formats: RFC 6962 hashing, C2SP signed notes, checkpoints, cosignatures and tiles; leaves are `portal-event/v1`.
Databases are opened read-only. One file on purpose, however long: an auditor reads it once and carries it away.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAGIC = b"portal-event/v1\n"
FIXED = struct.Struct(">Q16sQH")
KEPT_FINDINGS = 100
LONGEST_GAP = 256  # leaves between two checkpoints of an untouched log
WIDE = 256  # hashes in a tile
NO_NODE = (0, -1, b"")  # comes before every node there can be

REASONS = {
    "event_changed": ("sự kiện đã bị sửa sau khi niêm phong", "a stored event was changed after it was sealed"),
    "event_missing": ("sự kiện đã niêm phong bị xóa", "a sealed event has been removed"),
    "event_inserted": ("sự kiện được chèn vào sau khi đã niêm phong", "an event was slipped in among sealed ones"),
    "leaf_changed": ("bản niêm phong bị sửa, sự kiện còn nguyên", "a leaf of the log was changed, its event was not"),
    "leaf_missing": ("mất bản niêm phong", "a leaf of the log has been removed"),
    "leaf_malformed": ("bản niêm phong không đọc được", "a leaf of the log cannot be read"),
    "leaf_disordered": ("bản niêm phong sai thứ tự", "leaves of the log are out of order"),
    "sealed_changed": ("sự kiện và bản niêm phong cùng bị sửa", "events and their leaves were changed together"),
    "node_changed": ("nút trung gian của cây bị sửa", "an inner node of the tree was changed"),
    "node_missing": ("mất nút trung gian của cây", "an inner node of the tree has been removed"),
    "tile_changed": ("tệp đã công bố khác với nhật ký", "a published file differs from the log"),
    "checkpoint_malformed": ("điểm kiểm không đọc được", "a checkpoint cannot be read"),
    "checkpoint_untrusted": ("điểm kiểm không do khóa tin cậy ký", "a checkpoint bears no signature of a trusted key"),
    "checkpoint_forged": ("chữ ký của điểm kiểm không đúng", "the signature of a checkpoint is not valid"),
    "checkpoint_missing": ("mất điểm kiểm", "checkpoints have been removed"),
    "cosignature_missing": (
        "điểm kiểm không có chữ ký xác nhận của nhân chứng được yêu cầu",
        "the checkpoint bears no cosignature of the witness asked for",
    ),
    "rolled_back": ("nhật ký ngắn hơn điểm kiểm đã ký", "the log is shorter than a checkpoint once signed"),
    "forked": ("nhật ký khác với điểm kiểm đã ký", "the log contradicts a checkpoint once signed"),
    "proof_wrong": ("bằng chứng không dẫn đến gốc cây", "a proof does not lead to the signed root"),
    "stream_broken": ("chuỗi sự kiện của hồ sơ bị đứt", "events of the application are missing or out of order"),
    "opening_wrong": ("nội dung không khớp cam kết trong sự kiện", "a content does not open its event's commitment"),
    "opening_missing": (
        "nội dung bị cho là đã xóa nhưng không có sự kiện xóa dữ liệu",
        "a content is said to be erased, and no erasure was recorded",
    ),
    "rules_changed": (
        "thủ tục hoặc lịch kèm theo khác với cái đã ghi trong sự kiện",
        "the procedure or calendar enclosed is not the one the events were recorded under",
    ),
    "bundle_malformed": ("tệp bằng chứng không đọc được", "the evidence file cannot be read"),
}
FIELD_NAMES = {
    "application_id": ("mã hồ sơ", "application id"),
    "version": ("phiên bản", "version"),
    "topic": ("loại sự kiện", "topic"),
    "state": ("nội dung", "state"),
    "row": ("cả dòng", "the whole row"),
}


class CannotVerify(Exception):
    """The question cannot be answered: a file or a library is missing, a database does not open."""


# --- What is found ---------------------------------------------------------------------------------------------------


@dataclass
class Finding:
    """One thing that does not hold. `index` is the first leaf it touches, `last` the last where it spans several."""

    kind: str
    index: int | None = None
    last: int | None = None
    notification_id: int | None = None
    application_id: str | None = None
    version: int | None = None
    fields: list[str] = field(default_factory=list)
    detail: str = ""

    def words(self, language: str) -> str:
        chosen = 0 if language == "vi" else 1
        place = []
        if self.index is not None:
            span = f"–{self.last}" if self.last not in (None, self.index) else ""
            place.append(f"{('lá', 'leaf')[chosen]} {self.index}{span}")
        if self.notification_id is not None:
            place.append(f"{('sự kiện', 'event')[chosen]} {self.notification_id}")
        if self.application_id:
            place.append(f"{('hồ sơ', 'application')[chosen]} {self.application_id} v{self.version}")
        where = ", ".join(place) + ": " if place else ""
        where += REASONS[self.kind][chosen]
        if self.fields:
            where += " (" + ", ".join(FIELD_NAMES[name][chosen] for name in self.fields) + ")"
        return where + (f" [{self.detail}]" if self.detail else "")


@dataclass
class Verdict:
    """The answer. `first_bad` is the finding with the lowest leaf index; those without an index come first."""

    mode: str
    subject: str
    keys_given: bool
    events: int = 0
    leaves: int = 0
    checkpoints: int = 0
    tree_size: int = 0
    unsealed: int = 0
    unsealed_from: int | None = None  # notification id of the first event that is not sealed
    asked_until: int | None = None  # what was recorded after this notification id was not asked about
    cosigned: list[str] = field(default_factory=list)
    enclosed: dict[str, int] | None = None  # of an evidence file: contents opened, erased, withheld
    unproved: list[str] = field(default_factory=list)  # what is enclosed and no event speaks of
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def ok(self) -> bool:
        """Nothing that is sealed was touched, and something is sealed where there is something to seal."""
        return self.found == 0 and (self.leaves > 0 or self.unsealed == 0)

    @property
    def proved(self) -> bool:
        """All that was asked about is sealed and untouched."""
        beyond = self.asked_until is not None and (self.unsealed_from or 0) > self.asked_until
        return self.found == 0 and (self.unsealed == 0 or beyond)

    @property
    def status(self) -> int:
        """The exit status of whoever says this verdict."""
        return 1 if self.found else 0 if self.proved else 3

    def add(self, kind: str, index: int | None = None, **facts: Any) -> Finding:
        finding = Finding(kind, index, **facts)
        self.found += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)
        return finding

    @property
    def first_bad(self) -> Finding | None:
        return min(self.findings, key=lambda f: -1 if f.index is None else f.index, default=None)

    def to_json(self, language: str = "en") -> dict[str, Any]:
        def finding_json(finding: Finding) -> dict[str, Any]:
            return finding.__dict__ | {"reason": finding.words(language)}

        fields = {k: v for k, v in self.__dict__.items() if k != "findings"}
        first = self.first_bad
        return (
            {"ok": self.ok, "proved": self.proved, "first_bad": finding_json(first) if first else None}
            | fields
            | {"findings": [finding_json(finding) for finding in self.findings]}
        )

    def text(self, language: str) -> str:
        vi = language == "vi"
        lines = self._result(vi)
        counts = (self.events, self.leaves, self.checkpoints, self.tree_size, self.unsealed)
        template = (
            "{} sự kiện, {} lá, {} điểm kiểm, cây {} lá, {} sự kiện chưa niêm phong"
            if vi
            else "{} events, {} leaves, {} checkpoints, tree of {}, {} events not sealed yet"
        )
        lines.append(template.format(*counts) + f"; {self.seconds:.1f} s")
        lines += [f"{'nhân chứng' if vi else 'witness'}: {name}" for name in self.cosigned]
        if self.enclosed:
            contents = (
                "{opened} contents open, {erased} erased, {withheld} withheld",
                "{opened} nội dung khớp cam kết, {erased} đã xóa, {withheld} không kèm theo",
            )
            lines.append(contents[vi].format_map(self.enclosed))
        names = {"procedure": ("procedure", "thủ tục"), "calendar": ("calendar", "lịch làm việc")}
        template = "kèm theo, không sự kiện nào xác nhận" if vi else "enclosed, and no event speaks of it"
        lines += [f"{template}: {names[name][vi]}" for name in self.unproved]
        if not self.keys_given:
            lines.append(
                "CHÚ Ý: không có khóa nào được cung cấp (--key); người phát hành chưa được kiểm tra."
                if vi
                else "NOTE: no key was given (--key); whose log this is has not been checked."
            )
        return "\n".join(lines)

    def _result(self, vi: bool) -> list[str]:
        """What comes first: what is not proved, then what was found."""
        lines = []
        if not self.proved and self.unsealed:
            unproved = (
                "NOT PROVED: {} events, from event {} on, are not sealed; a change of theirs would not show.",
                "CHƯA CHỨNG MINH: {} sự kiện, từ sự kiện {}, chưa được niêm phong; có bị sửa cũng không thấy được.",
            )
            lines.append(unproved[vi].format(self.unsealed, self.unsealed_from))
        if self.found:
            lines.append("KHÔNG TOÀN VẸN" if vi else "NOT INTACT")
            first, where = self.first_bad, "Chỗ sai đầu tiên" if vi else "First bad place"
            lines.append(f"{where}: {first.words('vi' if vi else 'en') if first else ''}")
            lines += [f"  - {finding.words('vi' if vi else 'en')}" for finding in self.findings[:20]]
            if self.found > 20:
                lines.append(f"  … {self.found - 20} " + ("lỗi khác" if vi else "more"))
        elif self.proved:
            lines.append(
                "TOÀN VẸN: không có gì bị sửa, xóa hay chèn thêm."
                if vi
                else "INTACT: nothing was changed, removed or added."
            )
        elif self.leaves:
            lines.append(
                "Phần đã niêm phong TOÀN VẸN: không có gì bị sửa, xóa hay chèn thêm."
                if vi
                else "INTACT, as far as it is sealed: nothing was changed, removed or added."
            )
        return lines


# --- RFC 6962 --------------------------------------------------------------------------------------------------------


def hash_leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def hash_pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree that remembers one hash per level; `add` says which subtrees it completed."""

    def __init__(self) -> None:
        self.size = 0
        self.stack: list[tuple[int, bytes]] = []

    def copy(self) -> Tree:
        other = Tree()
        other.size, other.stack = self.size, list(self.stack)
        return other

    def add(self, hashed: bytes) -> list[tuple[int, bytes]]:
        level, completed = 0, []
        while self.stack and self.stack[-1][0] == level:
            hashed = hash_pair(self.stack.pop()[1], hashed)
            level += 1
            completed.append((level, hashed))
        self.stack.append((level, hashed))
        self.size += 1
        return completed

    def root(self) -> bytes:
        if not self.stack:
            return hashlib.sha256(b"").digest()
        hashed = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            hashed = hash_pair(left, hashed)
        return hashed


def root_by_inclusion(index: int, size: int, hashed: bytes, proof: list[bytes]) -> bytes | None:
    """The root that an inclusion proof gives; None when it has the wrong length."""
    remaining = list(proof)

    def climb(at: int, count: int) -> bytes | None:
        if count == 1:
            return hashed
        half = 1 << (count - 1).bit_length() - 1
        below = climb(at, half) if at < half else climb(at - half, count - half)
        if below is None or not remaining:
            return None
        sibling = remaining.pop(0)
        return hash_pair(below, sibling) if at < half else hash_pair(sibling, below)

    root = climb(index, size) if 0 <= index < size else None
    return None if remaining else root


def extends(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether a consistency proof shows that the new tree begins with the old one."""
    if old_size > new_size:
        return False
    if old_size == new_size:
        return old_root == new_root and not proof
    if old_size == 0:
        return not proof and old_root == hashlib.sha256(b"").digest()
    remaining = list(proof)

    def climb(old: int, new: int, complete: bool) -> tuple[bytes, bytes] | None:
        if old == new:
            if complete:
                return old_root, old_root
            if not remaining:
                return None
            shared = remaining.pop(0)
            return shared, shared
        half = 1 << (new - 1).bit_length() - 1
        below = climb(old, half, complete) if old <= half else climb(old - half, new - half, False)
        if below is None or not remaining:
            return None
        sibling = remaining.pop(0)
        if old <= half:
            return below[0], hash_pair(below[1], sibling)
        return hash_pair(sibling, below[0]), hash_pair(sibling, below[1])

    return climb(old_size, new_size, True) == (old_root, new_root) and not remaining


# --- Leaves ----------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A stored event; its leaf is made when the row is read, so that a row that cannot have one is seen at once."""

    notification_id: int
    application: bytes
    version: int
    topic: str
    state: bytes
    leaf: bytes

    @classmethod
    def of(cls, notification_id: Any, application: bytes, version: Any, topic: Any, state: Any) -> Row:
        """Raises TypeError, ValueError or struct.error for what is no event."""
        named, state = topic.encode(), b"" + bytes(memoryview(state))
        fixed = FIXED.pack(notification_id, application, version, len(named))
        leaf = MAGIC + fixed + named + hashlib.sha256(state).digest()
        return cls(notification_id, application, version, topic, state, leaf)

    @property
    def application_id(self) -> str:
        return str(UUID(bytes=self.application))


def facts_of(leaf: bytes) -> dict[str, Any]:
    """What a leaf says: notification_id, application_id, version, topic, state (hash)."""
    if not leaf.startswith(MAGIC) or len(leaf) < len(MAGIC) + FIXED.size + 32:
        raise ValueError("no leaf of a portal event")
    notification, application, version, length = FIXED.unpack_from(leaf, len(MAGIC))
    rest = leaf[len(MAGIC) + FIXED.size :]
    if len(rest) != length + 32:
        raise ValueError("a leaf of the wrong length")
    return {
        "notification_id": notification,
        "application_id": str(UUID(bytes=application)),
        "version": version,
        "topic": rest[:length].decode(),
        "state": rest[length:],
    }


def differing_fields(row: Row, leaf: bytes) -> list[str]:
    sealed = facts_of(leaf)
    stored = facts_of(row.leaf)
    return [name for name in FIELD_NAMES if name in stored and sealed[name] != stored[name]]


# --- Signed notes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
            if len(raw) != 33 or raw[0] not in (1, 4) or expected.hex() != key_id:
                raise ValueError
        except ValueError:
            raise CannotVerify(f"this is no verifier key (name+hash+base64): {text.strip()!r}") from None
        return cls(name, expected, raw[0], raw[1:])

    def signed(self, text: bytes, signature: bytes) -> bool:
        if self.kind == 4:
            stamp = int.from_bytes(signature[:8], "big")
            text, signature = f"cosignature/v1\ntime {stamp}\n".encode() + text, signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Note:
    """A signed checkpoint."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, note_text: str) -> Note:
        """Raises ValueError for what is no checkpoint."""
        text, gap, signed = note_text.rpartition("\n\n")
        lines = text.split("\n")
        if not gap or len(lines) < 3 or not signed.endswith("\n"):
            raise ValueError("no signed note")
        signatures = []
        for line in signed[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            if dash != "—":
                raise ValueError("no signature line")
            signatures.append((name, base64.b64decode(encoded, validate=True)))
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        if len(root) != 32 or str(size) != lines[1] or not 0 <= size < 1 << 63:
            raise ValueError("no checkpoint")
        return cls(lines[0], size, root, (text + "\n").encode(), tuple(signatures))

    def fault(self, keys: list[Key]) -> str | None:
        """Why not to trust this note; None when a given key of its origin signed it."""
        trusted = False
        for name, raw in self.signatures:
            for key in keys:
                if (key.name, key.key_id) == (name, raw[:4]):
                    if not key.signed(self.text, raw[4:]):
                        return "checkpoint_forged"
                    trusted = trusted or (key.kind == 1 and key.name == self.origin)
        return None if trusted else "checkpoint_untrusted"

    def cosigned_at(self, witness: Key) -> int | None:
        """When a witness cosigned this note, in Unix seconds; None when it did not, or not validly."""
        for name, raw in self.signatures:
            mine = (witness.kind, witness.name, witness.key_id) == (4, name, raw[:4])
            if mine and len(raw) == 76 and witness.signed(self.text, raw[4:]):
                return int.from_bytes(raw[4:12], "big")
        return None


# --- Where logs are stored --------------------------------------------------------------------------------------------


class Database:
    """A portal's applications database, read-only and as of one instant."""

    def __init__(self, url: str, events_table: str | None) -> None:
        self.sqlite = url.startswith("sqlite") or "://" not in url
        self.events_table = events_table or "stored_events"
        if not self.events_table.replace("_", "").replace(".", "").isalnum():
            raise CannotVerify(f"no table name: {self.events_table!r}")
        self.connection = _open_sqlite(url) if self.sqlite else _open_postgres(url)
        self._cursors = 0

    def close(self) -> None:
        self.connection.close()

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Stream a query in flat memory."""
        if self.sqlite:
            try:
                yield from self.connection.execute(query)
            except Exception as error:
                raise CannotVerify(f"the database cannot be read: {error}") from error
            return
        self._cursors += 1
        with self.connection.cursor(name=f"verify_{self._cursors}") as cursor:
            cursor.itersize = 5000
            try:
                cursor.execute(query, binary=True)
            except Exception as error:
                raise CannotVerify(f"the database cannot be read: {error}") from error
            yield from cursor

    def events(self) -> Iterator[tuple[int, Row | None]]:
        """(notification id, row), the row None where it is too broken to be one."""
        key = "rowid" if self.sqlite else "notification_id"
        columns = f"{key}, originator_id, originator_version, topic, state"
        for row in self.rows(f"SELECT {columns} FROM {self.events_table} ORDER BY {key}"):  # noqa: S608
            application = row[1]
            try:
                raw = bytes.fromhex(application.replace("-", "")) if self.sqlite else application.bytes
                yield row[0], Row.of(row[0], raw, row[2], row[3], row[4])
            except (TypeError, ValueError, AttributeError, struct.error):
                yield row[0], None

    def holes(self) -> Iterator[tuple[int, str, Any, int]]:
        """Events whose version is not what comes next in their history: (id, application, version, expected)."""
        key = "rowid" if self.sqlite else "notification_id"
        counted = "row_number() OVER (PARTITION BY originator_id ORDER BY originator_version)"
        query = (
            f"SELECT * FROM (SELECT {key} AS id, originator_id, originator_version AS version, {counted} AS expected"  # noqa: S608
            f" FROM {self.events_table}) AS numbered WHERE version <> expected ORDER BY originator_id, expected"
        )
        for notification, application, version, expected in self.rows(query):
            yield notification, _hyphened(str(application)), version, expected

    # SQLite keeps anything in any column: what has not the right type is no number, no text, no hash.

    def leaves(self) -> Iterator[tuple[int, int, bytes]]:
        for index, notification, leaf in self.rows(
            "SELECT leaf_index, notification_id, leaf FROM audit_leaf ORDER BY leaf_index"
        ):
            stored = bytes(leaf) if isinstance(leaf, bytes | memoryview) else b""
            yield index, notification if isinstance(notification, int) else -1, stored

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        for size, note in self.rows("SELECT tree_size, note FROM audit_checkpoint ORDER BY tree_size"):
            yield size, note if isinstance(note, str) else ""

    def nodes(self) -> Iterator[tuple[int, int, bytes]]:
        # In the order in which a growing tree completes them: by last leaf, then from the bottom.
        last = "((node_index + 1) << height)" if self.sqlite else "((node_index + 1) << height::int)"
        query = f"SELECT height, node_index, hash FROM audit_node ORDER BY {last}, height"  # noqa: S608
        for height, index, hashed in self.rows(query):
            is_one = isinstance(height, int) and isinstance(index, int) and 0 <= height < 64 and index >= 0
            stored = bytes(hashed) if isinstance(hashed, bytes | memoryview) else b""
            yield (height, index, stored) if is_one else NO_NODE

    def keys(self) -> list[Key]:
        rows = list(self.rows("SELECT verifier_key FROM audit_key ORDER BY since"))
        return [Key.parse(str(row[0])) for row in rows]


def _hyphened(application: str) -> str:
    try:
        return str(UUID(application))
    except ValueError:
        return application


def _open_sqlite(url: str) -> Any:
    import sqlite3

    path = url.split(":///", 1)[1] if ":///" in url else url
    if not Path(path).exists() and "%" in path:  # quoted, as in other addresses
        from urllib.parse import unquote

        path = unquote(path)
    if not Path(path).exists():
        raise CannotVerify(f"there is no database {path}")
    connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    connection.execute("BEGIN")
    return connection


def _open_postgres(url: str) -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise CannotVerify("reading PostgreSQL needs the library psycopg: pip install 'psycopg[binary]'") from error
    try:
        connection = psycopg.connect("postgresql" + url[url.index("://") :])
    except psycopg.Error as error:
        raise CannotVerify(f"the database does not open: {error}") from error
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


class Tiles:
    """Published files in tlog-tiles layout: a folder, or the address where a web server serves them.

    The checkpoint is read at once and once: what is compared with it later may be ahead of it, never behind.
    """

    def __init__(self, place: str) -> None:
        self.place = place.rstrip("/")
        self.note = self.get("checkpoint")

    def get(self, name: str) -> bytes | None:
        """A file; None when it is not there."""
        if not _is_address(self.place):
            if not Path(self.place).is_dir():
                raise CannotVerify(f"there is no folder {self.place}")
            path = Path(self.place) / name
            return path.read_bytes() if path.is_file() else None
        from urllib.error import HTTPError
        from urllib.request import urlopen

        try:
            with urlopen(f"{self.place}/{name}", timeout=30) as answer:  # noqa: S310 - http and https only
                return bytes(answer.read())
        except HTTPError as error:
            if error.code in (403, 404, 410):
                return None
            raise CannotVerify(f"{self.place}/{name}: {error}") from error
        except OSError as error:
            raise CannotVerify(f"{self.place} does not answer: {error}") from error

    def checkpoint(self) -> str:
        if self.note is None:
            raise CannotVerify(f"there is no checkpoint in {self.place}")
        return self.note.decode("utf-8", errors="replace")

    def keys(self) -> list[Key]:
        stored = self.get("keys") or b""
        return [Key.parse(line) for line in stored.decode("utf-8", errors="replace").splitlines()]

    def read(self, kind: str, index: int, width: int) -> bytes | None:
        """A tile (`kind` is its level) or an entry bundle of at least `width` parts; None when it is not there."""
        parts = [f"{index % 1000:03}"]
        while index := index // 1000:
            parts.append(f"x{index % 1000:03}")
        full_tile = f"tile/{kind}/{'/'.join(reversed(parts))}"
        names = [full_tile] if width == WIDE else [f"{full_tile}.p/{width}", full_tile]
        return next((stored for name in names if (stored := self.get(name)) is not None), None)

    def hashes(self, size: int, level: int = 0) -> Iterator[bytes | None]:
        """The hashes of a level, one per subtree; None for each that is not there."""
        count = size >> 8 * level
        for start in range(0, count, WIDE):
            width = min(WIDE, count - start)
            tile = self.read(str(level), start // WIDE, width) or b""
            for n in range(width):
                yield tile[32 * n : 32 * n + 32] if len(tile) >= 32 * n + 32 else None

    def entries(self, size: int) -> Iterator[bytes | None]:
        for start in range(0, size, WIDE):
            width = min(WIDE, size - start)
            bundle, at = self.read("entries", start // WIDE, width) or b"", 0
            for _ in range(width):
                length = int.from_bytes(bundle[at : at + 2], "big")
                entry = bundle[at + 2 : at + 2 + length]
                yield entry if len(bundle) >= at + 2 and len(entry) == length else None
                at += 2 + length


# --- Verifying -------------------------------------------------------------------------------------------------------


@dataclass
class Anchor:
    """A checkpoint to hold the log against: one of its own, or one stored elsewhere."""

    size: int
    note: Note
    kept_elsewhere: bool


class LogCheck:
    """One pass over events, leaves, nodes and checkpoints side by side, in flat memory.

    The tree grows from the stored leaves. At every checkpoint its root must come out; where it does not, a second
    tree, grown from the events since the last good checkpoint, tells whether the leaf or the event was changed.
    """

    def __init__(self, verdict: Verdict, keys: list[Key], progress: Callable[[int], None]) -> None:
        self.verdict, self.keys, self.progress = verdict, keys, progress
        self.tree = Tree()
        self.by_events: Tree | None = None
        self.good_until = 0
        self.doubted: list[Finding] = []
        self.bad_nodes: list[Finding] = []
        self.tree_is_lost = False
        self.first_unlike: int | None = None  # the first leaf that is another than the published one

    def run(self, database: Database, anchors: list[Anchor], published: Iterator[bytes | None] | None = None) -> None:
        events, nodes = _Peekable(database.events()), _Peekable(database.nodes())
        checkpoints = _Peekable(self._checkpoints(database, anchors))
        for index, notification, leaf in database.leaves():
            if self.verdict.leaves % 5000 == 0:
                self.progress(self.verdict.leaves)
            self.verdict.leaves += 1
            while self.tree.size < index and not self.tree_is_lost:
                self.verdict.add("leaf_missing", self.tree.size, last=index - 1)
                self._lose_tree()
            hashed = hash_leaf(leaf)
            event_hash = self._compare(index, notification, leaf, hashed, events)
            self._grow(index, hashed, event_hash, nodes)
            if published is not None and not self.tree_is_lost:
                note = next(published, b"")
                if note is None:
                    self.verdict.add("tile_changed", index, detail="not there")
                elif note not in (b"", hashed):
                    self.verdict.add("sealed_changed", index, **self._place(leaf), detail="other than published")
                    self.first_unlike = index if self.first_unlike is None else self.first_unlike
            self._hold_against(checkpoints)
        self._finish(events, checkpoints, nodes)

    def _compare(self, index: int, notification: int, leaf: bytes, hashed: bytes, events: Any) -> bytes:
        """Find the event of a leaf; gives the leaf hash the event would have (that of the leaf if there is none)."""
        while events.head is not None and events.head[0] < notification:
            self._inserted(index, events.take())
        if events.head is None or events.head[0] != notification:
            self.verdict.add("event_missing", index, **self._place(leaf))
            return hashed
        _, row = events.take()
        self.verdict.events += 1
        if row is not None and row.leaf == leaf:
            return hashed
        if row is None:
            self.doubted.append(self.verdict.add("event_changed", index, fields=["row"], **self._place(leaf)))
            return b""
        self.doubted.append(self._differing(index, row, leaf))
        return hash_leaf(row.leaf)

    def _differing(self, index: int, row: Row, leaf: bytes) -> Finding:
        try:
            fields = differing_fields(row, leaf)
        except ValueError:
            return self.verdict.add("leaf_malformed", index, **self._place(row.leaf))
        if not fields:  # the leaf speaks of another notification id than the row it is stored under
            return self.verdict.add("leaf_changed", index, **self._place(row.leaf))
        return self.verdict.add("event_changed", index, fields=fields, **self._place(leaf))

    def _grow(self, index: int, hashed: bytes, event_hash: bytes, nodes: object) -> None:
        if self.tree_is_lost:
            return
        if event_hash != hashed and self.by_events is None:
            self.by_events = self.tree.copy()
        if self.by_events is not None:
            self.by_events.add(event_hash)
        for height, subtree in self.tree.add(hashed):
            if height % 8 == 0:
                self._check_node(height, index >> height, subtree, nodes)

    def _check_node(self, height: int, node_index: int, subtree: bytes, nodes: Any) -> None:
        def place() -> tuple[int, int]:
            """Where the next stored node belongs: by its last leaf, then by height."""
            return (nodes.head[1] + 1 << nodes.head[0], nodes.head[0]) if nodes.head is not None else (1 << 64, 0)

        first, node = node_index << height, (node_index + 1 << height, height)
        while place() < node:
            stray = nodes.take()
            self.verdict.add("node_changed", first, detail=f"a node that is none at height {stray[0]}")
        last = first + (1 << height) - 1
        if place() != node:
            self.verdict.add("node_missing", first, last=last, detail=f"height {height}")
        elif nodes.take()[2] != subtree:
            self.bad_nodes.append(Finding("node_changed", first, last, detail=f"height {height}"))

    def _checkpoints(self, database: Database, anchors: list[Anchor]) -> Iterator[tuple[int, Anchor | None]]:
        """The stored checkpoints and the anchors, merged by size; None for a stored one that is not to be trusted."""
        waiting, last = sorted(anchors, key=lambda anchor: anchor.size), 0
        for size, note in database.checkpoints():
            while waiting and waiting[0].size <= size:
                yield waiting[0].size, waiting.pop(0)
            self.verdict.checkpoints += 1
            if size - last > LONGEST_GAP:
                self.verdict.add("checkpoint_missing", last, last=size - 1)
            last = size
            yield size, self._trusted(size, note)
        for anchor in waiting:
            yield anchor.size, anchor

    def _trusted(self, size: int, text: str) -> Anchor | None:
        try:
            note = Note.parse(text)
        except ValueError:
            self.verdict.add("checkpoint_malformed", max(size - 1, 0), detail=f"tree size {size}")
            return None
        fault = note.fault(self.keys) or ("checkpoint_forged" if note.size != size else None)
        if fault:
            self.verdict.add(fault, max(size - 1, 0), detail=f"tree size {size}")
            return None
        self.verdict.tree_size = max(self.verdict.tree_size, size)
        return Anchor(size, note, kept_elsewhere=False)

    def _hold_against(self, checkpoints: Any) -> None:
        while checkpoints.head is not None and checkpoints.head[0] <= self.tree.size and not self.tree_is_lost:
            size, anchor = checkpoints.take()
            if anchor is None or size < self.tree.size:
                continue
            if self.tree.root() == anchor.note.root:
                self._settle()
            else:
                self._blame(size, anchor)

    def _settle(self) -> None:
        """The leaves are what was signed: what differs since the last checkpoint are events and nodes."""
        for finding in self.bad_nodes:
            self.verdict.add(**finding.__dict__)
        self.good_until, self.by_events, self.doubted, self.bad_nodes = self.tree.size, None, [], []

    def _blame(self, size: int, anchor: Anchor) -> None:
        """The leaves are not what was signed. If the events are, the leaves were changed."""
        if self.by_events is not None and self.by_events.root() == anchor.note.root:
            for finding in self.doubted:
                if finding.kind == "event_changed":
                    finding.kind = "leaf_changed"
            self.tree = self.by_events
            self.good_until, self.by_events, self.doubted, self.bad_nodes = size, None, [], []
            return
        spans = [f for f in self.bad_nodes if f.index is not None]
        first = max([self.good_until, *(f.index for f in spans[:1] if f.index is not None), self.first_unlike or 0])
        self.verdict.add("forked" if anchor.kept_elsewhere else "sealed_changed", first, last=size - 1)
        self._lose_tree()

    def _lose_tree(self) -> None:
        """From here on no root can come out; events are still held against their leaves."""
        self.tree_is_lost, self.bad_nodes = True, []

    def _finish(self, events: Any, checkpoints: Any, nodes: Any) -> None:
        size = self.tree.size
        while checkpoints.head is not None and not self.tree_is_lost:
            tree_size, anchor = checkpoints.take()
            if anchor is None or tree_size <= size:
                continue
            kind = "rolled_back" if anchor.kept_elsewhere else "leaf_missing"
            self.verdict.add(kind, size, last=tree_size - 1, detail=f"{size} < {tree_size}")
        for _ in checkpoints:
            pass  # the rest is read for its signatures
        if not self.tree_is_lost and self.good_until < size and not self.verdict.found:
            self.verdict.add("checkpoint_missing", self.good_until, last=size - 1)
        for finding in self.bad_nodes:
            self.verdict.add(**finding.__dict__)
        if not self.tree_is_lost and nodes.head is not None:
            self.verdict.add("node_changed", size, detail="nodes beyond the last leaf")
        for notification, _ in events:
            self.verdict.events += 1
            self.verdict.unsealed += 1
            if self.verdict.unsealed_from is None:
                self.verdict.unsealed_from = notification

    def _inserted(self, index: int, event: tuple[int, Row | None]) -> None:
        self.verdict.events += 1
        notification, row = event
        self.verdict.add(
            "event_inserted",
            index,
            notification_id=notification,
            application_id=row.application_id if row else None,
            version=row.version if row else None,
        )

    def _place(self, leaf: bytes) -> dict[str, Any]:
        try:
            sealed = facts_of(leaf)
        except ValueError:
            return {}
        return {name: sealed[name] for name in ("notification_id", "application_id", "version")}


class _Peekable:
    """An iterator with its next item in sight."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = iter(items)
        self.head: Any = next(self._items, None)

    def take(self) -> Any:
        item, self.head = self.head, next(self._items, None)
        return item

    def __iter__(self) -> Iterator[Any]:
        while self.head is not None:
            yield self.take()


def verify_database(
    database: Database,
    keys: list[Key],
    verdict: Verdict,
    tiles: Tiles | None = None,
    texts: Iterable[str] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    notes = [*texts, *([tiles.checkpoint()] if tiles else [])]
    anchors, published = _anchors(notes, keys, verdict), None
    if tiles and anchors:
        published = tiles.hashes(anchors[-1].size)
    LogCheck(verdict, keys, progress).run(database, anchors, published)
    if not verdict.found:  # an event that was removed after its seal says more than the hole it leaves
        _check_streams(database, verdict)


def _check_streams(database: Database, verdict: Verdict) -> None:
    """That every history counts its versions from 1 without a hole; of each that does not, the first event."""
    broken: set[str] = set()
    for notification, application, version, expected in database.holes():
        if application not in broken:
            broken.add(application)
            place = {"notification_id": notification, "application_id": application, "version": version}
            verdict.add("stream_broken", None, **place, detail=f"expected version {expected}")


def _anchors(notes: list[str], keys: list[Key], verdict: Verdict) -> list[Anchor]:
    anchors = []
    for anchor_text in notes:
        note, fault = _read_note(anchor_text, keys)
        if note is None or fault:
            verdict.add(fault or "checkpoint_malformed", None, detail="a checkpoint kept elsewhere")
        else:
            anchors.append(Anchor(note.size, note, kept_elsewhere=True))
    return anchors


def keys_in(bundle: Mapping[str, object]) -> list[Key]:
    """The keys an evidence file names itself."""
    named = bundle.get("keys")
    return [Key.parse(key) for key in named if isinstance(key, str)] if isinstance(named, list) else []


def check_witnesses(text: str, witnesses: list[Key], verdict: Verdict) -> None:
    """That every witness asked for has cosigned a checkpoint."""
    note, _ = _read_note(text, [])
    for witness in witnesses if note else ():
        at = note.cosigned_at(witness) if note else None
        if at is None:
            verdict.add("cosignature_missing", None, detail=witness.name)
        else:
            verdict.cosigned.append(f"{witness.name} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at))}")


def _read_note(text: str, keys: list[Key]) -> tuple[Note | None, str | None]:
    try:
        note = Note.parse(text)
    except ValueError:
        return None, "checkpoint_malformed"
    return note, note.fault(keys)


def verify_tiles(tiles: Tiles, keys: list[Key], verdict: Verdict, progress: Callable[[int], None]) -> None:
    """A published folder on its own: entries, all levels of tiles and the checkpoint must agree."""
    note, fault = _read_note(tiles.checkpoint(), keys)
    verdict.checkpoints = 1
    if note is None or fault:
        verdict.add(fault or "checkpoint_malformed", None)
    if note is None:
        return
    verdict.tree_size, tree, last = note.size, Tree(), 0
    levels = [tiles.hashes(note.size, level) for level in range(8)]
    for index, entry in enumerate(tiles.entries(note.size)):
        if index % 5000 == 0:
            progress(index)
        published = next(levels[0])
        hashed = hash_leaf(entry) if entry is not None else None
        if hashed is None or hashed != published:
            verdict.add("tile_changed", index, detail="entries and level 0")
        verdict.leaves += 1
        last = _check_order(entry, index, last, verdict)
        for height, subtree in tree.add(published or hashed or b""):
            if height % 8 == 0 and next(levels[height // 8]) != subtree:
                verdict.add("tile_changed", index >> height << height, last=index, detail=f"level {height // 8}")
    if tree.root() != note.root and not verdict.found:  # a file that was changed says more than the root it spoils
        verdict.add("forked", None, detail="the tiles do not give the signed root")


def _check_order(entry: bytes | None, index: int, last: int, verdict: Verdict) -> int:
    try:
        notification = int(facts_of(entry or b"")["notification_id"])
    except ValueError:
        verdict.add("leaf_malformed", index)
        return last
    if notification <= last:
        verdict.add("leaf_disordered", index, notification_id=notification)
    return notification


def verify_bundle(bundle: dict[str, Any], keys: list[Key], verdict: Verdict) -> None:
    """The evidence of one application: every event in the signed tree, none left out between them, openings true."""
    try:
        note, fault = _read_note(bundle["checkpoint"], keys)
        if note is None or fault:
            verdict.add(fault or "checkpoint_malformed", None)
        if note is None:
            return
        verdict.checkpoints, verdict.tree_size = 1, note.size
        states: dict[int, bytes] = {}
        before: tuple[int, int] = (-1, 0)
        for number, event in enumerate(bundle["events"], 1):
            before = _check_bundled(event, number, str(UUID(bundle["application_id"])), note, before, verdict)
            states[int(event["version"])] = base64.b64decode(event["state"], validate=True)
        if not states:
            verdict.add("stream_broken", None, detail="no events")
        facts = [_plain(state) for _, state in sorted(states.items())]
        _check_openings(bundle.get("openings", []), states, facts, verdict)
        _check_rules(bundle, facts, verdict)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        verdict.add("bundle_malformed", None, detail=f"{type(error).__name__}: {error}")


def _check_bundled(
    event: dict[str, Any], number: int, application: str, note: Note, before: tuple[int, int], verdict: Verdict
) -> tuple[int, int]:
    state = base64.b64decode(event["state"], validate=True)
    own = UUID(event["application_id"]).bytes
    row = Row.of(int(event["notification_id"]), own, int(event["version"]), event["topic"], state)
    index = int(event["leaf_index"])
    verdict.events, verdict.leaves = verdict.events + 1, verdict.leaves + 1
    place = {"notification_id": row.notification_id, "application_id": row.application_id, "version": row.version}
    in_order = index > before[0] and row.notification_id > before[1]
    if row.application_id != application or row.version != number or not in_order:
        verdict.add("stream_broken", index, **place, detail=f"expected version {number}")
    proof = [base64.b64decode(sibling, validate=True) for sibling in event["proof"]]
    if root_by_inclusion(index, note.size, hash_leaf(row.leaf), proof) != note.root:
        verdict.add("proof_wrong", index, **place)
    return index, row.notification_id


def _plain(state: bytes) -> Any:
    """What an event's state says; None for one that is no JSON."""
    try:
        return json.loads(state)
    except ValueError:
        return None


def _inside(value: object, name: str) -> Iterator[Any]:
    """Everything that is under a name, at any depth."""
    if isinstance(value, dict):
        if value.get(name) is not None:
            yield value[name]
        for part in value.values():
            yield from _inside(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _inside(part, name)


def _check_openings(openings: list[Any], states: dict[int, bytes], facts: list[Any], verdict: Verdict) -> None:
    for opening in openings:
        _check_opening(opening, states, verdict)
    erased = [opening for opening in openings if opening.get("erased")]
    if erased and not any(_inside(facts, "erasure_id")):
        verdict.add("opening_missing", None, version=int(erased[0]["version"]), detail=str(erased[0].get("name")))
    made = {value for value in _inside(facts, "commitment") if isinstance(value, str)}
    commitments = {str(opening["commitment"]) for opening in openings}
    opened = len(openings) - len(erased)
    verdict.enclosed = {"opened": opened, "erased": len(erased), "withheld": len(made - commitments)}


def _check_rules(bundle: dict[str, Any], facts: list[Any], verdict: Verdict) -> None:
    """The procedure has the digest its submission recorded; every day of the calendar is in an event."""
    if procedure := bundle.get("procedure"):
        digests = list(_inside(facts, "procedure_digest"))
        if not digests:
            verdict.unproved.append("procedure")
        elif hashlib.sha256(canonical(procedure)).hexdigest() != digests[-1]:
            verdict.add("rules_changed", None, detail="procedure")
    if calendar := bundle.get("calendar"):
        recorded = [calendar for calendar in _inside(facts, "calendar") if isinstance(calendar, dict)]
        days = [day for calendar in recorded for day in calendar["days"]]
        if not recorded:
            verdict.unproved.append("calendar")
        # Later events may have brought later days: then those of all of them together make up the calendar.
        elif calendar != recorded[0] if len(recorded) == 1 else not all(day in days for day in calendar["days"]):
            verdict.add("rules_changed", None, detail="calendar")


def canonical(value: object) -> bytes:
    """JSON as RFC 8785 writes it: no blanks, names in the order of their UTF-16 units, numbers as in ECMAScript."""
    if isinstance(value, dict):
        named = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(name) + b":" + canonical(part) for name, part in named) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical, value)) + b"]"
    if isinstance(value, float):
        return _number(value).encode()
    return json.dumps(value, ensure_ascii=False).encode()


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("JSON has no such number")
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(exponent)
    if value == 0:
        return "0"
    if 0 < point <= 21:
        text = text.ljust(point, "0") if point >= len(text) else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + text
    else:
        text = text[0] + (f".{text[1:]}" if text[1:] else "") + f"e{point - 1:+}"
    return "-" * sign + text


def _check_opening(opening: dict[str, Any], states: dict[int, bytes], verdict: Verdict) -> None:
    """SHA-256(salt, canonical bytes) must be the commitment, and the commitment must be in its event."""
    version, commitment = int(opening["version"]), str(opening["commitment"])
    if commitment.encode() not in states.get(version, b""):
        verdict.add("opening_wrong", None, version=version, detail="the event holds no such commitment")
        return
    if opening.get("erased"):
        return
    salt, content = base64.b64decode(opening["salt"]), base64.b64decode(opening["content"])
    if hashlib.sha256(salt + content).hexdigest() != commitment:
        verdict.add("opening_wrong", None, version=version)


def verify_consistency(
    old: str, new: str, keys: list[Key], verdict: Verdict, tiles: Tiles | None = None, proof: list[bytes] | None = None
) -> None:
    """Whether the log of the new checkpoint begins with that of the old one."""
    notes = []
    for side in (old, new):
        note, fault = _read_note(side, keys)
        verdict.checkpoints += 1
        if note is None or fault:
            verdict.add(fault or "checkpoint_malformed", None)
        if note is not None:
            notes.append(note)
    if len(notes) < 2:
        return
    first, second = notes
    verdict.tree_size = second.size
    if first.origin != second.origin:
        verdict.add("forked", None, detail=f"{first.origin} is not {second.origin}")
    elif first.size > second.size:
        verdict.add("rolled_back", second.size, last=first.size - 1, detail=f"{second.size} < {first.size}")
    elif proof is not None or first.size in (0, second.size):
        if not extends(first.size, first.root, second.size, second.root, proof or []):
            verdict.add("forked", None, detail="the consistency proof does not hold")
    elif tiles is None:
        raise CannotVerify("give --proof or --tiles, from which the consistency can be seen")
    else:
        _grow_through(tiles, first, second, verdict)


def _grow_through(tiles: Tiles, first: Note, second: Note, verdict: Verdict) -> None:
    tree = Tree()
    for hashed in tiles.hashes(second.size):
        tree.add(hashed or b"")
        verdict.leaves += 1
        if tree.size == first.size and tree.root() != first.root:
            verdict.add("forked", first.size - 1, detail=f"tree size {first.size}")
    if tree.root() != second.root:
        verdict.add("tile_changed", None, detail="the tiles do not give the newer root")


# --- Command line ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale of the auditor's machine
    try:
        verdict = _verify(options)
    except CannotVerify as error:
        message = json.dumps({"ok": None, "error": str(error)}) if options.json else f"Cannot verify: {error}"
        print(message, file=sys.stderr)  # noqa: T201
        return 2
    report = verdict.to_json(options.language)
    print(json.dumps(report, ensure_ascii=False, indent=1) if options.json else verdict.text(options.language))  # noqa: T201
    return verdict.status


def _verify(options: argparse.Namespace) -> Verdict:
    began, keys = time.monotonic(), _given_keys(options)
    verdict = Verdict(options.mode, str(options.subject), keys_given=bool(keys))
    tiles = Tiles(options.tiles) if options.tiles else None
    progress = _progress if options.progress else lambda _: None
    witnesses = [Key.parse(line) for line in options.witness]
    if options.mode == "bundle":
        bundle = _read_json(options.subject)
        check_witnesses(str(bundle.get("checkpoint")), witnesses, verdict)
        verify_bundle(bundle, keys or keys_in(bundle), verdict)
    elif options.mode == "consistency":
        proof = _read_proof(options.proof) if options.proof else None
        check_witnesses(_read(options.new), witnesses, verdict)
        verify_consistency(
            _read(options.subject), _read(options.new), keys or (tiles.keys() if tiles else []), verdict, tiles, proof
        )
    elif _is_address(options.subject) or Path(options.subject).is_dir():
        folder = Tiles(options.subject)
        check_witnesses(folder.checkpoint(), witnesses, verdict)
        verify_tiles(folder, keys or folder.keys(), verdict, progress)
    else:
        if witnesses and not tiles:
            raise CannotVerify("cosignatures are looked for on the published checkpoint: give --tiles")
        if tiles:
            check_witnesses(tiles.checkpoint(), witnesses, verdict)
        with closing(Database(options.subject, options.events_table)) as database:
            notes = [_read(path) for path in options.checkpoint]
            verify_database(database, keys or database.keys(), verdict, tiles, notes, progress)
    verdict.seconds = time.monotonic() - began
    return verdict


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    bundle = modes.add_parser("bundle", help="evidence of one application")
    bundle.add_argument("subject", metavar="FILE")
    log = modes.add_parser("log", help="a whole log: published files or a database")
    log.add_argument("subject", metavar="FOLDER|ADDRESS|DATABASE")
    log.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="a checkpoint kept elsewhere")
    log.add_argument("--events-table", help="where events are stored, if not under the usual name")
    between = modes.add_parser("consistency", help="whether one checkpoint extends another")
    between.add_argument("subject", metavar="OLD")
    between.add_argument("new", metavar="NEW")
    between.add_argument("--proof", metavar="FILE", help="a consistency proof as JSON")
    for mode in (bundle, log, between):
        mode.add_argument("--key", action="append", default=[], help="a verifier key you trust (name+hash+base64)")
        mode.add_argument("--keys", metavar="FILE", help="a file of such keys, one a line")
        mode.add_argument("--witness", action="append", default=[], help="a witness's key that must have cosigned")
        mode.add_argument("--tiles", metavar="FOLDER|ADDRESS", help="the published files, kept by someone else at best")
        mode.add_argument("--json", action="store_true", help="the verdict as JSON")
        mode.add_argument("--progress", action="store_true", help="say how far it has got")
        mode.add_argument("--language", choices=("vi", "en"), default="vi")
    return parser


def _is_address(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _given_keys(options: argparse.Namespace) -> list[Key]:
    lines = [*options.key, *(_read(options.keys).splitlines() if options.keys else [])]
    return [Key.parse(line) for line in lines if line.strip()]


def _progress(done: int) -> None:
    print(f"\r{done:,} …", end="", file=sys.stderr, flush=True)  # noqa: T201


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotVerify(f"{path} cannot be read: {error}") from error


def _read_json(path: str) -> dict[str, Any]:
    try:
        content = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise CannotVerify(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise CannotVerify(f"{path} is no JSON object")
    return content


def _read_proof(path: str) -> list[bytes]:
    try:
        return [base64.b64decode(sibling, validate=True) for sibling in _read_json(path)["proof"]]
    except (KeyError, TypeError, ValueError) as error:
        raise CannotVerify(f"{path} holds no proof: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
