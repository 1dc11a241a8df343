"""Papers in S3-compatible storage: three requests, signed with AWS Signature Version 4, standard library only.

``BLOB_STORE=s3://bucket?endpoint=https://storage.example&region=us-east-1``; credentials in
``BLOB_STORE_ACCESS_KEY`` and ``BLOB_STORE_SECRET_KEY``. Path-style addresses: every S3-compatible server knows them.
Source of the signing rules: AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from infra.chassis import clock
from infra.chassis.settings import Settings
from services.applications.errors import ServiceUnavailable

TIMEOUT = 10.0
ALGORITHM = "AWS4-HMAC-SHA256"


class S3Blobs:
    """Blobs as objects named by their SHA-256."""

    def __init__(self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self.bucket, self.endpoint, self.region = bucket, urlsplit(endpoint), region
        self.access_key, self.secret_key = access_key, secret_key

    @classmethod
    def of(cls, place: str, settings: Settings) -> S3Blobs:
        parsed = urlsplit(place)
        asked = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        endpoint = asked.get("endpoint", "https://s3.amazonaws.com")
        access, secret = settings.require("BLOB_STORE_ACCESS_KEY"), settings.require("BLOB_STORE_SECRET_KEY")
        return cls(parsed.netloc, endpoint, asked.get("region", "us-east-1"), access, secret)

    def put(self, content: bytes) -> str:
        """Keep ``content``; its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        status, _ = self.ask("PUT", sha256, content)
        self._check(status, {200, 201, 204})
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; ``ServiceUnavailable`` when the store has lost or changed them."""
        status, content = self.ask("GET", sha256)
        self._check(status, {200})
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServiceUnavailable(service="blob store")
        return content

    def remove(self, sha256: str) -> bool:
        """Remove for good; whether there was something."""
        existed, _ = self.ask("HEAD", sha256)
        self._check(existed, {200, 404})
        status, _ = self.ask("DELETE", sha256)
        self._check(status, {200, 202, 204, 404})
        return existed == 200

    def ask(self, method: str, name: str, content: bytes = b"") -> tuple[int, bytes]:
        """One signed request about an object: (HTTP status, content). `ServiceUnavailable` when nothing answers."""
        path = f"{self.endpoint.path.rstrip('/')}/{quote(self.bucket)}/{quote(name)}"
        payload_hash = hashlib.sha256(content).hexdigest()
        headers = self._signed(method, path, payload_hash, clock.now())
        kind: Any = http.client.HTTPSConnection if self.endpoint.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.endpoint.hostname, self.endpoint.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body=content if method == "PUT" else None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServiceUnavailable(service="blob store") from error
        finally:
            connection.close()

    def _signed(self, method: str, path: str, payload_hash: str, at: datetime) -> dict[str, str]:
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self.endpoint.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
        names = ";".join(sorted(headers))
        canonical = "\n".join(
            [method, path, "", *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, payload_hash]
        )
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(self._key(stamp[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
        credential = f"{ALGORITHM} Credential={self.access_key}/{scope}"
        return {**headers, "Authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key

    def _check(self, status: int, expected: set[int]) -> None:
        if status not in expected:
            raise ServiceUnavailable(service="blob store")
