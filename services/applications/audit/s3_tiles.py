"""Published files in S3-compatible storage, from where any web server can serve them.

`AUDIT_TILES=s3://bucket/prefix?endpoint=https://storage.example&region=us-east-1`; credentials in
`AUDIT_TILES_ACCESS_KEY` and `AUDIT_TILES_SECRET_KEY`. An object is put whole or not at all, and seen once it is put.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from infra.chassis.settings import Settings
from services.applications.errors import ServiceUnavailable
from services.applications.s3_blobs import S3Blobs

STORED = {200, 201, 204}


class S3Tiles:
    """Objects in tlog-tiles layout under a prefix."""

    def __init__(self, blobs: S3Blobs, prefix: str = "") -> None:
        self.blobs, self.prefix = blobs, f"{prefix}/" if prefix else ""
        self._partials: dict[str, list[str]] = {}

    @classmethod
    def of(cls, place: str, settings: Settings) -> S3Tiles:
        parsed = urlsplit(place)
        asked = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        access, secret = settings.require("AUDIT_TILES_ACCESS_KEY"), settings.require("AUDIT_TILES_SECRET_KEY")
        endpoint, region = asked.get("endpoint", "https://s3.amazonaws.com"), asked.get("region", "us-east-1")
        return cls(S3Blobs(parsed.netloc, endpoint, region, access, secret), parsed.path.strip("/"))

    def checkpoint(self) -> str | None:
        """The published note; None before the first."""
        kept = self.read("checkpoint")
        return None if kept is None else kept.decode(errors="replace")

    def read(self, name: str) -> bytes | None:
        """A file; None when it is not there. `ServiceUnavailable` when the storage does not say."""
        status, content = self.blobs.ask("GET", self.prefix + name)
        if status not in {200, 404}:
            raise ServiceUnavailable(service="tile store")
        return content if status == 200 else None

    def write(self, name: str, content: bytes) -> None:
        status, _ = self.blobs.ask("PUT", self.prefix + name, content)
        if status not in STORED:
            raise ServiceUnavailable(service="tile store")
        whole, partial, _ = name.partition(".p/")
        if partial:
            self._partials.setdefault(whole, []).append(name)

    def drop_partials(self, name: str) -> None:
        """Remove the partial tiles this process wrote. Those of an earlier process stay, and do no harm."""
        for partial in self._partials.pop(name, []):
            self.blobs.ask("DELETE", self.prefix + partial)
