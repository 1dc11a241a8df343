"""Where the bytes of papers are stored: content-addressed, so that the same paper is stored once.

Setting ``BLOB_STORE``: a folder (default ``PORTAL_HOME/blobs``), or ``s3://bucket?endpoint=https://…``
(see :mod:`s3_blobs`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol

from infra.chassis.settings import Settings
from services.applications.errors import ServiceUnavailable


class Blobs(Protocol):
    def put(self, content: bytes) -> str: ...
    def get(self, sha256: str) -> bytes: ...
    def remove(self, sha256: str) -> bool: ...


class FolderBlobs:
    """Blobs as files, two levels deep, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes) -> str:
        """Keep ``content``; its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; ``ServiceUnavailable`` when the store has lost or changed them."""
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise ServiceUnavailable(service="blob store") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServiceUnavailable(service="blob store")
        return content

    def remove(self, sha256: str) -> bool:
        """Remove for good; whether there was something."""
        path = self._path(sha256)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256


def blobs_of(settings: Settings) -> Blobs:
    """The blob store this installation is set to."""
    place = settings.get("BLOB_STORE") or str(settings.home / "blobs")
    if place.startswith("s3://"):
        from services.applications.private_data.s3_blobs import S3Blobs

        return S3Blobs.of(place, settings)
    return FolderBlobs(Path(place))
