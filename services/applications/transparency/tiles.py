"""The log as files any web server can publish (C2SP tlog-tiles): `checkpoint`, `tile/<level>/<n>`, `tile/entries/<n>`.

A duty of the follower copies what is sealed from the database into a folder or S3-compatible storage. Tiles come before
the checkpoint that needs them, each file whole or not at all, so a crash leaves a smaller log and never a wrong one.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.transparency.log import TILE_HEIGHT, TILE_WIDTH, StoredLog
from services.applications.transparency.notes import Checkpoint

if TYPE_CHECKING:
    from services.applications.transparency.s3_tiles import S3Tiles

LEAVES_A_STEP = 1 << 16


class TileStore(Protocol):
    """Where published files are. A file is there whole or not at all."""

    def checkpoint(self) -> str | None: ...
    def write(self, name: str, content: bytes) -> None: ...
    def drop_partials(self, name: str) -> None: ...


class TileFolder:
    """A folder in tlog-tiles layout."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def checkpoint(self) -> str | None:
        """The published note; None before the first."""
        try:
            return (self.path / "checkpoint").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place, whole and on disk, or not at all."""
        target = self.path / name
        existing = next(folder for folder in target.parents if folder.is_dir())
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.{os.getpid()}")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
        # Without this a power cut may leave the checkpoint, which is written last, and not the names of its tiles.
        for folder in target.parents:
            _settle(folder)
            if folder == existing:
                break

    def drop_partials(self, name: str) -> None:
        shutil.rmtree(self.path / f"{name}.p", ignore_errors=True)


def _settle(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def tile_store(settings: Settings) -> TileFolder | S3Tiles:
    """Setting `AUDIT_TILES`: a folder (default `PORTAL_HOME/audit-tiles`), or `s3://bucket/prefix?endpoint=https://…`."""
    location = settings.get("AUDIT_TILES") or str(settings.home / "audit-tiles")
    if not location.startswith("s3://"):
        return TileFolder(Path(location))
    from services.applications.transparency.s3_tiles import S3Tiles  # a client that only some installations load

    return S3Tiles.of(location, settings)


class TilePublisher:
    """Brings the folder up to the latest stored checkpoint."""

    name = "tile-publisher"
    rest = 1.0  # seconds: what is sealed, every two seconds at most, is published a little later

    def __init__(self, database: Database, folder: TileStore) -> None:
        self.database = database
        self.folder = folder

    @classmethod
    def from_settings(cls, settings: Settings) -> TilePublisher:
        return cls(Database.at(settings.database_url("applications")), tile_store(settings))

    def step(self) -> int:
        """Publish what is new, and cosignatures that came since; how many leaves that added."""
        before = self.folder.checkpoint()
        old = Checkpoint.parse(before).size if before else 0
        with self.database.session() as session:
            log = StoredLog(session.connection())
            note = log.checkpoint_within(old + LEAVES_A_STEP)
            if note is None:
                return 0
            size, cosigned = Checkpoint.parse(note).size, note + "".join(log.cosignatures(Checkpoint.parse(note).size))
            if size <= old:
                return self._cosigned_since(before, cosigned)
            self._publish_tiles(log, old, size)
            keys = "".join(f"{key}\n" for key in log.verifier_keys())
        self.folder.write("keys", keys.encode())
        self.folder.write("checkpoint", cosigned.encode())
        return size - old

    def finish(self) -> int:
        """Publish all that is sealed."""
        done = 0
        while published := self.step():
            done += published
        return done

    def _cosigned_since(self, before: str | None, now: str) -> int:
        """The published checkpoint once more with what witnesses have added; never another in its place."""
        if before and set(before.splitlines()) < set(now.splitlines()):
            self.folder.write("checkpoint", now.encode())
        return 0

    def _publish_tiles(self, log: StoredLog, old: int, size: int) -> None:
        for level, index, width in tiles_between(old, size):
            name = f"tile/{level}/{tile_name(index)}"
            self._put(name, width, b"".join(log.tile(size, level, index)))
            if level == 0:
                start = index << TILE_HEIGHT
                entries = log.leaves(start, start + width)
                bundle = b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in entries)
                self._put(f"tile/entries/{tile_name(index)}", width, bundle)

    def _put(self, name: str, width: int, content: bytes) -> None:
        if width < TILE_WIDTH:
            self.folder.write(f"{name}.p/{width}", content)
            return
        self.folder.write(name, content)
        self.folder.drop_partials(name)


def tiles_between(old: int, size: int) -> Iterator[tuple[int, int, int]]:
    """The tiles (level, index, width) that the tree of `size` leaves has and that of `old` had not, or less wide."""
    level = 0
    while size >> (TILE_HEIGHT * level):
        had, has = old >> (TILE_HEIGHT * level), size >> (TILE_HEIGHT * level)
        if has > had:
            for index in range(had >> TILE_HEIGHT, ((has - 1) >> TILE_HEIGHT) + 1):
                yield level, index, min(TILE_WIDTH, has - (index << TILE_HEIGHT))
        level += 1


def tile_name(index: int) -> str:
    """1234067 is `x001/x234/067`."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))
