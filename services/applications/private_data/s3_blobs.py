"""Papers in S3-compatible storage.

``BLOB_STORE=s3://bucket?endpoint=https://storage.example&region=us-east-1``; credentials in
``BLOB_STORE_ACCESS_KEY`` and ``BLOB_STORE_SECRET_KEY``.
"""

from __future__ import annotations

import hashlib

from infra.chassis.object_storage import Keys, ObjectStorage
from infra.chassis.settings import Settings
from services.applications.errors import ServiceUnavailable


class S3Blobs:
    """Blobs as objects named by their SHA-256."""

    def __init__(self, storage: ObjectStorage) -> None:
        self.storage = storage

    @classmethod
    def of(cls, place: str, settings: Settings) -> S3Blobs:
        def keys() -> Keys:
            return settings.require("BLOB_STORE_ACCESS_KEY"), settings.secret("BLOB_STORE_SECRET_KEY")

        return cls(ObjectStorage.at(place, keys=keys, service="blob store"))

    def put(self, content: bytes) -> str:
        """Keep ``content``; its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.storage.write(sha256, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; ``ServiceUnavailable`` when the store has lost or changed them."""
        content = self.storage.read(sha256)
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            raise ServiceUnavailable(service="blob store")
        return content

    def remove(self, sha256: str) -> bool:
        """Remove for good; whether there was something."""
        existed = self.storage.has(sha256)
        self.storage.remove(sha256)
        return existed
