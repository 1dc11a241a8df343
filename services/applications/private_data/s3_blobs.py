"""Papers in S3-compatible storage.

``BLOB_STORE=s3://bucket?endpoint=https://storage.example&region=us-east-1``; credentials in
``BLOB_STORE_ACCESS_KEY`` and ``BLOB_STORE_SECRET_KEY``.
"""

from __future__ import annotations

import hashlib

from infra.chassis.object_storage import ObjectStorage
from infra.chassis.settings import Settings
from services.applications.errors import ServiceUnavailable


class S3Blobs:
    """Blobs as objects named by their SHA-256."""

    def __init__(self, storage: ObjectStorage) -> None:
        self.storage = storage

    @classmethod
    def of(cls, place: str, settings: Settings) -> S3Blobs:
        access, secret = settings.require("BLOB_STORE_ACCESS_KEY"), settings.require("BLOB_STORE_SECRET_KEY")
        return cls(ObjectStorage.at(place, access_key=access, secret_key=secret, service="blob store"))

    def put(self, content: bytes) -> str:
        """Keep ``content``; its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        status, _ = self.storage.request("PUT", sha256, content)
        self._check(status, {200, 201, 204})
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; ``ServiceUnavailable`` when the store has lost or changed them."""
        status, content = self.storage.request("GET", sha256)
        self._check(status, {200})
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServiceUnavailable(service="blob store")
        return content

    def remove(self, sha256: str) -> bool:
        """Remove for good; whether there was something."""
        existed, _ = self.storage.request("HEAD", sha256)
        self._check(existed, {200, 404})
        status, _ = self.storage.request("DELETE", sha256)
        self._check(status, {200, 202, 204, 404})
        return existed == 200

    def _check(self, status: int, expected: set[int]) -> None:
        if status not in expected:
            raise ServiceUnavailable(service="blob store")
