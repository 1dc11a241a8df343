"""Published files in S3-compatible storage, from where any web server can serve them.

`AUDIT_TILES=s3://bucket/prefix?endpoint=https://storage.example&region=us-east-1`; credentials in
`AUDIT_TILES_ACCESS_KEY` and `AUDIT_TILES_SECRET_KEY`. An object is put whole or not at all, and seen once it is put.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from infra.chassis.object_storage import Keys, ObjectStorage
from infra.chassis.settings import Settings


class S3Tiles:
    """Objects in tlog-tiles layout under a prefix."""

    def __init__(self, storage: ObjectStorage, prefix: str = "") -> None:
        self.storage, self.prefix = storage, f"{prefix}/" if prefix else ""
        self._partials: dict[str, list[str]] = {}

    @classmethod
    def of(cls, place: str, settings: Settings) -> S3Tiles:
        def keys() -> Keys:
            return settings.require("AUDIT_TILES_ACCESS_KEY"), settings.secret("AUDIT_TILES_SECRET_KEY")

        storage = ObjectStorage.at(place, keys=keys, service="tile store")
        return cls(storage, urlsplit(place).path.strip("/"))

    def checkpoint(self) -> str | None:
        """The published note; None before the first."""
        note = self.read("checkpoint")
        return None if note is None else note.decode(errors="replace")

    def read(self, name: str) -> bytes | None:
        """A file; None when it is not there. `ServiceUnavailable` when the storage does not say."""
        return self.storage.read(self.prefix + name)

    def write(self, name: str, content: bytes) -> None:
        self.storage.write(self.prefix + name, content)
        full, partial, _ = name.partition(".p/")
        if partial:
            self._partials.setdefault(full, []).append(name)

    def drop_partials(self, name: str) -> None:
        """Remove the partial tiles this process wrote. Those of an earlier process stay, and do no harm."""
        for partial in self._partials.pop(name, []):
            self.storage.remove(self.prefix + partial)
