"""S3-compatible storage: single requests about objects, signed with AWS Signature Version 4, standard library only.

Path-style addresses: every S3-compatible server knows them.
Source of the signing rules: AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
from datetime import datetime
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

from infra.chassis import clock
from infra.chassis.refusals import ServiceUnavailable

TIMEOUT = 10.0
ALGORITHM = "AWS4-HMAC-SHA256"


class ObjectStorage:
    """One bucket. ``service``: what a refusal names when nothing answers."""

    def __init__(
        self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str, service: str = "object storage"
    ) -> None:
        self.bucket, self.endpoint, self.region = bucket, urlsplit(endpoint), region
        self.access_key, self.secret_key, self.service = access_key, secret_key, service

    @classmethod
    def at(cls, place: str, *, access_key: str, secret_key: str, service: str = "object storage") -> Self:
        """``place``: ``s3://bucket/…?endpoint=https://storage.example&region=us-east-1``."""
        parsed = urlsplit(place)
        given = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        endpoint = given.get("endpoint", "https://s3.amazonaws.com")
        return cls(parsed.netloc, endpoint, given.get("region", "us-east-1"), access_key, secret_key, service)

    def request(self, method: str, name: str, content: bytes = b"") -> tuple[int, bytes]:
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
            raise ServiceUnavailable(service=self.service) from error
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
